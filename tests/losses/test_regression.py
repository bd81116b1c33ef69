import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.regression import regression_losses
from small import random_instances, targets

from .made import COUNTS, LAYERS, OVERLAPS, QUERIES, SOME_PAIRS, WINDOWS, match_of, predictions

by_overlap = pytest.mark.parametrize("overlap", OVERLAPS)


@by_overlap
@pytest.mark.parametrize("pairs", SOME_PAIRS.values(), ids=SOME_PAIRS)
def test_equation_11_of_each_layer(pairs, overlap):
    random = np.random.default_rng(0)
    predicted, instances = predictions(random, LAYERS, WINDOWS, QUERIES), random_instances(random, COUNTS)
    distance, giou = regression_losses(torch.tensor(predicted), match_of(pairs), targets(instances), overlap=overlap)
    for layer, found in enumerate(zip(distance.tolist(), giou.tolist(), strict=True)):
        expected = plain.losses.regression(predicted[layer], instances, pairs[layer], overlap=overlap)
        assert found == pytest.approx(expected)


def test_equation_11_by_hand():
    """(0.2, 0.4) for (0.3, 0.2), that is [0, 0.4] for [0.2, 0.4]: half of it."""
    predicted = torch.tensor([[[[0.2, 0.4], [0.9, 0.1]]]])
    distance, giou = regression_losses(predicted, match_of([[[(0, 0)]]], (1,)), targets([[(0.3, 0.2, 0)]]))
    assert distance.tolist() == pytest.approx([0.3])
    assert giou.tolist() == pytest.approx([0.5])


@pytest.mark.parametrize(("overlap", "expected"), [("exact", 1 / 3), ("released", 1 - 0.4 / (0.4 + 1e-6))])
def test_only_the_giou_is_of_a_segment_that_is_cut(overlap, expected):
    """(0.1, 0.6) for (0.2, 0.4): [-0.2, 0.4], which is right but for what lies before the window, for [0, 0.4]."""
    predicted = torch.tensor([[[[0.1, 0.6]]]], dtype=torch.float64, requires_grad=True)
    instances = targets([[(0.2, 0.4, 0)]])
    distance, giou = regression_losses(predicted, match_of([[[(0, 0)]]], (1,)), instances, overlap=overlap)
    assert float(distance.detach()) == pytest.approx(0.1 + 0.2)
    assert float(giou.detach()) == pytest.approx(expected, rel=1e-6)
    giou.sum().backward()
    of_center, of_width = predicted.grad[0, 0, 0].tolist()
    of_start = of_center / 2 - of_width  # center = (start + end) / 2, width = end - start
    assert bool(abs(of_start) < 1e-9) is (overlap == "released"), "no gradient reaches an end outside the window"


def test_both_are_divided_by_all_instances():
    """Of two instances one is matched: half of the 0.3 and the 0.5 above."""
    predicted = torch.tensor([[[[0.2, 0.4]]]])
    instances = targets([[(0.3, 0.2, 0), (0.9, 0.1, 1)]])
    distance, giou = regression_losses(predicted, match_of([[[(0, 0)]]], (2,)), instances)
    assert (float(distance), float(giou)) == pytest.approx((0.15, 0.25))


@by_overlap
def test_perfect_segments_cost_nothing(overlap):
    """But for the margin of the released code's IoU."""
    predicted = torch.tensor([[[[0.2, 0.4], [0.9, 0.1]]]], dtype=torch.float64)
    instances = targets([[(0.9, 0.1, 0), (0.2, 0.4, 1)]])
    losses = regression_losses(predicted, match_of([[[(0, 1), (1, 0)]]], (2,)), instances, overlap=overlap)
    assert [float(each) for each in losses] == pytest.approx([0, 0], abs=1e-12 if overlap == "exact" else 1e-5)


@by_overlap
def test_without_instances_the_losses_are_zero_and_have_a_gradient(overlap):
    predicted = torch.rand(2, 1, 2, 2, requires_grad=True)
    distance, giou = regression_losses(predicted, match_of([[[]], [[]]], (0,)), targets([[]]), overlap=overlap)
    assert distance.tolist() == giou.tolist() == [0, 0]
    (distance + giou).sum().backward()
    assert not predicted.grad.any()
