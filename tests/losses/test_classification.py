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
from small import random_instances, targets

from .made import COUNTS, LAYERS, PAIRS, QUERIES, SOME_PAIRS, WINDOWS, match_of

FOCAL = {"alpha": 0.25, "gamma": 2.0}
CLASSES = 3


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


def random_logits(**options):
    return torch.randn(LAYERS, WINDOWS, QUERIES, CLASSES, dtype=torch.float64, **options) * 2


@pytest.mark.parametrize("pairs", SOME_PAIRS.values(), ids=SOME_PAIRS)
def test_first_term_of_equation_8(pairs):
    """Each layer with its own pairs."""
    logits, instances = random_logits(), random_instances(np.random.default_rng(2), COUNTS)
    found = query_class_loss(logits, match_of(pairs), targets(instances), **FOCAL)
    expected = [
        plain.losses.query_class_loss(logits[layer].tolist(), instances, pairs[layer], **FOCAL)
        for layer in range(LAYERS)
    ]
    assert found.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("pairs", SOME_PAIRS.values(), ids=SOME_PAIRS)
def test_second_term_of_equation_8(pairs):
    """Every layer with the last one's pairs, whose instances were the references."""
    logits, instances = random_logits(), random_instances(np.random.default_rng(2), COUNTS)
    found = ground_truth_class_loss(logits, match_of(pairs), targets(instances), **FOCAL)
    expected = [
        plain.losses.ground_truth_class_loss(logits[layer].tolist(), instances, pairs[-1], **FOCAL)
        for layer in range(LAYERS)
    ]
    assert found.tolist() == pytest.approx(expected)


def test_what_both_terms_are_divided_by():
    """Two instances for one query, one class, probability 0.75: the first term has the instances below, the second the
    matched query.
    """
    logits = torch.full((1, 1, 1, 1), math.log(3), dtype=torch.float64)
    both = match_of([[[(0, 1)]]], (2,)), targets([[(0.3, 0.2, 0), (0.8, 0.2, 0)]])
    one_query = 0.25 * 0.0625 * -math.log(0.75)
    assert float(query_class_loss(logits, *both, **FOCAL)) == pytest.approx(one_query / 2)
    assert float(ground_truth_class_loss(logits, *both, **FOCAL)) == pytest.approx(one_query)


def test_only_matched_queries_have_a_ground_truth_term():
    logits = random_logits().requires_grad_()
    made = targets(random_instances(np.random.default_rng(2), COUNTS))
    ground_truth_class_loss(logits, match_of(PAIRS), made, **FOCAL).sum().backward()
    touched = {tuple(place) for place in np.argwhere(logits.grad.abs().sum(dim=-1).numpy() > 0).tolist()}
    assert touched == {(layer, *place) for layer in range(LAYERS) for place in ((0, 2), (0, 0), (2, 3))}


def test_a_batch_without_instances_still_trains_the_background():
    logits = torch.randn(1, 2, 4, CLASSES, dtype=torch.float64, requires_grad=True)
    loss = query_class_loss(logits, match_of([[[], []]], (0, 0)), targets([[], []]), **FOCAL)
    expected = plain.losses.query_class_loss(logits[0].tolist(), [[], []], [[], []], **FOCAL)
    assert loss.tolist() == pytest.approx([expected])
    loss.sum().backward()
    assert (logits.grad > 0).all()


@pytest.mark.parametrize("unmatched", ["prediction", "center"])
def test_references_of_the_second_pass(unmatched):
    """The last layer's pairs: queries 2 and 0 of the first window, 3 of the third."""
    predicted = torch.rand(WINDOWS, QUERIES, 2, dtype=torch.float64, requires_grad=True)
    instances = random_instances(np.random.default_rng(2), COUNTS)
    references = ground_truth_references(predicted, match_of(PAIRS), targets(instances), unmatched=unmatched)
    matched = {(0, 2): instances[0][1], (0, 0): instances[0][0], (2, 3): instances[2][0]}
    for window, query in np.ndindex(WINDOWS, QUERIES):
        expected = predicted[window, query].tolist() if unmatched == "prediction" else (0.5, 0.5)
        if (window, query) in matched:
            expected = matched[window, query][:2]
        assert references[window, query].tolist() == pytest.approx(list(expected))
    assert not references.requires_grad


def test_unmatched_queries_keep_their_prediction_by_default():
    predicted = torch.rand(1, QUERIES, 2, dtype=torch.float64)
    assert torch.equal(ground_truth_references(predicted, match_of([[[]]], (0,)), targets([[]])), predicted)
