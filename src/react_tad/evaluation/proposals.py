"""Average recall of proposals: detections without regard to their labels, as ActivityNet's proposal task measures them.

How many proposals of a video are looked at, its best-scored ones, depends on how many it has: at an *average number*
AN = 1, 2, ..., 100, the same share of the proposals of every video is kept, and the share is such that AN are kept on
average over the videos. Recall is the share of all instances that a kept proposal of their video reaches with tIoU >=
threshold; one proposal may reach several instances. Average recall, AR, is its mean over the thresholds, AR@AN a curve,
and AUC the area under that from AN = 1 to 100 by trapezoids, divided by 100 (so that it is at most 0.99). Where there
are fewer proposals than AN a video, all are kept.

Videos are those of the subset that have an instance; those without proposals count among them.

This is ``average_recall_vs_avg_nr_proposals`` of ActivityNet's ``eval_proposal.py``, whose arithmetic in double
precision is kept (29 % of 100 proposals are 28), with these differences. Only proposals in the videos that are
evaluated decide the share; there, those in others too. Equal scores keep the order of the file; there, it is left to
the sorting. No proposals at all give a recall of 0; there, a division by 0. Segments without length have tIoU 0 with
everything. Thresholds are the doubles nearest to their decimals, as everywhere here; there, those of ``linspace``, of
which 0.9 is a little less, so that an instance that is reached with exactly that can differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from react_tad.detection.detections import Detections
from react_tad.evaluation.average_precision import aligned, check_tiou
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.segments import pairwise_iou

NUMBERS = np.arange(1, 101)
"""The average numbers of proposals a video that recall is measured at, AN."""
SHOWN = (1, 5, 10, 100)
"""Those that papers print AR of."""
TIOU = "0.5:0.95:0.05"
"""ActivityNet's thresholds."""
COLUMNS = ("proposals", "average_recall")


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposals:
    """Recall at T tIoU thresholds, as fractions."""

    subset: str
    tiou: tuple[float, ...]
    recall: np.ndarray
    """[T, 100], at each of ``NUMBERS``."""
    counts: dict[str, int]
    """What was evaluated and what was left out."""
    profile: str = ""
    """The ground-truth profile that it was measured under; empty for all that is annotated."""

    @property
    def average_recall(self) -> np.ndarray:
        """[100], AR at each of ``NUMBERS``."""
        return self.recall.mean(0)

    @property
    def auc(self) -> float:
        """Area under AR@AN."""
        return float(np.trapezoid(self.average_recall, NUMBERS) / NUMBERS[-1])

    def as_dict(self) -> dict[str, Any]:
        """What a file holds; nothing is rounded."""
        named = {"profile": self.profile} if self.profile else {}
        return named | {
            "measure": "proposals",
            "subset": self.subset,
            "counts": self.counts,
            "tiou": list(self.tiou),
            "average_recall": {str(number): float(self.average_recall[number - 1]) for number in SHOWN},
            "auc": self.auc,
            "curve": self.average_recall.tolist(),
        }

    def as_rows(self) -> tuple[list[str], list[list[float]]]:
        """Columns and rows of the curve as a table: AN, AR, and recall at each threshold."""
        columns = [*COLUMNS, *(f"recall_{threshold}" for threshold in self.tiou)]
        table = np.column_stack((self.average_recall, self.recall.T)).tolist()
        return columns, [[int(number), *row] for number, row in zip(NUMBERS, table, strict=True)]


def evaluate_proposals(ground_truth: GroundTruth, detections: Detections, tiou: Sequence[float]) -> Proposals:
    """Recall of ``detections`` as proposals.

    Those in videos of other subsets, in those that a profile leaves out and in those without instances are left out and
    counted. A video that the ground truth does not have is an error.
    """
    thresholds = np.array(check_tiou(tiou))
    if not len(ground_truth.label):
        raise ValueError(f"{ground_truth.source}: subset '{ground_truth.subset}' has no instance to detect")
    of_video, _ = aligned(ground_truth, detections, "ignore")
    videos = np.unique(ground_truth.video)
    found = np.bincount(of_video[of_video >= 0], minlength=len(ground_truth.videos))
    sizes = _kept_first(found[videos])
    recall = np.zeros((len(thresholds), len(NUMBERS)))
    share = NUMBERS / 100.0 * (NUMBERS[-1] * float(len(videos)) / max(sizes.sum(), 1))
    order = np.argsort(-detections.score, kind="stable")
    order = order[np.argsort(of_video[order], kind="stable")]  # video after video, the best first
    begin = np.searchsorted(of_video[order], videos)
    for video, first, size in zip(videos, begin, sizes, strict=True):
        kept = np.minimum((size * share).astype(int), size)  # [100], at each number
        instances = ground_truth.start_end[ground_truth.video == video]
        overlaps = pairwise_iou(instances, detections.start_end[order[first : first + size]])  # [instances, size]
        for row, threshold in zip(recall, thresholds, strict=True):
            row += _reached(overlaps >= threshold, kept)
    return Proposals(
        subset=ground_truth.subset,
        tiou=tuple(thresholds.tolist()),
        recall=recall / len(ground_truth.label),
        counts={
            "videos": len(videos),
            "instances": len(ground_truth.label),
            "proposals": int(found[videos].sum()),
            "videos_with_proposals": int((found[videos] > 0).sum()),
            "ignored_in_other_videos": len(detections) - int(found[videos].sum()),
        },
        profile=ground_truth.profile,
    )


def _kept_first(found: np.ndarray) -> np.ndarray:
    """How many of the ``found`` proposals of each of the V videos are looked at for AN = 100, [V] each."""
    share = NUMBERS[-1] * float(len(found)) / max(found.sum(), 1)
    return np.minimum((found * share).astype(int), found)


def _reached(hits: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """How many instances the first ``kept`` [K] proposals reach, [K]; ``hits`` is [instances, proposals]."""
    first = np.where(hits.any(1), hits.argmax(1), hits.shape[1]) if hits.size else np.full(len(hits), hits.shape[1])
    return np.searchsorted(np.sort(first), kept)  # instances whose first hit stands before the cut
