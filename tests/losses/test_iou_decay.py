import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.iou_decay import iou_decay

from .made import OVERLAPS, predictions

by_overlap = pytest.mark.parametrize("overlap", OVERLAPS)


@by_overlap
def test_equation_6_of_each_layer(overlap):
    predicted = predictions(np.random.default_rng(0), 2, 3, 6)
    found = iou_decay(torch.tensor(predicted), overlap=overlap)
    assert found.tolist() == pytest.approx([plain.losses.iou_decay(layer, overlap=overlap) for layer in predicted])


def test_equation_6_by_hand():
    """[0, 4], [0, 2] and [6, 8]: one of the pairs overlaps by half, and 3 queries have a square of 9."""
    predicted = torch.tensor([[[[2.0, 4.0], [1.0, 2.0], [7.0, 2.0]]]])
    assert float(iou_decay(predicted)) == pytest.approx(0.5 / 9)


def test_it_is_the_mean_over_windows():
    """Both queries of a window at the same place, 1 / 4; no two of the other window overlap."""
    predicted = torch.tensor([[[[0.5, 0.2], [0.5, 0.2]], [[0.2, 0.1], [0.8, 0.1]]]])
    assert iou_decay(predicted).tolist() == pytest.approx([0.125])


@pytest.mark.parametrize(("overlap", "expected"), [("exact", 0.5 / 4), ("released", 0.2 / (0.2 + 1e-6) / 4)])
def test_segments_are_cut_to_the_window_in_released(overlap, expected):
    """[-0.2, 0.2] and [0, 0.2]."""
    predicted = torch.tensor([[[[0.0, 0.4], [0.1, 0.2]]]], dtype=torch.float64)
    assert float(iou_decay(predicted, overlap=overlap)) == pytest.approx(expected, rel=1e-9)


@by_overlap
def test_the_gradient_pushes_queries_apart(overlap):
    predicted = torch.tensor([[[[0.4, 0.2], [0.5, 0.2]]]], requires_grad=True)
    iou_decay(predicted, overlap=overlap).sum().backward()
    left, right = predicted.grad[0, 0, :, 0]
    assert left > 0 > right, "a step down the gradient moves the left one left"


@by_overlap
def test_a_single_query_overlaps_nothing(overlap):
    assert float(iou_decay(torch.tensor([[[[0.5, 0.2]]]]), overlap=overlap)) == 0
