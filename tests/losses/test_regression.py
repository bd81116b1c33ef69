import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.regression import regression_losses
from small import random_instances, random_segments, targets

from .test_classification import COUNTS, PAIRS, match_of


@pytest.mark.parametrize("pairs", [PAIRS, [[(0, 0)], [], []]], ids=["all", "one"])
def test_equation_11(pairs):
    random = np.random.default_rng(0)
    predicted, instances = random_segments(random, 3, 4), random_instances(random, COUNTS)
    found = regression_losses(torch.tensor(predicted), match_of(pairs), targets(instances))
    assert [float(each) for each in found] == pytest.approx(plain.losses.regression(predicted, instances, pairs))


def test_equation_11_by_hand():
    """(0.2, 0.4) for (0.3, 0.2), that is [0, 0.4] for [0.2, 0.4]: half of it."""
    predicted = torch.tensor([[[0.2, 0.4], [0.9, 0.1]]])
    distance, giou = regression_losses(predicted, match_of([[(0, 0)]], (1,)), targets([[(0.3, 0.2, 0)]]))
    assert float(distance) == pytest.approx(0.3)
    assert float(giou) == pytest.approx(0.5)


def test_perfect_segments_cost_nothing():
    predicted = torch.tensor([[[0.2, 0.4], [0.9, 0.1]]], dtype=torch.float64)
    instances = [[(0.9, 0.1, 0), (0.2, 0.4, 1)]]
    losses = regression_losses(predicted, match_of([[(0, 1), (1, 0)]], (2,)), targets(instances))
    assert [float(each) for each in losses] == pytest.approx([0, 0], abs=1e-12)


def test_without_instances_the_losses_are_zero_and_have_a_gradient():
    predicted = torch.rand(1, 2, 2, requires_grad=True)
    distance, giou = regression_losses(predicted, match_of([[]], (0,)), targets([[]]))
    assert (float(distance.detach()), float(giou.detach())) == (0, 0)
    (distance + giou).backward()
    assert not predicted.grad.any()
