"""Characteristics, their buckets, and what is measured in each: by hand and as properties."""

from dataclasses import replace

import numpy as np
import pytest

from evaluation.test_average_precision import TIOU, found_of, random_case, truth_of
from react_tad.evaluation.diagnosis.characteristics import Characteristic, characteristics
from react_tad.evaluation.diagnosis.matching import match
from react_tad.evaluation.diagnosis.missed import missed, missed_by_bucket
from react_tad.evaluation.diagnosis.normalized_ap import mean_ap, usual_instances
from react_tad.evaluation.diagnosis.sensitivity import normalized_map_by_bucket


def lasting(lengths, duration=np.nan):
    """Ground truth of one class with instances of these lengths, each in a video of its own."""
    truth = truth_of([[video, 0, 0, length] for video, length in enumerate(lengths)], len(lengths), 1)
    return replace(truth, durations=np.full(len(lengths), float(duration)))


def split(bounds, *values):
    return Characteristic(name="length", values=np.array(values, dtype=float), bounds=bounds, scheme="given")


def test_values():
    truth = truth_of([[0, 0, 0, 5], [0, 0, 10, 30], [0, 1, 0, 5], [1, 0, 2, 3]], 2, 2)
    length, coverage, instances = characteristics(replace(truth, durations=np.array([100, np.nan])))
    assert length.values.tolist() == [5, 20, 5, 1]
    np.testing.assert_array_equal(coverage.values, [0.05, 0.2, 0.05, np.nan])
    assert instances.values.tolist() == [2, 2, 1, 1]  # of the same class in the same video


def test_buckets_are_closed_above():
    own = split((3, 6, 12, 18), 0, 3, 3.001, 6, 12, 18, 18.5, np.nan)
    assert own.bucket.tolist() == [0, 0, 1, 1, 2, 3, 4, -1]
    assert own.buckets == ("XS", "S", "M", "L", "XL")
    assert own.counts.tolist() == [2, 2, 1, 1, 1]
    assert [own.limits(index) for index in (0, 1, 4)] == [(None, 3), (3, 6), (18, None)]
    assert [own.span(index) for index in (0, 1, 4)] == ["≤ 3", "≤ 6", "> 18"]


@pytest.mark.parametrize(
    ("lengths", "scheme", "bounds"),
    [
        ([10, 40, 100, 150, 300], "activitynet", (30, 60, 120, 180)),
        ([1, 4, 10, 15, 25], "thumos14", (3, 6, 12, 18)),  # one bucket of ActivityNet's
        ([1000, 2000, 3000, 4000, 5000], "quantiles", (1000, 2000, 3000, 4000)),
        ([0.5] * 97 + [4, 10, 15], "quantiles", (0.5,)),  # one in a hundred does not fill a bucket
        ([2, 2, 2], "quantiles", ()),
    ],
)
def test_auto_takes_the_first_bounds_that_fit(lengths, scheme, bounds):
    length = characteristics(lasting(lengths))[0]
    assert (length.scheme, length.bounds) == (scheme, bounds)


def test_a_scheme_is_taken_whether_it_fits_or_not():
    truth = lasting([1, 2, 3], duration=10)
    assert [own.bounds[0] for own in characteristics(truth, "activitynet")] == [30, 0.2, 1]
    assert [own.bounds[-1] for own in characteristics(truth, "thumos14")] == [18, 0.08, 80]
    assert characteristics(truth, "quantiles")[0].bounds == (1, 2)
    assert characteristics(truth, "thumos14", {"length": [2]})[0].bounds == (2,)


def test_quantiles_leave_no_bucket_empty():
    values = np.random.default_rng(0).integers(1, 40, 500)
    length = characteristics(lasting(values), "quantiles")[0]
    assert length.counts.sum() == 500
    assert (np.abs(length.counts - 100) < 20).all()


@pytest.mark.parametrize(
    ("scheme", "given", "message"),
    [
        ("thumos", {}, "buckets 'thumos' should be one of auto, activitynet, thumos14, quantiles"),
        ("auto", {"width": [1]}, "bounds for width be for any of length, coverage, instances"),
        ("auto", {"length": [2, 2]}, r"bounds of length \[2, 2\] should be one to 4 ascending"),
        ("auto", {"length": []}, "should be one to 4 ascending"),
        ("auto", {"length": [1, 2, 3, 4, 5]}, "should be one to 4 ascending"),
        ("auto", {"length": [np.nan]}, "should be one to 4 ascending"),
    ],
)
def test_wrong_bounds(scheme, given, message):
    with pytest.raises(ValueError, match=message):
        characteristics(lasting([1]), scheme, given)


def test_normalized_map_by_bucket_by_hand():
    # Short instances of class 0: one found after a miss; long ones: found first. Class 1: a long one, not found. N = 2.
    truth = truth_of([[0, 0, 0, 2], [0, 0, 10, 30], [0, 0, 40, 60], [0, 1, 0, 20]], 1, 2)
    found = found_of([[0, 0, 10, 30, 0.9], [0, 0, 70, 80, 0.8], [0, 0, 0, 2, 0.7], [0, 0, 40, 60, 0.6]], 1, 2)
    length = characteristics(truth, given={"length": [5, 10]})[0]
    result = normalized_map_by_bucket(match(truth, found, [0.5]), length)
    assert result[0] == pytest.approx(2 / (2 + 1), abs=1e-15)  # class 0 alone: miss, hit of one
    assert np.isnan(result[1]).all()
    # Class 0: hit, miss, hit of two: 1 and 2 / 3; class 1: 0.
    assert result[2] == pytest.approx(((1 + 2 / 3) / 2 + 0) / 2, abs=1e-15)


def test_each_threshold_leaves_out_its_own_detections():
    # The detection finds the short instance at 0.5, and is a false positive at 0.9.
    truth = truth_of([[0, 0, 0, 2], [0, 0, 10, 30]], 1, 1)
    found = found_of([[0, 0, 0, 1.5, 0.9], [0, 0, 10, 30, 0.8]], 1, 1)
    result = normalized_map_by_bucket(match(truth, found, [0.5, 0.9]), characteristics(truth, given={"length": [5]})[0])
    np.testing.assert_allclose(result, [[1, 0], [1, 2 / 3]])


def test_found_at_useless_precision_is_missed():
    # One class: 18 false positives, then its instance: precision 1/19 > 5 %; one more: 1/20 is not.
    truth = truth_of([[0, 0, 0, 10]], 1, 1)
    for misses, expected in ((18, False), (19, True)):
        found = [[0, 0, 20 + n, 21 + n, 0.9] for n in range(misses)] + [[0, 0, 0, 10, 0.5]]
        assert missed(match(truth, found_of(found, 1, 1), [0.5])).tolist() == [[expected]]
    assert missed(match(truth, found_of(found, 1, 1), [0.5]), useless_precision=0).tolist() == [[False]]


def test_missed_by_bucket_by_hand():
    truth = truth_of([[0, 0, 0, 2], [0, 0, 10, 30], [0, 0, 40, 60], [0, 0, 70, 90]], 1, 1)
    found = found_of([[0, 0, 10, 30, 0.9], [0, 0, 40, 55, 0.8]], 1, 1)  # the second reaches 0.75
    missing = missed(match(truth, found, [0.5, 0.8]))
    assert missing.tolist() == [[True, True], [False, False], [False, True], [True, True]]
    length = characteristics(truth, given={"length": [5, 50]})[0]
    np.testing.assert_allclose(missed_by_bucket(missing, length), [[1, 1], [1 / 3, 2 / 3], [np.nan, np.nan]])


@pytest.mark.parametrize("seed", range(20))
def test_properties(seed):
    truth, found, _, videos, classes = random_case(seed)
    truth = truth_of(truth, videos, classes)
    matches = match(truth, found_of(found, videos, classes), TIOU)
    everything = split((), *np.ones(len(truth.label)))
    whole = mean_ap(matches, matches.true, ~matches.true, matches.instances, usual_instances(matches))
    np.testing.assert_array_equal(normalized_map_by_bucket(matches, everything)[0], whole)

    missing = missed(matches)
    np.testing.assert_allclose(missed_by_bucket(missing, everything)[0], missing.mean(0))
    for own in characteristics(truth, "quantiles", {"length": [1, 2]}):
        shares, counts = np.nan_to_num(missed_by_bucket(missing, own)), own.counts
        assert counts.sum() == (0 if own.name == "coverage" else len(truth.label))  # no durations, no coverage
        if counts.sum():
            np.testing.assert_allclose(counts @ shares / counts.sum(), missing.mean(0))
    reached = np.zeros_like(missing)
    for column, instance in enumerate(matches.instance.T):
        reached[instance[instance >= 0], column] = True
    np.testing.assert_array_equal(missed(matches, useless_precision=0), ~reached)
