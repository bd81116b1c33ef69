import math

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.segment_quality import closest_iou, iou_loss, midpoint_loss, midpoint_quality
from small import random_instances, targets

from .made import COUNTS, LAYERS, OVERLAPS, QUERIES, SOME_PAIRS, WINDOWS, match_of, predictions

by_form = pytest.mark.parametrize("form", ["l1", "bce"])
by_overlap = pytest.mark.parametrize("overlap", OVERLAPS)


def said():
    """Logits and segments of all layers, and instances."""
    random = np.random.default_rng(3)
    logits = random.normal(size=(LAYERS, WINDOWS, QUERIES, 2)) * 2
    return logits, predictions(random, LAYERS, WINDOWS, QUERIES), random_instances(random, COUNTS)


@by_form
@pytest.mark.parametrize("pairs", SOME_PAIRS.values(), ids=SOME_PAIRS)
def test_midpoint_of_each_layer(pairs, form):
    logits, predicted, instances = said()
    found = midpoint_loss(torch.tensor(logits), torch.tensor(predicted), match_of(pairs), targets(instances), form=form)
    expected = [
        plain.losses.midpoint(logits[layer], predicted[layer], instances, pairs[layer], form=form)
        for layer in range(LAYERS)
    ]
    assert found.tolist() == pytest.approx(expected)


@by_overlap
def test_extent_of_each_layer(overlap):
    logits, predicted, instances = said()
    found = iou_loss(torch.tensor(logits), torch.tensor(predicted), targets(instances), overlap=overlap)
    expected = [
        plain.losses.extent(logits[layer], predicted[layer], instances, overlap=overlap) for layer in range(LAYERS)
    ]
    assert found.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ((0.3, 0.2), 1.0),
        ((0.3, 0.9), 1.0),
        ((0.4, 0.2), math.exp(-1 / 2)),
        ((0.2, 0.2), math.exp(-1 / 2)),
        ((0.4, 0.02), math.exp(-1 / 2)),
        ((0.9, 0.1), math.exp(-3)),
    ],
    ids=["the same", "wider", "later", "earlier", "short", "far"],
)
def test_midpoint_quality_by_hand(segment, expected):
    """Of the instance [0.2, 0.4]: its width is what counts."""
    found = midpoint_quality(*torch.tensor([segment, (0.3, 0.2)], dtype=torch.float64))
    assert float(found) == pytest.approx(expected)


def test_an_instance_without_length_has_no_midpoint_quality():
    segments, instance = torch.tensor([[0.4, 0.1], [0.5, 0.1]]), torch.tensor([0.5, 0.0])
    assert midpoint_quality(segments, instance).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("form", "distance"), [("l1", 1 - 0.75), ("bce", -math.log(0.75))])
def test_midpoint_by_hand(form, distance):
    """A query at its instance's middle that says 0.75, and an unmatched one; of two instances one is matched, and what
    counts is the matched query.
    """
    logits = torch.tensor([[[[math.log(3), 0.0], [5.0, 0.0]]]], dtype=torch.float64)
    predicted = torch.tensor([[[[0.3, 0.5], [0.7, 0.1]]]], dtype=torch.float64)
    instances = targets([[(0.3, 0.2, 0), (0.9, 0.1, 0)]])
    found = midpoint_loss(logits, predicted, match_of([[[(0, 0)]]], (2,)), instances, form=form)
    assert found.tolist() == pytest.approx([distance])


@by_form
def test_a_matched_query_is_compared_with_its_own_instance(form):
    """Not with the one it lies at: it says exp(-2) of the instance that is two widths away."""
    wanted = math.exp(-2)
    logits = torch.tensor([[[[math.log(wanted / (1 - wanted)), 0.0]]]], dtype=torch.float64, requires_grad=True)
    predicted = torch.tensor([[[[0.2, 0.2]]]], dtype=torch.float64)
    instances = targets([[(0.2, 0.2, 0), (0.6, 0.2, 0)]])
    loss = midpoint_loss(logits, predicted, match_of([[[(0, 1)]]], (2,)), instances, form=form)
    if form == "l1":
        assert float(loss.detach()) == pytest.approx(0)
    else:  # cross-entropy is smallest there, and not 0
        loss.sum().backward()
        assert logits.grad.abs().max() < 1e-9


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ((0.3, 0.2), 1.0),
        ((0.4, 0.2), 1 / 3),
        ((0.3, 0.1), 0.5),
        ((0.1, 0.02), 0.0),
        ((0.82, 0.1), 2 / 3),
        ((0.64, 0.02), 0.0),
        ((0.5, 1.0), 0.2),
    ],
    ids=["the same", "shifted", "half as long", "before it", "near the other", "between", "over both"],
)
@by_overlap
def test_closest_iou_by_hand(segment, expected, overlap):
    """Instances [0.2, 0.4] and [0.75, 0.85]."""
    instances = targets([[(0.3, 0.2, 0), (0.8, 0.1, 1)]])
    found = closest_iou(torch.tensor([[[segment]]], dtype=torch.float64), instances, overlap=overlap)
    assert found.shape == (1, 1, 1)
    assert float(found) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("overlap", "expected"), [("exact", 0.5), ("released", 1.0)])
def test_closest_iou_of_a_segment_that_passes_the_window(overlap, expected):
    """[-0.2, 0.2] and [0, 0.2]."""
    found = closest_iou(
        torch.tensor([[[[0.0, 0.4]]]], dtype=torch.float64), targets([[(0.1, 0.2, 0)]]), overlap=overlap
    )
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_instances_of_other_windows_do_not_count():
    """The second window has the segment that all of them predict, the third has nothing."""
    segment = torch.full((2, 3, 1, 2), 0.5, dtype=torch.float64)
    found = closest_iou(segment, targets([[(0.1, 0.1, 0)], [(0.5, 0.5, 0)], []]))
    assert found[..., 0].tolist() == [[0, 1, 0]] * 2


@by_form
def test_a_batch_without_instances_wants_no_quality(form):
    logits = torch.randn(LAYERS, 2, QUERIES, 2, dtype=torch.float64, requires_grad=True)
    predicted = torch.rand(LAYERS, 2, QUERIES, 2, dtype=torch.float64, requires_grad=True)
    nothing = targets([[], []])
    midpoint = midpoint_loss(logits, predicted, match_of([[[], []]] * LAYERS, (0, 0)), nothing, form=form)
    extent = iou_loss(logits, predicted, nothing, target_gradient=True)
    assert midpoint.tolist() == [0] * LAYERS
    torch.testing.assert_close(extent, logits[..., 1].sigmoid().mean(dim=(1, 2)))
    (midpoint + extent).sum().backward()
    assert not logits.grad[..., 0].any()
    assert (logits.grad[..., 1] > 0).all()


@by_form
def test_the_midpoint_moves_the_estimate_of_matched_queries_and_no_segment(form):
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    predicted = torch.tensor([[[[0.3, 0.2], [0.7, 0.1]]]], requires_grad=True)
    instances = targets([[(0.35, 0.2, 0)]])
    midpoint_loss(logits, predicted, match_of([[[(0, 0)]]], (1,)), instances, form=form).sum().backward()
    assert predicted.grad is None
    assert (logits.grad[0, 0] != 0).tolist() == [[True, False], [False, False]]


def test_the_extent_moves_the_estimates_and_no_segment():
    """Unless it is asked to, as in the next test."""
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    predicted = torch.tensor([[[[0.3, 0.2], [0.7, 0.1]]]], requires_grad=True)
    iou_loss(logits, predicted, targets([[(0.35, 0.2, 0)]])).sum().backward()
    assert predicted.grad is None
    assert (logits.grad[0, 0] != 0).tolist() == [[False, True], [False, True]]


@by_overlap
def test_gradient_through_the_target_by_hand(overlap):
    """[0.2, 0.4] is 0.05 before its instance: IoU (w - d) / (w + d) = 0.6, which grows by 2 w / (w + d)^2 = 6.4 with
    the center. Both queries say 0.5, and the loss is the mean over them; the second one overlaps nothing.
    """
    logits = torch.zeros(1, 1, 2, 2, dtype=torch.float64)
    predicted = torch.tensor([[[[0.3, 0.2], [0.7, 0.1]]]], dtype=torch.float64, requires_grad=True)
    instances = targets([[(0.35, 0.2, 0)]])
    loss = iou_loss(logits, predicted, instances, overlap=overlap, target_gradient=True)
    assert float(loss.detach()) == pytest.approx((0.1 + 0.5) / 2, abs=1e-5)
    loss.sum().backward()
    assert predicted.grad[0, 0, 0, 0].item() == pytest.approx(3.2, abs=1e-3)
    assert predicted.grad[0, 0, 1].tolist() == [0, 0]


def test_nothing_is_recorded_where_gradients_are_off():
    logits, predicted, instances = said()
    predicted = torch.tensor(predicted, requires_grad=True)
    with torch.no_grad():
        loss = iou_loss(torch.tensor(logits), predicted, targets(instances), target_gradient=True)
    assert not loss.requires_grad
