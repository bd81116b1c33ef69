"""The matching is the evaluation's, with instances' numbers; normalized AP is AP where N is the class's own number."""

import numpy as np
import pytest

from evaluation.test_average_precision import TIOU, found_of, random_case, slow_iou, truth_of
from react_tad.evaluation.average_precision import average_precision, evaluate
from react_tad.evaluation.diagnosis.matching import match
from react_tad.evaluation.diagnosis.normalized_ap import mean_ap, normalized_ap, normalized_precision, usual_instances


def slow_instances(truth, found, threshold):
    """(detection, instance it finds or -1) by descending score, from the definition."""
    taken, result = set(), []
    for detection in sorted(found, key=lambda row: -row[4]):
        own = [at for at, row in enumerate(truth) if row[:2] == detection[:2] and at not in taken]
        overlaps = {at: slow_iou(truth[at][2:], detection[2:4]) for at in own}
        best = max(overlaps, key=overlaps.get, default=None)
        hit = best is not None and overlaps[best] >= threshold
        taken |= {best} if hit else set()
        result.append((detection, best if hit else -1))
    return result


@pytest.mark.parametrize("seed", range(40))
def test_instances_found_agree_with_a_slow_implementation(seed):
    truth, found, _, videos, classes = random_case(seed)
    known = [row for row in found if row[1] in {own[1] for own in truth}]
    matches = match(truth_of(truth, videos, classes), found_of(found, videos, classes), TIOU)
    for column, threshold in enumerate(TIOU):
        slow = slow_instances(truth, known, threshold)
        np.testing.assert_array_equal(matches.start_end, np.array([row[2:4] for row, _ in slow]).reshape(-1, 2))
        assert matches.instance[:, column].tolist() == [instance for _, instance in slow]


@pytest.mark.parametrize("seed", range(40))
def test_plain_map_is_that_of_the_evaluation(seed):
    truth, found, _, videos, classes = random_case(seed)
    truth, found = truth_of(truth, videos, classes), found_of(found, videos, classes)
    matches = match(truth, found, TIOU)
    plain = mean_ap(matches, matches.true, ~matches.true, matches.instances, None)
    np.testing.assert_allclose(plain, evaluate(truth, found, TIOU).mean_ap, rtol=0, atol=1e-12)


@pytest.mark.parametrize("instances", [1, 7, 60])
def test_normalized_ap_is_ap_where_n_is_the_number_of_instances(instances):
    true = np.random.default_rng(instances).random((60, 3)) < 0.4
    true &= true.cumsum(0) <= instances
    expected = average_precision(true, ~true, instances, interpolated=True)
    np.testing.assert_array_equal(normalized_ap(true, ~true, instances, float(instances)), expected)


def test_normalized_precision_by_hand():
    # Hit, miss, hit of two instances; with N = 10 the hits stand for 5 each: 5/5, 5/6, 10/11.
    true = np.array([[True], [False], [True]])
    np.testing.assert_allclose(normalized_precision(true, ~true, 2, 10)[:, 0], [1, 5 / 6, 10 / 11], rtol=1e-15)
    np.testing.assert_allclose(normalized_ap(true, ~true, 2, 10), [(1 + 10 / 11) / 2], rtol=1e-15)
    assert normalized_ap(~true[:1], true[:1], 2, 10) == [0]  # neither hits nor misses matter before the first hit


def test_usual_instances_are_over_classes_that_have_any():
    truth = truth_of([[0, 0, 0, 1], [0, 0, 5, 6], [0, 2, 0, 1]], 1, 4)
    assert usual_instances(match(truth, found_of([], 1, 4), TIOU)) == 1.5


def test_ranks_and_bands_are_by_class():
    truth = truth_of([[0, 0, 0, 1], [0, 0, 5, 6], [0, 1, 0, 1]], 1, 3)
    labels, scores = [0, 0, 0, 0, 1, 1, 2], [0.1, 0.9, 0.5, 0.5, 0.2, 0.3, 1]
    found = found_of([[0, label, 0, 1, score] for label, score in zip(labels, scores, strict=True)], 1, 3)
    matches = match(truth, found, [0.5])
    assert matches.label.tolist() == [0, 0, 0, 1, 1, 0]  # by score; class 2 has no instance
    assert matches.rank.tolist() == [0, 1, 2, 0, 1, 3]
    assert matches.band.tolist() == [0, 0, 1, 0, 1, 1]
    best = matches.where(matches.band == 0)
    assert (best.label.tolist(), best.true[:, 0].tolist()) == ([0, 0, 1], [True, False, True])


def test_what_evaluation_refuses_is_refused():
    truth, found = truth_of([[0, 0, 0, 1]], 1, 1), found_of([[0, 1, 0, 1, 0.9]], 1, 2)
    with pytest.raises(ValueError, match="label 'c1' is not a class"):
        match(truth, found, TIOU)
    assert len(match(truth, found, TIOU, unknown_labels="ignore").video) == 0
    with pytest.raises(ValueError, match="unknown labels 'drop' should be"):
        match(truth, found, TIOU, unknown_labels="drop")
    with pytest.raises(ValueError, match="no instance to detect"):
        match(truth_of([], 1, 1), found, TIOU)
