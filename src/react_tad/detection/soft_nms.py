"""Suppression of duplicate detections in one video: Soft-NMS (Bodla et al., ICCV 2017), exact, in double precision.

Again and again the detection with the highest score is taken, and the scores of those that remain fall with their
tIoU with it: by exp(-tIoU^2 / sigma) (``gaussian``), by 1 - tIoU where tIoU > iou_threshold (``linear``), or
altogether where tIoU > iou_threshold (``hard``: plain NMS). ``none`` only sorts and cuts. It ends when ``keep`` are
taken or the highest score is below ``floor``.

Of equal scores the one with the higher score before any decay goes first, then the earlier start, end and label: the
result does not depend on the order of the input.
"""

from typing import Any

import numpy as np

from react_tad.detection.detections import Detections, RawDetections
from react_tad.segments import iou

METHODS = ("gaussian", "linear", "hard", "none")


def soft_nms(
    start_end: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    *,
    method: str,
    sigma: float,
    iou_threshold: float,
    class_wise: bool,
    keep: int,
    floor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of what is kept and its new scores, both [K], by descending new score.

    ``start_end`` [N, 2] in any unit, ``scores`` [N] >= 0, ``labels`` [N]: only detections with the same label decay
    each other if ``class_wise``, otherwise all do. The other arguments are those of the section ``soft_nms`` of the
    parameters.
    """
    if method not in METHODS:
        raise ValueError(f"Soft-NMS method '{method}' should be one of {', '.join(METHODS)}")
    if not (np.asarray(scores) >= 0).all():
        raise ValueError(f"score {np.min(scores)} should be >= 0 to decay")
    start_end, scores = np.asarray(start_end, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    order = np.lexsort((labels, start_end[:, 1], start_end[:, 0], -scores))
    start_end, scores, labels = start_end[order], scores[order].copy(), np.asarray(labels)[order]
    groups = (
        [np.flatnonzero(labels == label) for label in np.unique(labels)] if class_wise else [np.arange(len(labels))]
    )
    kept, new_scores = [np.empty(0, dtype=int)], [np.empty(0)]
    for group in groups:
        chosen, decayed = _one_group(start_end[group], scores[group], method, sigma, iou_threshold, keep, floor)
        kept.append(group[chosen])
        new_scores.append(decayed)
    # Groups do not touch each other, so the best `keep` of all are what one sweep over all would have taken.
    chosen, decayed = np.concatenate(kept), np.concatenate(new_scores)
    best = np.lexsort((chosen, -decayed))[:keep]
    return order[chosen[best]], decayed[best]


def _one_group(
    start_end: np.ndarray,
    scores: np.ndarray,
    method: str,
    sigma: float,
    iou_threshold: float,
    keep: int,
    floor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`soft_nms` of detections that all decay each other, in their canonical order; overwrites ``scores``."""
    if method == "none":
        chosen = np.flatnonzero(scores >= floor)[:keep]
        return chosen, scores[chosen]
    gone = -1.0  # below every floor
    chosen, decayed = np.empty(min(keep, len(scores)), dtype=int), np.empty(min(keep, len(scores)))
    for count in range(len(chosen)):
        best = int(scores.argmax())
        if scores[best] < floor:
            return chosen[:count], decayed[:count]
        chosen[count], decayed[count] = best, scores[best]
        overlaps = iou(start_end[best], start_end)
        if method == "gaussian":
            scores *= np.exp(overlaps**2 / -sigma)
        elif method == "linear":
            scores[overlaps > iou_threshold] *= 1 - overlaps[overlaps > iou_threshold]
        else:
            scores[overlaps > iou_threshold] = gone
        scores[chosen[: count + 1]] = gone
    return chosen, decayed


def suppress(raw: RawDetections, **options: Any) -> Detections:
    """Soft-NMS of every video; detections of the result are ordered by video and descending new score.

    ``options`` are those of :func:`soft_nms`.
    """
    from tqdm import tqdm

    order = np.argsort(raw.video, kind="stable")
    groups = np.split(order, np.searchsorted(raw.video[order], np.arange(1, len(raw.videos))))
    kept, scores = [np.empty(0, dtype=int)], [np.empty(0)]
    for group in tqdm(groups, desc="Soft-NMS", unit="video", delay=2):
        chosen, decayed = soft_nms(raw.start_end[group], raw.score[group], raw.label[group], **options)
        kept.append(group[chosen])
        scores.append(decayed)
    index = np.concatenate(kept)
    return Detections(
        videos=raw.videos,
        classes=raw.classes,
        video=raw.video[index],
        start=raw.start[index],
        end=raw.end[index],
        label=raw.label[index],
        score=np.concatenate(scores),
        source=raw.source,
    )
