import math

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.contrastive import contrastive_loss


@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_equation_7(temperature):
    random = np.random.default_rng(0)
    anchors, positives, negatives = (random.normal(size=shape) for shape in ((5, 4), (5, 4), (5, 3, 4)))
    present = random.random((5, 3)) < 0.6
    present[0], present[1] = True, False
    found = contrastive_loss(*map(torch.tensor, (anchors, positives, negatives, present)), temperature)
    kept = [own[mask] for own, mask in zip(negatives, present, strict=True)]
    assert float(found) == pytest.approx(plain.losses.contrastive(anchors, positives, kept, temperature))


def test_equation_7_by_hand():
    """A positive in the anchor's direction, a negative at a right angle and one opposite; lengths do not matter."""
    anchor, positive = torch.tensor([[2.0, 0.0]]), torch.tensor([[5.0, 0.0]])
    negatives = torch.tensor([[[0.0, 1.0], [-3.0, 0.0]]])
    found = contrastive_loss(anchor, positive, negatives, torch.ones(1, 2, dtype=torch.bool), 0.5)
    assert float(found) == pytest.approx(-math.log(math.e**2 / (math.e**2 + 1 + math.e**-2)))


@pytest.mark.parametrize("case", ["no negative", "no anchor", "zero features"])
def test_gradients_are_finite(case):
    count = 0 if case == "no anchor" else 3
    anchors = (torch.zeros if case == "zero features" else torch.ones)(count, 4, requires_grad=True)
    negatives = torch.randn(count, 2, 4)
    present = torch.full((count, 2), case != "no negative")
    loss = contrastive_loss(anchors, torch.randn(count, 4), negatives, present, 0.07)
    loss.backward()
    assert bool(loss == 0) is (case != "zero features")
    assert torch.isfinite(anchors.grad).all()
