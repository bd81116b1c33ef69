"""Each kind of false positive by hand; shares and gains as properties."""

import numpy as np
import pytest

from evaluation.test_average_precision import TIOU, found_of, random_case, truth_of
from react_tad.evaluation.diagnosis.false_positives import ERRORS, Kind, kinds, profile, removal_gain
from react_tad.evaluation.diagnosis.matching import match
from react_tad.evaluation.diagnosis.normalized_ap import mean_ap
from react_tad.evaluation.diagnosis.report import diagnose

INSTANCES = [[0, 0, 0, 10], [0, 1, 20, 30]]
"""Class 0 and class 1 in video 0; video 1 has none."""
AT_HALF = {
    "exact": ([0, 0, 0, 10], Kind.TRUE_POSITIVE),
    "again": ([0, 0, 0, 9], Kind.DOUBLE_DETECTION),
    "on the other class": ([0, 0, 20, 29], Kind.WRONG_LABEL),
    "too short": ([0, 0, 0, 4], Kind.LOCALIZATION),
    "a tenth": ([0, 0, 0, 1], Kind.LOCALIZATION),
    "too short on the other class": ([0, 0, 20, 24], Kind.CONFUSION),
    "less than a tenth": ([0, 0, 0, 0.9], Kind.BACKGROUND),
    "nowhere": ([0, 0, 12, 18], Kind.BACKGROUND),
    "in a video without instances": ([1, 0, 0, 10], Kind.BACKGROUND),
}


def kinds_of(truth, found, tiou=(0.5,)):
    """Kinds [N, T] of detections (video, label, start, end), scores descending."""
    scored = [[*row, 1 - 0.01 * rank] for rank, row in enumerate(found)]
    return kinds(match(truth_of(truth, 2, 2), found_of(scored, 2, 2), tiou))


def test_every_kind():
    result = kinds_of(INSTANCES, [row for row, _ in AT_HALF.values()])
    assert dict(zip(AT_HALF, result[:, 0].tolist(), strict=True)) == {name: kind for name, (_, kind) in AT_HALF.items()}


def test_every_threshold_on_its_own():
    found = [AT_HALF[name][0] for name in ("exact", "too short", "too short on the other class")]
    expected = [
        [Kind.TRUE_POSITIVE, Kind.TRUE_POSITIVE],
        [Kind.DOUBLE_DETECTION, Kind.LOCALIZATION],
        [Kind.WRONG_LABEL, Kind.CONFUSION],
    ]
    assert kinds_of(INSTANCES, found, (0.4, 0.5)).tolist() == expected


def test_the_largest_overlap_decides_whatever_its_class():
    truth = [[0, 0, 0, 10], [0, 1, 2, 12]]
    found = [[0, 0, 0, 10], [0, 0, 1.5, 11.5]]  # the second: 0.74 with class 0, which is taken, and 0.90 with class 1
    assert kinds_of(truth, found)[:, 0].tolist() == [Kind.TRUE_POSITIVE, Kind.WRONG_LABEL]


@pytest.mark.parametrize("order", [1, -1])
def test_between_equals_its_own_class_decides(order):
    truth = [[0, 0, 0, 10], [0, 1, 0, 10]][::order]
    found = [[0, 0, 0, 10], [0, 0, 0, 9], [0, 0, 0, 2]]
    assert kinds_of(truth, found)[1:, 0].tolist() == [Kind.DOUBLE_DETECTION, Kind.LOCALIZATION]


def test_profile_by_hand():
    # Class 0 has one instance: its detections are bands 1 to 9. Class 1 has one: one more in band 1.
    found = [[*row, 1 - 0.01 * rank] for rank, (row, _) in enumerate(AT_HALF.values())] + [[0, 1, 20, 30, 0.5]]
    matches = match(truth_of(INSTANCES, 2, 2), found_of(found, 2, 2), [0.5])
    table = profile(matches, kinds(matches), bands=3)
    assert table[:, 0].tolist() == [[2, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]


def test_gain_by_hand():
    # Background before the only instance: precision 1/2 there, 1 without. The best 10 detections are looked at.
    found = [[0, 0, 12, 18, 0.9], [0, 0, 0, 10, 0.8]] + [[0, 0, 0, 9, 0.7 - 0.01 * rank] for rank in range(20)]
    result = diagnose(truth_of([[0, 0, 0, 10]], 1, 1), found_of(found, 1, 1), [0.5])
    assert result.overall["map_top"] == [0.5]
    assert {kind: gain.tolist() for kind, gain in result.gain["map"].items()} == {
        kind: [0.5 if kind is Kind.BACKGROUND else 0] for kind in ERRORS
    }
    assert result.profile[:, 0].sum() == 10


def test_normalized_gain_by_hand():
    # Class 0 has one instance, class 1 three: N = 2. Class 0: background, then its instance: 2 / (2 + 1).
    truth = [[0, 0, 0, 10], *([0, 1, start, start + 5] for start in (20, 30, 40))]
    found = [[0, 0, 12, 18, 0.9], [0, 0, 0, 10, 0.8], *([*row, 0.5] for row in truth[1:])]
    result = diagnose(truth_of(truth, 1, 2), found_of(found, 1, 2), [0.5])
    assert result.usual_instances == 2
    assert result.overall["normalized_map"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-15)
    assert result.gain["normalized_map"][Kind.BACKGROUND] == pytest.approx((1 - 2 / 3) / 2, abs=1e-15)


@pytest.mark.parametrize("seed", range(25))
def test_properties(seed):
    truth, found, _, videos, classes = random_case(seed)
    truth, found = truth_of(truth, videos, classes), found_of(found, videos, classes)
    result = diagnose(truth, found, TIOU)
    filled = result.profile[:, 0].sum(1) > 0
    np.testing.assert_allclose(result.shares[filled].sum(1), 1, atol=1e-12)
    assert np.isnan(result.shares[~filled]).all()
    assert all((gain >= -1e-12).all() for gains in result.gain.values() for gain in gains.values())

    matches = match(truth, found, TIOU)
    kind = kinds(matches)
    np.testing.assert_array_equal(kind == Kind.TRUE_POSITIVE, matches.true)
    recall = np.zeros((np.count_nonzero(matches.instances), len(TIOU)))
    for row, label in enumerate(np.flatnonzero(matches.instances)):
        recall[row] = matches.true[matches.label == label].sum(0) / matches.instances[label]
    for usual in (None, 3.5):  # without any false positive precision is 1, and AP is recall
        without = mean_ap(matches, matches.true, np.zeros_like(matches.true), matches.instances, usual)
        np.testing.assert_allclose(without, recall.mean(0), atol=1e-12)


def test_removing_one_kind_is_evaluating_without_it():
    truth, found, _, videos, classes = random_case(3)
    truth = truth_of(truth, videos, classes)
    matches = match(truth, found_of(found, videos, classes), [0.5])
    kind = kinds(matches)
    for removed in ERRORS:
        rest = matches.where(kind[:, 0] != removed)
        again = [[*where, *times, -rank] for rank, (where, times) in enumerate(
            zip(np.stack((rest.video, rest.label), -1).tolist(), rest.start_end.tolist(), strict=True)
        )]  # fmt: skip
        fresh = match(truth, found_of(again, videos, classes), [0.5])
        after = mean_ap(fresh, fresh.true, ~fresh.true, fresh.instances, None)
        before = mean_ap(matches, matches.true, ~matches.true, matches.instances, None)
        np.testing.assert_allclose(removal_gain(matches, kind, removed, normalized=False), after - before, atol=1e-12)
