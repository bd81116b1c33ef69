"""Pooled features, the contrastive loss and its gradient, and how pairs are drawn."""

from collections import Counter

import numpy as np
import pytest
import torch

from react_tad.losses.ace_enc import AceEnc, InstanceBank
from react_tad.losses.instance_pairs import Instances, draw_anchors, draw_released_partners
from react_tad.losses.roi_pooling import released_bins, roi_pool
from released.arrays import PRECISIONS, network, settings, tensor, tolerance

by_precision = pytest.mark.parametrize("precision", PRECISIONS, ids=["float64", "float32"])
ANCHOR, CROP, POSITIVE, OTHER = range(4)


@by_precision
def test_bins(precision):
    features = tensor("padded.features", precision)
    bins = released_bins(features, tensor("pooling.sequence"), tensor("pooling.segment", precision), bins=16)
    wanted = tensor("pooling.bins", precision).transpose(1, 2)  # [M, bins, dimension]
    torch.testing.assert_close(bins, wanted, rtol=0, atol=tolerance(precision))


@by_precision
@pytest.mark.parametrize("case", ["full", "short"])
def test_loss_and_gradient(case, precision):
    """Raw features are pooled and then projected, as in training; the arrays were projected and then pooled."""
    project = network(precision).project
    features, length = tensor(f"ace_enc.{case}.features", precision), tensor(f"ace_enc.{case}.length")
    sequence, segment = tensor(f"ace_enc.{case}.sequence"), tensor(f"ace_enc.{case}.segment", precision)
    pooled = roi_pool(features, sequence.flatten(), segment.flatten(0, 1), length, bins=16, form="released")
    projected = project(pooled).unflatten(0, (-1, 4))  # [anchors, 4, dim]
    close = {"rtol": tolerance(precision), "atol": tolerance(precision)}
    torch.testing.assert_close(projected, tensor(f"ace_enc.{case}.pooled", precision), **close)
    nobody = Instances(*np.zeros((3, 1), int))
    ace_enc = AceEnc(settings().loss.ace_enc, InstanceBank(pooled, nobody))
    present = torch.ones(len(pooled) // 4, 2, dtype=torch.bool)
    negatives = projected[:, [OTHER, CROP]]
    loss = ace_enc.loss(projected[:, ANCHOR], projected[:, POSITIVE], negatives, present)
    torch.testing.assert_close(loss, tensor(f"ace_enc.{case}.loss", precision), **close)
    loss.backward()
    for name, ours in (("weight", project.weight.grad), ("bias", project.bias.grad)):
        theirs = tensor(f"ace_enc.{case}.gradient.projection.{name}", precision)
        assert (ours - theirs).norm() <= tolerance(precision) * theirs.norm()


def test_an_anchor_is_placed_by_the_padded_length_and_its_crop_by_its_own():
    """What the arrays say of shares and snippets, and what our code does with them."""
    share, segment = tensor("ace_enc.short.share"), tensor("ace_enc.short.segment")
    own = tensor("ace_enc.short.length")[tensor("ace_enc.short.sequence")].unsqueeze(-1)
    torch.testing.assert_close(segment[:, ANCHOR], (share[:, ANCHOR] * 20).clamp(0, 20))
    torch.testing.assert_close(segment[:, CROP:], (share * own)[:, CROP:].clamp(0, 20))


def test_anchors_are_drawn_evenly_from_each_window():
    random = np.random.default_rng(0)
    drawn = Counter(tuple(draw_anchors((2, 0, 3), random)) for _ in range(6000))
    assert set(drawn) == {(one, other) for one in (0, 1) for other in (2, 3, 4)}
    assert all(abs(count - 1000) < 150 for count in drawn.values())


def test_partners_are_drawn_by_window_and_class():
    """Bank: window 0 has classes 0, 0, 1; window 1 has 0; window 2 has 1, 2."""
    window, label = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 0, 1, 2])
    bank = Instances(window, label, np.arange(6))
    random = np.random.default_rng(0)
    draw = draw_released_partners(np.zeros(20000, int), bank, random, count=1)
    positive = np.bincount(draw.positive, minlength=6) / 20000
    np.testing.assert_allclose(positive, [1 / 4, 1 / 4, 0, 1 / 2, 0, 0], atol=0.015)
    # Class 1 (1/2): window 0, whose only instance of another class than 0 is 2, or window 2, where 4 and 5 are; class 2
    # (1/2): window 2.
    other = np.bincount(draw.other_class[:, 0], minlength=6) / 20000
    np.testing.assert_allclose(other, [0, 0, 1 / 4, 0, 3 / 8, 3 / 8], atol=0.015)
