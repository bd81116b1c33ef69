"""Mean average precision of temporal action detection, by two definitions.

``activitynet`` (the default; used for THUMOS14 too since 2018). For each class, detections of all videos are sorted by
score. Each tries the instances of its own video and class by descending tIoU; the first that is not yet taken and has
tIoU >= threshold makes it a true positive. What is taken is kept per threshold. AP is the area under the interpolated
precision/recall curve (all points).

``thumos14`` (TH14evalDet, the challenge's own program). Each instance, in the order of the file, takes the detection
of its video and class that overlaps it most, whatever its score, if tIoU > threshold and no other instance took it.
Of the rest, those that overlap an ``Ambiguous`` segment of the video at all do not count; the others are false
positives. AP is the mean over instances of the precision where they are found, not interpolated. Here a detection
with the lowest of all scores can lower AP, since it can take an instance from a better-scored one.

In both, mAP is the mean over the classes that have instances in the subset, a class without detections has AP 0, and
average mAP is the mean over thresholds. Ties: detections with equal scores keep their order (that of the file, video
after video); of instances with equal tIoU the first in the file is tried first; of detections with equal tIoU the
better-scored one is taken. Two segments without length have tIoU 0. tIoU is compared in double precision as it comes;
thresholds are the doubles nearest to their decimals (:func:`parse_tiou`), so that 3 s of 10 s reach 0.3 exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from react_tad.detection.detections import Detections
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.segments import pairwise_iou

DEFINITIONS = ("activitynet", "thumos14")


@dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
    """AP of C classes at T tIoU thresholds, as fractions."""

    definition: str
    subset: str
    tiou: tuple[float, ...]
    classes: tuple[str, ...]
    """The classes that have instances in the subset, sorted."""
    ap: np.ndarray
    """[C, T]."""
    counts: dict[str, int]
    """What was evaluated and what was left out."""
    profile: str = ""
    """The ground-truth profile that it was measured under; empty for all that is annotated."""

    @property
    def mean_ap(self) -> np.ndarray:
        """[T], mAP at each threshold."""
        return self.ap.mean(0)

    @property
    def average_map(self) -> float:
        """Mean of mAP over the thresholds."""
        return float(self.mean_ap.mean())

    def as_dict(self) -> dict[str, Any]:
        """What a metrics file holds; nothing is rounded."""

        def by_threshold(values: np.ndarray) -> dict[str, float]:
            return {str(threshold): float(value) for threshold, value in zip(self.tiou, values, strict=True)}

        named = {"profile": self.profile} if self.profile else {}
        return named | {
            "definition": self.definition,
            "subset": self.subset,
            "counts": self.counts,
            "per_tiou": by_threshold(self.mean_ap),
            "average_map": self.average_map,
            "per_class": {name: by_threshold(row) for name, row in zip(self.classes, self.ap, strict=True)},
        }


MOST_THRESHOLDS = 1000
"""More are taken for a slip: 0.001:1:0.001 has as many."""


def parse_tiou(text: str) -> tuple[float, ...]:
    """Thresholds from ``first:last:step`` (last included) or ``a,b,...``; computed in decimals, so 0.3 is 0.3
    exactly."""
    try:
        if ":" not in text:
            return check_tiou([float(Decimal(part)) for part in text.split(",")])
        first, last, step = map(Decimal, text.split(":"))
        count = (last - first) / step
        if count < 0 or (count < MOST_THRESHOLDS and count % 1):
            raise ValueError
    except (ArithmeticError, ValueError) as error:  # also what decimal raises: no number, or one beyond its range
        raise ValueError(f"tIoU thresholds '{text}' should be like 0.3:0.7:0.1 or 0.3,0.5, over 0 up to 1") from error
    if count >= MOST_THRESHOLDS:
        raise ValueError(f"tIoU thresholds '{text}' are too many; there should be {MOST_THRESHOLDS} at most")
    return check_tiou([float(first + step * index) for index in range(int(count) + 1)])


def check_tiou(tiou: Sequence[float]) -> tuple[float, ...]:
    """The same thresholds as a tuple, if there is at least one, none twice, all over 0 up to 1, and not too many."""
    if len(tiou) > MOST_THRESHOLDS:
        raise ValueError(f"{len(tiou)} tIoU thresholds are too many; there should be {MOST_THRESHOLDS} at most")
    if not tiou or len(set(tiou)) < len(tiou) or not all(0 < threshold <= 1 for threshold in tiou):
        raise ValueError(f"tIoU thresholds {list(tiou)} should be distinct numbers over 0 up to 1")
    return tuple(map(float, tiou))


def evaluate(
    ground_truth: GroundTruth,
    detections: Detections,
    tiou: Sequence[float] = (0.3, 0.4, 0.5, 0.6, 0.7),
    definition: str = "activitynet",
    *,
    unknown_labels: str = "refuse",
) -> Metrics:
    """AP of every class at every threshold.

    Detections in videos of the ground truth's other subsets, in those that its profile leaves out, and of classes that
    have no instance in this subset, are left out and counted. A label that occurs nowhere in the ground truth is an
    error, unless ``unknown_labels`` is "ignore" and not "refuse": then it is left out and counted too. A video that the
    ground truth does not have is an error.
    """
    if definition not in DEFINITIONS or unknown_labels not in ("refuse", "ignore"):
        raise ValueError(f"no definition '{definition}' with unknown labels '{unknown_labels}'")
    thresholds = np.array(check_tiou(tiou))
    if not len(ground_truth.label):
        raise ValueError(f"{ground_truth.source}: subset '{ground_truth.subset}' has no instance to detect")
    video, label = aligned(ground_truth, detections, unknown_labels)
    instances = np.bincount(ground_truth.label, minlength=len(ground_truth.classes))
    inside, known = video >= 0, label >= 0
    left_out = np.array([name in ground_truth.left_out_videos for name in detections.videos], dtype=bool)
    in_left_out = int(left_out[detections.video].sum())
    present = known & (instances[label] > 0)
    order = np.flatnonzero(inside & present)
    order = order[np.argsort(-detections.score[order], kind="stable")]
    video, label, start_end = video[order], label[order], detections.start_end[order]

    true = true_positives(ground_truth, video, label, start_end, thresholds, definition)
    false = ~true
    if definition == "thumos14":
        false &= ~_ambiguous(ground_truth, video, start_end)[:, None]
    classes = np.flatnonzero(instances)
    ap = np.zeros((len(classes), len(thresholds)))
    for row, index in enumerate(classes):
        own = label == index
        ap[row] = average_precision(true[own], false[own], instances[index], interpolated=definition == "activitynet")
    return Metrics(
        definition=definition,
        subset=ground_truth.subset,
        tiou=tuple(thresholds.tolist()),
        classes=tuple(ground_truth.classes[index] for index in classes),
        ap=ap,
        counts={
            "videos": len(ground_truth.videos),
            "instances": len(ground_truth.label),
            "classes": len(classes),
            "ambiguous": len(ground_truth.ambiguous_video),
            "zero_length_instances": ground_truth.zero_length,
            "instances_past_end": ground_truth.past_end,
            "detections": len(order),
            "videos_with_detections": len(np.unique(video)),
            "ignored_in_other_subsets": int((~inside).sum()) - in_left_out,
            "ignored_of_unknown_classes": int((inside & ~known).sum()),
            "ignored_of_absent_classes": int((inside & known & ~present).sum()),
        }
        | ({"ignored_in_left_out_videos": in_left_out} if ground_truth.left_out_videos else {})
        | ({"groups": len(set(ground_truth.group_names))} if ground_truth.grouped else {}),
        profile=ground_truth.profile,
    )


def average_precision(true: np.ndarray, false: np.ndarray, instances: int, *, interpolated: bool) -> np.ndarray:
    """AP at T thresholds, [T], of one class with that many instances.

    ``true`` and ``false`` are [N, T] booleans of its detections by descending score; a detection may be neither.
    """
    hits = true.cumsum(0)
    precision = hits / np.maximum(hits + false.cumsum(0), 1)
    if interpolated:  # at each recall the best precision at that recall or a higher one
        precision = np.maximum.accumulate(precision[::-1])[::-1]
    return (precision * true).sum(0) / instances  # each true positive moves recall by 1 / instances


def aligned(ground_truth: GroundTruth, detections: Detections, unknown_labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Video and label of each detection as indices into the ground truth's names, [N] each; -1 where it has none."""
    videos = {name: index for index, name in enumerate(ground_truth.videos)}
    elsewhere = ground_truth.other_videos | ground_truth.left_out_videos
    for name in detections.videos:
        if name not in videos and name not in elsewhere:
            raise ValueError(f"{detections.source}: video '{name}' is not in {ground_truth.source}")
    classes = {name: index for index, name in enumerate(ground_truth.classes)}
    video = np.array([videos.get(name, -1) for name in detections.videos], dtype=int)[detections.video]
    label = np.array([classes.get(name, -1) for name in detections.classes], dtype=int)[detections.label]
    unknown = np.flatnonzero((label < 0) & (video >= 0))
    if unknown.size and unknown_labels == "refuse":
        first = unknown[0]
        raise ValueError(
            f"{detections.source}: video '{detections.videos[detections.video[first]]}': label "
            f"'{detections.classes[detections.label[first]]}' is not a class of {ground_truth.source}, which has "
            f"{', '.join(ground_truth.classes)}; {unknown.size} detections have labels that it does not have"
        )
    return video, label


def groups(keys: np.ndarray) -> dict[int, np.ndarray]:
    """Positions of each value of ``keys``, in their order."""
    order = np.argsort(keys, kind="stable")
    values, starts = np.unique(keys[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, starts[1:]), strict=True)) if len(keys) else {}


def true_positives(
    ground_truth: GroundTruth,
    video: np.ndarray,
    label: np.ndarray,
    start_end: np.ndarray,
    thresholds: np.ndarray,
    definition: str,
) -> np.ndarray:
    """Which of N detections, sorted by score, are true positives at each of T thresholds: [N, T] booleans."""
    match = _match_by_score if definition == "activitynet" else _match_by_overlap
    true = np.zeros((len(video), len(thresholds)), dtype=bool)
    instances = groups(ground_truth.video * len(ground_truth.classes) + ground_truth.label)
    for key, rows in groups(video * len(ground_truth.classes) + label).items():
        if key in instances:
            overlaps = pairwise_iou(start_end[rows], ground_truth.start_end[instances[key]])
            true[rows] = match(overlaps, thresholds)
    return true


def _match_by_score(overlaps: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Detections choose: [n, g] tIoU, rows by descending score, to [n, T] booleans (definition ``activitynet``)."""
    true = np.zeros((len(overlaps), len(thresholds)), dtype=bool)
    candidates = np.flatnonzero(overlaps.max(1) >= thresholds.min())  # most reach no instance of their class
    overlaps = np.ascontiguousarray(overlaps[candidates].T)  # [g, candidates]: rows are searched from left to right
    for column, threshold in enumerate(thresholds):
        hits = overlaps >= threshold
        following = _first_true(hits, 0)  # of each instance that is free: the next detection that reaches it
        while (detection := following.min()) < len(candidates):
            wanted = np.flatnonzero(following == detection)
            taken = wanted[overlaps[wanted, detection].argmax()]
            true[candidates[detection], column] = True
            following[wanted] = _first_true(hits[wanted], detection + 1)
            following[taken] = len(candidates)
    return true


def _first_true(hits: np.ndarray, start: int) -> np.ndarray:
    """Column of the first true value of each row of ``hits`` [g, n] from column ``start`` on, [g]; n if there is
    none."""
    rows, columns = hits.shape
    if start == columns:
        return np.full(rows, columns)
    first = hits[:, start:].argmax(1) + start
    return np.where(hits[np.arange(rows), first], first, columns)


def _match_by_overlap(overlaps: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Instances choose: [n, g] tIoU, rows by descending score, to [n, T] booleans (definition ``thumos14``)."""
    true = np.zeros((len(overlaps), len(thresholds)), dtype=bool)
    for column, threshold in enumerate(thresholds):
        for instance in overlaps.T:
            best = np.argmax(np.where(true[:, column], -1.0, instance))
            if instance[best] > threshold:
                true[best, column] = True
    return true


def _ambiguous(ground_truth: GroundTruth, video: np.ndarray, start_end: np.ndarray) -> np.ndarray:
    """Whether each detection overlaps an ambiguous segment of its video at all: [N] booleans."""
    touches = np.zeros(len(video), dtype=bool)
    segments = groups(ground_truth.ambiguous_video)
    for key, rows in groups(video).items():
        if key in segments:
            touches[rows] = (pairwise_iou(start_end[rows], ground_truth.ambiguous_start_end[segments[key]]) > 0).any(1)
    return touches
