import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.iou_decay import iou_decay
from small import random_segments

FORMS = ("half_sum", "upper_mean")


@pytest.mark.parametrize("form", FORMS)
def test_equation_6(form):
    predicted = random_segments(np.random.default_rng(0), 3, 6)
    found = iou_decay(torch.tensor(predicted), form=form)
    assert float(found) == pytest.approx(plain.losses.iou_decay(predicted, form=form))


@pytest.mark.parametrize(("form", "expected"), [("half_sum", 0.5 * (3 + 2 * 0.5)), ("upper_mean", 0.5 / 3)])
def test_equation_6_by_hand(form, expected):
    """[0, 4], [0, 2] and [6, 8]: one pair overlaps by half."""
    predicted = torch.tensor([[[2.0, 4.0], [1.0, 2.0], [7.0, 2.0]]])
    assert float(iou_decay(predicted, form=form)) == pytest.approx(expected)


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_pushes_queries_apart(form):
    predicted = torch.tensor([[[0.4, 0.2], [0.5, 0.2]]], requires_grad=True)
    iou_decay(predicted, form=form).backward()
    left, right = predicted.grad[0, :, 0]
    assert left > 0 > right, "a step down the gradient moves the left one left"


@pytest.mark.parametrize(("form", "expected"), [("half_sum", 0.5), ("upper_mean", 0.0)])
def test_a_single_query(form, expected):
    assert float(iou_decay(torch.tensor([[[0.5, 0.2]]]), form=form)) == pytest.approx(expected)
