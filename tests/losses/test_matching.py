import numpy as np
import pytest
import torch

import plain.losses
from react_tad import params
from react_tad.losses.matching import match, matching_cost
from small import random_instances, random_segments, targets

FORMS = {
    "paper": params.Matching(),
    "released": params.Matching(form="released", iou_weight=5.0, l1_weight=2.0, class_weight=1.0),
    "class alone": params.Matching(iou_weight=0.0, l1_weight=0.0, class_weight=1.0),
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
    return logits, random_segments(random, LAYERS, windows, QUERIES)


@pytest.fixture(params=FORMS.values(), ids=FORMS)
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


@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
def test_no_pairing_is_cheaper(matching, counts):
    logits, predicted = predictions(len(counts))
    instances = random_instances(np.random.default_rng(1), counts)
    found = match(torch.tensor(logits), torch.tensor(predicted), targets(instances), matching)
    first = np.cumsum((0, *counts[:-1]))
    for layer in range(LAYERS):
        pairs = [[] for _ in counts]
        columns = (column.tolist() for column in (found[layer].window, found[layer].query, found[layer].instance))
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
    first, second = match(torch.zeros(2, 1, 2, 1), predicted, targets([[(0.2, 0.1, 0)]]), params.Matching())
    assert (first.query.tolist(), second.query.tolist()) == ([0], [1])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_cost_that_is_no_number_is_an_error(wrong):
    logits, predicted = predictions(1)
    predicted[0, 0, 0, 0] = wrong
    with pytest.raises(FloatingPointError, match="matching cost"):
        match(torch.tensor(logits), torch.tensor(predicted), targets([[(0.5, 0.5, 0)]]), params.Matching())


def test_no_gradient_flows_through_the_matching():
    logits, predicted = (torch.tensor(each, requires_grad=True) for each in predictions(1))
    assert not matching_cost(logits, predicted, targets([[(0.5, 0.5, 0)]]), params.Matching()).requires_grad
