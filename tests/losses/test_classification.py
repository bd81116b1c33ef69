import math

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.classification import (
    focal_loss,
    ground_truth_class_loss,
    ground_truth_references,
    query_class_loss,
)
from react_tad.losses.targets import Match
from small import random_instances, targets

FOCAL = {"alpha": 0.25, "gamma": 2.0}
PAIRS = [[(3, 0), (1, 1)], [], [(0, 0)]]
"""(query, instance) of each window."""
COUNTS = (2, 0, 1)


def match_of(pairs, counts=COUNTS):
    """The pairs as the matching gives them."""
    first = np.cumsum((0, *counts[:-1])).tolist()
    rows = [(window, query, first[window] + instance) for window, own in enumerate(pairs) for query, instance in own]
    return Match(*torch.tensor(rows, dtype=torch.long).reshape(-1, 3).T)


@pytest.mark.parametrize("alpha", [0.25, 0.9])
@pytest.mark.parametrize("gamma", [0.0, 2.0, 3.5])
@pytest.mark.parametrize("wanted", [0.0, 1.0])
@pytest.mark.parametrize("logit", [-6.0, -0.5, 0.0, 3.0])
def test_focal_loss_of_one_logit(logit, wanted, alpha, gamma):
    found = focal_loss(*torch.tensor([[logit], [wanted]], dtype=torch.float64), alpha=alpha, gamma=gamma)
    assert float(found) == pytest.approx(plain.losses.focal(logit, wanted, alpha, gamma))


def test_focal_loss_by_hand():
    """Probability 0.75 of something true, weight 0.25: 0.25 * 0.25^2 * -log(0.75)."""
    logit = torch.tensor([math.log(3)], dtype=torch.float64)
    found = focal_loss(logit, torch.ones(1, dtype=torch.float64), alpha=0.25, gamma=2.0)
    assert float(found) == pytest.approx(0.25 * 0.0625 * -math.log(0.75))


def test_focal_loss_is_finite_for_extreme_logits():
    logits = torch.tensor([-200.0, 200.0], requires_grad=True)
    focal_loss(logits, torch.tensor([1.0, 0.0]), **FOCAL).sum().backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("function", ["query_class_loss", "ground_truth_class_loss"])
@pytest.mark.parametrize("pairs", [PAIRS, [[(0, 0)], [], []], [[], [], []]], ids=["all", "one", "none matched"])
def test_both_terms_of_equation_8(function, pairs):
    logits = torch.randn(3, 4, 3, dtype=torch.float64) * 2
    instances = random_instances(np.random.default_rng(2), COUNTS)
    found = {"query_class_loss": query_class_loss, "ground_truth_class_loss": ground_truth_class_loss}[function](
        logits, match_of(pairs), targets(instances), **FOCAL
    )
    expected = getattr(plain.losses, function)(logits.numpy(), instances, pairs, **FOCAL)
    assert float(found) == pytest.approx(expected)


def test_only_matched_queries_have_a_ground_truth_term():
    logits = torch.randn(3, 4, 3, dtype=torch.float64, requires_grad=True)
    made = targets(random_instances(np.random.default_rng(2), COUNTS))
    ground_truth_class_loss(logits, match_of(PAIRS), made, **FOCAL).backward()
    touched = {(window, query) for window, query in np.argwhere(logits.grad.abs().sum(dim=-1).numpy() > 0).tolist()}
    assert touched == {(0, 3), (0, 1), (2, 0)}


def test_a_batch_without_instances_still_trains_the_background():
    logits = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    loss = query_class_loss(logits, match_of([[], []], (0, 0)), targets([[], []]), **FOCAL)
    assert float(loss.detach()) == pytest.approx(
        plain.losses.query_class_loss(logits.tolist(), [[], []], [[], []], **FOCAL)
    )
    loss.backward()
    assert (logits.grad > 0).all()


def test_references_of_the_second_pass():
    predicted = torch.rand(3, 4, 2, dtype=torch.float64, requires_grad=True)
    instances = random_instances(np.random.default_rng(2), COUNTS)
    references = ground_truth_references(predicted, match_of(PAIRS), targets(instances))
    matched = {(window, query): instance for window, own in enumerate(PAIRS) for query, instance in own}
    for window, query in np.ndindex(3, 4):
        expected = predicted[window, query].tolist()
        if (window, query) in matched:
            expected = instances[window][matched[window, query]][:2]
        assert references[window, query].tolist() == pytest.approx(list(expected))
    assert not references.requires_grad
