import math

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.matching import match, matching_cost
from react_tad.params.objective import Matching
from small import PRESETS, random_instances, resolve, targets

from . import made

MATCHINGS = {preset: resolve(preset).params.matching for preset in PRESETS} | {
    "class alone": Matching(iou_weight=0.0, l1_weight=0.0, class_weight=1.0),
}
COUNTS = {
    "some": (2, 3, 1),
    "none in one window": (2, 0, 3),
    "none at all": (0, 0, 0),
    "one in the batch": (0, 1, 0),
    "as many as queries": (4, 4, 1),
    "more than queries": (6, 5, 0),
}
LAYERS, QUERIES, CLASSES = 2, 4, 3


def predictions(windows, seed=0):
    """Random logits ``[layers, B, N, classes]`` and segments ``[layers, B, N, 2]``."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(LAYERS, windows, QUERIES, CLASSES)) * 2
    return logits, made.predictions(random, LAYERS, windows, QUERIES)


@pytest.fixture(params=MATCHINGS.values(), ids=MATCHINGS)
def matching(request):
    return request.param


@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
def test_cost_of_each_pair_is_as_in_plain_loops(matching, counts):
    logits, predicted = predictions(len(counts))
    instances = random_instances(np.random.default_rng(1), counts)
    found = matching_cost(torch.tensor(logits), torch.tensor(predicted), targets(instances), matching).numpy()
    assert found.shape == (LAYERS, len(counts), QUERIES, sum(counts))
    for layer in range(LAYERS):
        for window, first in enumerate(np.cumsum((0, *counts[:-1]))):
            own = instances[window]
            expected = plain.losses.matching_cost(logits[layer, window], predicted[layer, window], own, matching)
            expected = np.reshape(expected, (QUERIES, len(own)))
            np.testing.assert_allclose(found[layer, window, :, first : first + len(own)], expected, atol=1e-9)


def cost_of(segment, instance, matching):
    """Of one query whose class probabilities are 1/2 and 3/4 by the sigmoid, 1/4 and 3/4 by the softmax."""
    logits = torch.tensor([[[[0.0, math.log(3)]]]], dtype=torch.float64)
    return matching_cost(logits, torch.tensor([[[segment]]], dtype=torch.float64), targets([[instance]]), matching)


@pytest.mark.parametrize(
    ("preset", "label", "probability"),
    [("paper", 0, 1 / 2), ("paper", 1, 3 / 4), ("released", 0, 1 / 4), ("released", 1, 3 / 4)],
)
def test_costs_by_hand(preset, label, probability):
    """[0.1, 0.3] for [0.2, 0.4]: both ends are off by 0.1, and a third of the union is shared."""
    found = cost_of((0.2, 0.2), (0.3, 0.2, label), MATCHINGS[preset])
    assert float(found) == pytest.approx(2 * 0.2 - 5 / 3 - probability, abs=1e-5)


@pytest.mark.parametrize(("preset", "expected"), [("paper", 2 * 0.2 - 5 / 2), ("released", -5)])
def test_what_lies_outside_the_window_costs_nothing_in_released(preset, expected):
    """[-0.2, 0.2] for [0, 0.2]: the start is off by 0.2, and half of the union is shared."""
    found = cost_of((0.0, 0.4), (0.1, 0.2, 1), MATCHINGS[preset])
    assert float(found) == pytest.approx(expected - 3 / 4, abs=1e-4)


def test_weights_of_the_costs():
    weights = {"iou_weight": 0.0, "l1_weight": 0.0, "class_weight": 0.0}
    for name, expected in (("iou_weight", -7 / 3), ("l1_weight", 7 * 0.2), ("class_weight", -7 / 2)):
        found = cost_of((0.2, 0.2), (0.3, 0.2, 0), Matching(**weights | {name: 7.0}))
        assert float(found) == pytest.approx(expected), name


@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
def test_no_pairing_is_cheaper(matching, counts):
    logits, predicted = predictions(len(counts))
    instances = random_instances(np.random.default_rng(1), counts)
    found = match(torch.tensor(logits), torch.tensor(predicted), targets(instances), matching)
    first = np.cumsum((0, *counts[:-1]))
    assert found.window.shape == (LAYERS, sum(min(QUERIES, count) for count in counts))
    for layer in range(LAYERS):
        pairs = [[] for _ in counts]
        columns = (column[layer].tolist() for column in (found.window, found.query, found.instance))
        for window, query, instance in zip(*columns, strict=True):
            pairs[window].append((query, instance - first[window]))
        for window, own in enumerate(instances):
            cost = plain.losses.matching_cost(logits[layer, window], predicted[layer, window], own, matching)
            queries, matched = zip(*pairs[window], strict=True) if pairs[window] else ((), ())
            assert len(set(queries)) == len(set(matched)) == min(QUERIES, len(own)), "one to one, and all that can be"
            cheapest = plain.losses.cheapest_pairs(cost, len(own))
            assert sum(cost[q][i] for q, i in pairs[window]) == pytest.approx(sum(cost[q][i] for q, i in cheapest))


def test_each_layer_is_matched_on_its_own():
    predicted = torch.tensor([[[0.2, 0.1], [0.8, 0.1]], [[0.8, 0.1], [0.2, 0.1]]])[:, None].double()
    found = match(torch.zeros(2, 1, 2, 1), predicted, targets([[(0.2, 0.1, 0)]]), Matching())
    assert found.query.tolist() == [[0], [1]]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_cost_that_is_no_number_is_an_error(wrong):
    logits, predicted = predictions(1)
    predicted[0, 0, 0, 0] = wrong
    with pytest.raises(FloatingPointError, match="matching cost"):
        match(torch.tensor(logits), torch.tensor(predicted), targets([[(0.5, 0.5, 0)]]), Matching())


def test_no_gradient_flows_through_the_matching():
    logits, predicted = (torch.tensor(each, requires_grad=True) for each in predictions(1))
    assert not matching_cost(logits, predicted, targets([[(0.5, 0.5, 0)]]), Matching()).requires_grad
