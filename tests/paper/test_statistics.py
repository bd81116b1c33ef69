"""Weights of one against the evaluator, weights against copied videos, intervals against scipy and by hand."""

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evaluation.test_average_precision import TIOU, distinct_case, found_of, random_case, truth_of
from react_tad.detection.detections import Detections
from react_tad.evaluation.average_precision import evaluate
from react_tad.paper import statistics
from react_tad.paper.statistics import (
    Interval,
    ResampledMap,
    Units,
    percentile_interval,
    resampled_videos,
    t_interval,
)


def case(seed):
    """Ground truth and detections with ties, zero length, empty videos and classes."""
    truth, found, _, videos, classes = random_case(seed)
    return truth_of(truth, videos, classes), found_of(found, videos, classes)


@pytest.mark.parametrize("seed", range(40))
def test_every_video_once_is_the_evaluation(seed):
    truth, found = case(seed)
    value = ResampledMap(truth, found, TIOU)(np.ones((1, len(truth.videos)), dtype=int))
    np.testing.assert_allclose(value, [evaluate(truth, found, TIOU).average_map], rtol=0, atol=1e-12)


def copied(truth, found, weights):
    """The data set in which video v stands weights[v] times, under names of its own; copies of a detection are
    neighbours."""
    names = [f"v{video}_{copy}" for video, count in enumerate(weights) for copy in range(count)]
    first = np.cumsum([0, *weights])

    def rows(video):
        return [(row, first[own] + copy) for row, own in enumerate(video) for copy in range(weights[own])]

    instances, detections = rows(truth.video), rows(found.video)
    kept = [row for row, _ in instances]
    many_truth = replace(
        truth,
        videos=tuple(names),
        video=np.array([video for _, video in instances], dtype=int),
        label=truth.label[kept],
        start_end=truth.start_end[kept],
        durations=np.full(len(names), np.nan),
    )
    kept = [row for row, _ in detections]
    columns = {name: getattr(found, name)[kept] for name in ("start", "end", "label", "score")}
    video = np.array([video for _, video in detections], dtype=int)
    return many_truth, Detections(videos=tuple(names), classes=found.classes, video=video, **columns)


@pytest.mark.parametrize("seed", range(40))
def test_weights_are_copies_of_videos(seed):
    truth, found = case(seed) if seed % 2 else (truth_of(distinct_case()[0], 4, 3), found_of(distinct_case()[1], 4, 3))
    random = np.random.default_rng(seed)
    weights = random.integers(0, 4, (6, len(truth.videos)))
    weights = weights[weights @ np.bincount(truth.video, minlength=len(truth.videos)) > 0]
    expected = [evaluate(*copied(truth, found, own.tolist()), TIOU).average_map for own in weights]
    np.testing.assert_allclose(ResampledMap(truth, found, TIOU)(weights), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("block", [1, 7, 10**9])
def test_blocks_of_resamples_change_nothing(block, monkeypatch):
    truth, found = case(3)
    weights = resampled_videos(truth, resamples=50)
    expected = ResampledMap(truth, found, TIOU)(weights)
    monkeypatch.setattr(statistics, "BLOCK", block)
    np.testing.assert_array_equal(ResampledMap(truth, found, TIOU)(weights), expected)


def test_a_class_that_is_not_drawn_is_not_in_the_mean():
    """Class 0 is found, class 1 is not; video 1 has the only instance of class 1."""
    truth = truth_of([[0, 0, 0, 4], [1, 1, 0, 4]], 2, 2)
    found = found_of([[0, 0, 0, 4, 1.0]], 2, 2)
    np.testing.assert_array_equal(ResampledMap(truth, found, TIOU)(np.array([[1, 1], [2, 0], [0, 2]])), [0.5, 1, 0])


def test_drawn_videos():
    truth = truth_of([[0, 0, 0, 4]], 5, 1)
    weights = resampled_videos(truth, resamples=400)
    assert weights.shape == (400, 5)
    assert (weights.sum(1) == 5).all()
    assert (weights[:, 0] > 0).all()  # the only video with an instance
    np.testing.assert_array_equal(resampled_videos(truth, resamples=400), weights)
    assert (resampled_videos(truth, resamples=400, seed=1) != weights).any()
    np.testing.assert_allclose(weights[:, 1:].mean(), weights[:, 1:].sum() / 1600)
    free = resampled_videos(truth_of([[video, 0, 0, 4] for video in range(5)], 5, 1), resamples=4000)
    np.testing.assert_allclose(free.mean(0), 1, atol=0.06)  # four standard errors of a binomial mean
    np.testing.assert_allclose(free.var(0), 0.8, atol=0.1)
    with pytest.raises(ValueError, match="no instance"):
        resampled_videos(truth_of([], 2, 1))


def grouped(truth, **groups):
    return replace(truth, groups=groups)


def test_units_are_groups_and_videos_without_one():
    truth = truth_of([[0, 0, 0, 4]], 5, 1)
    videos, groups = Units.of(truth), Units.of(grouped(truth, v1="anna", v3="anna", elsewhere="ben"))
    assert (videos.kind, videos.count, videos.of_video.tolist()) == ("videos", 5, [0, 1, 2, 3, 4])
    assert (groups.kind, groups.count, groups.of_video.tolist()) == ("groups", 4, [0, 1, 2, 1, 3])
    assert Units.of(grouped(truth, elsewhere="ben")).kind == "videos"


def test_videos_of_a_group_are_drawn_together():
    truth = grouped(truth_of([[video, 0, 0, 4] for video in range(5)], 5, 1), v0="a", v1="a", v2="a", v4="b")
    weights = resampled_videos(truth, resamples=4000)
    drawn = weights[:, [0, 3, 4]]
    np.testing.assert_array_equal(weights, drawn[:, [0, 0, 0, 1, 2]])
    assert (drawn.sum(1) == 3).all()  # three units, however many videos they bring
    np.testing.assert_allclose(drawn.mean(0), 1, atol=0.06)
    np.testing.assert_allclose(drawn.var(0), 2 / 3, atol=0.1)


def test_groups_of_one_video_are_videos():
    truth = truth_of([[video, 0, 0, 4] for video in range(4)], 4, 1)
    named = grouped(truth, v0="d", v1="c", v2="b", v3="a")
    np.testing.assert_array_equal(resampled_videos(named), resampled_videos(truth))


def test_a_draw_of_groups_without_an_instance_is_replaced():
    truth = grouped(truth_of([[0, 0, 0, 4]], 4, 1), v0="a", v1="a", v2="b", v3="b")
    weights = resampled_videos(truth, resamples=300)
    assert {tuple(own) for own in weights.tolist()} == {(1, 1, 1, 1), (2, 2, 0, 0)}


def test_two_groups_by_hand():
    """Videos 0 and 1, of anna, are found; video 2, of ben, is not. Twice anna: 1. Both: two of three instances at
    precision 1, 2/3. Twice ben: 0. These come 1/4, 1/2 and 1/4 of the time: mean 7/12, variance 19/144."""
    truth = grouped(truth_of([[video, 0, 0, 4] for video in range(3)], 3, 1), v0="anna", v1="anna", v2="ben")
    found = found_of([[0, 0, 0, 4, 0.9], [1, 0, 0, 4, 0.8]], 3, 1)
    weights = resampled_videos(truth, resamples=8000)
    values = ResampledMap(truth, found, TIOU)(weights)
    expected = {(2, 2, 0): 1, (1, 1, 1): 2 / 3, (0, 0, 2): 0}
    np.testing.assert_allclose(values, [expected[tuple(own)] for own in weights.tolist()], atol=1e-12)
    assert values.mean() == pytest.approx(7 / 12, abs=0.02)  # five standard errors
    assert values.var() == pytest.approx(19 / 144, abs=0.01)


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_t_interval_is_scipys(count):
    random = np.random.default_rng(count)
    ours, reference = random.normal(0.6, 0.02, count), random.normal(0.59, 0.02, count)
    expected = stats.ttest_rel(ours, reference).confidence_interval(0.95)
    found = t_interval((ours - reference).tolist())
    np.testing.assert_allclose([found.low, found.high], [expected.low, expected.high], rtol=1e-12)


def test_t_interval_by_hand():
    """Differences 1, 2, 3: mean 2, standard error 1/sqrt(3), t(0.975; 2) = 4.302653."""
    found = t_interval([1.0, 2.0, 3.0])
    assert (found.low, found.high) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), abs=1e-6)
    assert not found.excludes_zero
    assert t_interval([1.0]) is None
    assert not t_interval([0.0, 0.0]).excludes_zero


def test_what_excludes_zero():
    assert [Interval(*ends).excludes_zero for ends in ((0.1, 1), (-1, -0.1), (-1, 1), (0, 1), (0, 0))] == [
        True, True, False, False, False,
    ]  # fmt: skip
    found = percentile_interval(np.arange(1001.0))
    assert (found.low, found.high) == pytest.approx((25, 975))


def test_a_pair_at_the_size_of_the_toy_data_is_quick():
    """120 videos, 20,000 detections, 8 classes, 5 thresholds, 1000 resamples; 2 s are asked for on a free core."""
    random = np.random.default_rng(0)
    truth = np.column_stack([random.integers(0, 120, 1000), random.integers(0, 8, 1000), random.uniform(0, 90, 1000)])
    truth = np.column_stack([truth, truth[:, 2] + random.uniform(2, 9, 1000)])
    near = truth[random.integers(0, 1000, 20000)]
    times = np.sort(near[:, 2:] + random.normal(0, 1.5, (20000, 2)), axis=1)
    found = found_of(np.column_stack([near[:, :2], times, random.random(20000)]), 120, 8)
    truth = truth_of(truth, 120, 8)
    start = time.process_time()
    weights = resampled_videos(truth)
    for _ in range(2):
        ResampledMap(truth, found, TIOU)(weights)
    assert time.process_time() - start < 4
