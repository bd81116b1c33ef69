"""How sure a difference is: over training runs (seeds), and over what happens to be in the test set.

*Over seeds*: Student's t interval of the mean of differences that are paired by seed. It says how much the difference
may change with another initialisation and order of training, on the same test videos.

*Over videos*: percentile bootstrap of the test videos. Each resample draws as many videos as there are, with
replacement; average mAP is measured on it, averaged over seeds, and the difference is taken on the same resample. It
says how much the difference may change with other test videos, for the same trained models.

*Over groups*: the same where videos have groups, since those of one person are not independent. Each resample draws as
many groups as there are, with replacement, and each brings all its videos (a cluster bootstrap). A video without a
group is a group of its own.

A resample is a vector of integer weights, how often each video was drawn. Detections are matched with instances once;
what a resample changes is how often each detection and each instance counts. For interpolated AP that is exactly the
evaluation of a data set in which videos stand that often: copies of a true positive are neighbours in the ranking, all
with the interpolated precision of the last of them, and copies of a false positive lie where no recall is gained. For
AP that is not interpolated it would not be exact, so only the definition ``activitynet`` is resampled.

Interpolated AP is a little higher on resamples than on the videos themselves, because copies stand together. Rows share
that, so that it cancels in a difference, which gets a percentile interval; a level gets a standard deviation only.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from react_tad.detection.detections import Detections
from react_tad.evaluation.average_precision import groups
from react_tad.evaluation.diagnosis.matching import match
from react_tad.evaluation.ground_truth import GroundTruth

CONFIDENCE = 0.95
RESAMPLES = 1000
RESAMPLING_SEED = 0


@dataclass(frozen=True)
class Interval:
    """Where a quantity lies with confidence :data:`CONFIDENCE`."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside."""
        return self.low > 0 or self.high < 0


def t_interval(differences: Sequence[float]) -> Interval | None:
    """Student's t interval of the mean of paired differences; None for fewer than two."""
    count = len(differences)
    if count < 2:
        return None
    mean = statistics.fmean(differences)
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * statistics.stdev(differences) / count**0.5
    return Interval(mean - half, mean + half)


def percentile_interval(resampled: np.ndarray) -> Interval:
    """The middle :data:`CONFIDENCE` of resampled values [R]."""
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))


BLOCK = 2**17
"""Resamples times detections of a class that are computed with at a time: 1 MiB a number, which caches hold."""
UnitKind = Literal["videos", "groups"]


@dataclass(frozen=True, eq=False)
class Units:
    """What is drawn of a test set: its groups, if any of its videos has one, or else its videos."""

    kind: UnitKind
    of_video: np.ndarray
    """[V] int, the unit of each video; units are numbered as they first occur."""

    @classmethod
    def of(cls, ground_truth: GroundTruth) -> "Units":
        """The units of all videos, also of those without an instance."""
        names = ground_truth.group_names
        number = {name: position for position, name in enumerate(dict.fromkeys(names))}
        return cls(
            "groups" if ground_truth.grouped else "videos", np.array([number[name] for name in names], dtype=int)
        )

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.of_video.max(initial=-1)) + 1


def resampled_videos(
    ground_truth: GroundTruth, *, resamples: int = RESAMPLES, seed: int = RESAMPLING_SEED
) -> np.ndarray:
    """How often each of V videos is drawn, [R, V] int64: as often as its group, or by itself where there are no groups.

    As many units (:class:`Units`) are drawn in each row as there are. A draw without any instance cannot be evaluated
    and is replaced by another one; one that lacks a class is kept (see :meth:`ResampledMap.__call__`).
    """
    units = Units.of(ground_truth)
    instances = np.bincount(units.of_video[ground_truth.video], minlength=units.count)
    if not instances.any():
        raise ValueError(f"{ground_truth.source}: subset '{ground_truth.subset}' has no instance to detect")
    random = np.random.default_rng(seed)
    drawn = np.zeros((resamples, units.count), dtype=np.int64)
    while (empty := np.flatnonzero(drawn @ instances == 0)).size:
        drawn[empty] = random.multinomial(units.count, np.full(units.count, 1 / units.count), size=empty.size)
    return drawn[:, units.of_video]


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassMatches:
    """One class: its instances, and its n detections by descending score."""

    instance_videos: np.ndarray
    """[g] int, the video of each instance."""
    detection_videos: np.ndarray
    """[n] int, the video of each detection."""
    true: np.ndarray
    """[n, T] booleans, the true positives at each threshold."""


class ResampledMap:
    """Average mAP of one set of detections under weights of the videos (definition ``activitynet``)."""

    def __init__(self, ground_truth: GroundTruth, detections: Detections, tiou: Sequence[float]):
        """Match once; errors are those of :func:`react_tad.evaluation.average_precision.evaluate`."""
        matches = match(ground_truth, detections, tiou)
        rows, nothing, true = groups(matches.label), np.array([], dtype=int), matches.true
        self.classes = [
            ClassMatches(
                instance_videos=ground_truth.video[instances],
                detection_videos=matches.video[rows.get(label, nothing)],
                true=true[rows.get(label, nothing)],
            )
            for label, instances in groups(ground_truth.label).items()
        ]

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Average mAP [R] for weights [R, V] of the videos, as fractions.

        A class that has no instance under some weights is left out of their mean, as in a data set without it. Weights
        are taken in blocks, so that memory does not grow with their number times that of detections.
        """
        most = max((len(own.detection_videos) for own in self.classes), default=0)
        rows = max(1, BLOCK // max(most, 1))
        return np.concatenate([self._of_block(weights[at : at + rows]) for at in range(0, len(weights), rows)])

    def _of_block(self, weights: np.ndarray) -> np.ndarray:
        total, present = np.zeros(len(weights)), np.zeros(len(weights))
        for own in self.classes:
            instances = weights[:, own.instance_videos].sum(1)
            total += _average_ap(own, weights) / np.maximum(instances, 1)
            present += instances > 0
        return total / present


def _average_ap(own: ClassMatches, weights: np.ndarray) -> np.ndarray:
    """Mean over thresholds of AP times the number of instances, [R], of one class."""
    drawn = weights[:, own.detection_videos]  # [R, n]
    ranked = drawn.cumsum(1)
    area = np.zeros(len(weights))
    for column in own.true.T:
        found = np.flatnonzero(column)  # precision matters only where recall is gained
        gained = drawn[:, found]
        precision = gained.cumsum(1) / np.maximum(ranked[:, found], 1)
        best_from_here = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        area += (best_from_here * gained).sum(1)
    return area / own.true.shape[1]
