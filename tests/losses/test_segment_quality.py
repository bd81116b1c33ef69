import math

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.segment_quality import midpoint_quality, quality_loss, quality_targets
from small import random_instances, random_segments, targets

from .test_classification import PAIRS, match_of


@pytest.mark.parametrize("midpoint", ["l1", "bce"])
@pytest.mark.parametrize("counts", [(2, 0, 1), (2, 1, 4)], ids=["a window without instances", "all with instances"])
def test_equation_9(midpoint, counts):
    random = np.random.default_rng(3)
    predicted, instances = random_segments(random, 3, 4), random_instances(random, counts)
    logits = random.normal(size=(3, 4, 2)) * 2
    found = quality_loss(
        torch.tensor(logits), torch.tensor(predicted), match_of(PAIRS, counts), targets(instances), midpoint=midpoint
    )
    expected = plain.losses.quality(logits, predicted, instances, PAIRS, midpoint=midpoint)
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize("midpoint", ["l1", "bce"])
def test_a_batch_without_instances_wants_no_quality(midpoint):
    logits = torch.randn(1, 4, 2, dtype=torch.float64, requires_grad=True)
    predicted = torch.tensor(random_segments(np.random.default_rng(3), 1, 4))
    loss = quality_loss(logits, predicted, match_of([[]], (0,)), targets([[]]), midpoint=midpoint)
    assert float(loss.detach()) == pytest.approx(
        plain.losses.quality(logits.tolist(), predicted.numpy(), [[]], [[]], midpoint=midpoint)
    )
    loss.backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize(
    ("segment", "midpoint", "overlap"),
    [
        ((0.3, 0.2), 1.0, 1.0),
        ((0.4, 0.2), math.exp(-0.5), 1 / 3),
        ((0.3, 0.1), 1.0, 0.5),
        ((0.1, 0.02), math.exp(-1), 0.0),
        ((0.82, 0.1), math.exp(-0.2), 2 / 3),
        ((0.64, 0.02), math.exp(-1.6), 0.0),
    ],
    ids=["the same", "shifted", "half as long", "before it", "near the other", "between"],
)
def test_targets_by_hand(segment, midpoint, overlap):
    """Instances [0.2, 0.4] and [0.75, 0.85]."""
    instances = targets([[(0.3, 0.2, 0), (0.8, 0.1, 1)]])
    found = quality_targets(torch.tensor([[segment]], dtype=torch.float64), instances)
    assert found.flatten().tolist() == pytest.approx([midpoint, overlap])


def test_instances_of_other_windows_do_not_count():
    segment = torch.tensor([[[0.5, 0.2]], [[0.5, 0.2]], [[0.5, 0.2]]])
    found = quality_targets(segment, targets([[(0.1, 0.1, 0)], [(0.5, 0.2, 0)], []]))
    assert found[0, 0, 1] == 0
    assert found[1, 0].tolist() == pytest.approx([1, 1])
    assert found[2, 0].tolist() == [0, 0]


@pytest.mark.parametrize("midpoint", ["l1", "bce"])
def test_the_loss_moves_the_estimate_and_not_the_segment(midpoint):
    logits = torch.zeros(1, 2, 2, requires_grad=True)
    predicted = torch.tensor([[[0.3, 0.2], [0.7, 0.1]]], requires_grad=True)
    instances = targets([[(0.35, 0.2, 0)]])
    quality_loss(logits, predicted, match_of([[(0, 0)]], (1,)), instances, midpoint=midpoint).backward()
    assert predicted.grad is None
    assert bool(logits.grad[0, 1, 0] == 0) is (midpoint == "bce"), "an unmatched query has no cross-entropy"
    assert logits.grad[0, :, 1].all()


def test_an_instance_without_length_has_no_midpoint_quality():
    segments, instance = torch.tensor([[0.4, 0.1], [0.5, 0.1]]), torch.tensor([0.5, 0.0])
    assert midpoint_quality(segments, instance).tolist() == [0.0, 1.0]
