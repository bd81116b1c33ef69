"""Which detection finds which instance: the evaluation's own matching, with the instances' numbers kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from react_tad.detection.detections import Detections
from react_tad.evaluation.average_precision import aligned, check_tiou, groups, true_positives
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.segments import pairwise_iou


@dataclass(frozen=True, kw_only=True, eq=False)
class Matches:
    """N detections by descending score and what each of them finds at T tIoU thresholds."""

    ground_truth: GroundTruth
    """G instances of C classes."""
    tiou: tuple[float, ...]
    video: np.ndarray
    """[N] int, index into the ground truth's videos."""
    label: np.ndarray
    """[N] int, index into the ground truth's classes."""
    start_end: np.ndarray
    """[N, 2] float64, (start, end) in seconds."""
    rank: np.ndarray
    """[N] int, how many detections of the same class have a better score (or an equal one, and come first)."""
    instance: np.ndarray
    """[N, T] int, index of the instance that the detection finds; -1 for a false positive."""

    @property
    def true(self) -> np.ndarray:
        """[N, T] booleans, the true positives."""
        return self.instance >= 0

    @property
    def instances(self) -> np.ndarray:
        """[C] int, the number of instances of each class."""
        return np.bincount(self.ground_truth.label, minlength=len(self.ground_truth.classes))

    @property
    def band(self) -> np.ndarray:
        """[N] int: 0 for the best G detections of a class that has G instances, 1 for the next G, and so on."""
        return self.rank // self.instances[self.label]

    def where(self, chosen: np.ndarray) -> "Matches":
        """Only the detections of the mask ``chosen`` [N]; what they find and their ranks stay."""
        names = ("video", "label", "start_end", "rank", "instance")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


def match(
    ground_truth: GroundTruth, detections: Detections, tiou: Sequence[float], *, unknown_labels: str = "refuse"
) -> Matches:
    """Match as :func:`react_tad.evaluation.average_precision.evaluate` does by its definition ``activitynet``.

    Detections in videos of other subsets, and of classes without an instance in this subset, are left out; errors are
    those of ``evaluate``.
    """
    thresholds = np.array(check_tiou(tiou))
    if unknown_labels not in ("refuse", "ignore"):
        raise ValueError(f"unknown labels '{unknown_labels}' should be 'refuse' or 'ignore'")
    if not len(ground_truth.label):
        raise ValueError(f"{ground_truth.source}: subset '{ground_truth.subset}' has no instance to detect")
    video, label = aligned(ground_truth, detections, unknown_labels)
    instances = np.bincount(ground_truth.label, minlength=len(ground_truth.classes))
    order = np.flatnonzero((video >= 0) & (label >= 0) & (instances[label] > 0))
    order = order[np.argsort(-detections.score[order], kind="stable")]
    video, label, start_end = video[order], label[order], detections.start_end[order]
    true = true_positives(ground_truth, video, label, start_end, thresholds, "activitynet")
    rank = np.zeros(len(order), dtype=int)
    for rows in groups(label).values():
        rank[rows] = np.arange(len(rows))
    return Matches(
        ground_truth=ground_truth,
        tiou=tuple(thresholds.tolist()),
        video=video,
        label=label,
        start_end=start_end,
        rank=rank,
        instance=_found(ground_truth, video, label, start_end, true),
    )


def _found(
    ground_truth: GroundTruth, video: np.ndarray, label: np.ndarray, start_end: np.ndarray, true: np.ndarray
) -> np.ndarray:
    """Instance of each true positive, [N, T]: of those of its video and class that no better detection found, the one
    it overlaps most, the first in the file if several."""
    found = np.full(true.shape, -1)
    candidates = np.flatnonzero(true.any(1))
    classes = len(ground_truth.classes)
    instances = groups(ground_truth.video * classes + ground_truth.label)
    for key, positions in groups((video * classes + label)[candidates]).items():
        rows, own = candidates[positions], instances[key]
        overlaps = pairwise_iou(start_end[rows], ground_truth.start_end[own])
        for column in range(true.shape[1]):
            left = overlaps.copy()
            for at in np.flatnonzero(true[rows, column]):
                taken = left[at].argmax()
                found[rows[at], column] = own[taken]
                left[:, taken] = -1
    return found
