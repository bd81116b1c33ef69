"""Suppression of duplicate detections in one video: Soft-NMS (Bodla et al., ICCV 2017), exact, in double precision.

Again and again the detection with the highest score is taken, and the scores of those that remain fall with their
tIoU with it: by exp(-tIoU^2 / sigma) (``gaussian``), by 1 - tIoU where tIoU > iou_threshold (``linear``), or
altogether where tIoU > iou_threshold (``hard``: plain NMS). ``none`` only sorts and cuts. It ends when ``keep`` are
taken or the highest score is below ``floor``.

Of equal scores the one with the higher score before any decay goes first, then the earlier start, end and label: the
result does not depend on the order of the input.

What does not overlap does not wait for each other: ``cells.py`` takes many at once, with the same result to the bit.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from react_tad.detection.cells import Candidates, Cells, Decay, ordered
from react_tad.detection.detections import Detections, RawDetections

METHODS = ("gaussian", "linear", "hard", "none")
PORTION = 1 << 17
"""Detections that are suppressed together: whole videos, at least one."""
REBUILD = 8
"""Cells are made anew of what is left after so many pairs for each of their detections."""


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
    start_end, scores = np.asarray(start_end, dtype=np.float64).reshape(-1, 2), np.asarray(scores, dtype=np.float64)
    if not (scores >= 0).all():
        raise ValueError(f"score {np.min(scores)} should be >= 0 to decay")
    start, end = np.ascontiguousarray(start_end.T)
    wrong = np.flatnonzero(~(np.isfinite(start) & np.isfinite(end) & (end >= start)))
    if wrong.size:
        raise ValueError(f"segment {start_end[wrong[0]].tolist()} should be finite, with end >= start")
    _, label = np.unique(np.asarray(labels), return_inverse=True)
    options = {"sigma": sigma, "iou_threshold": iou_threshold, "class_wise": class_wise, "keep": keep, "floor": floor}
    return _suppress(np.zeros(len(start), dtype=int), start, end, label, scores, method=method, **options)


def suppress(raw: RawDetections, **options: Any) -> Detections:
    """Soft-NMS of every video; detections of the result are ordered by video and descending new score.

    ``options`` are those of :func:`soft_nms`. Besides ``raw`` and the result, memory is needed for ``PORTION``
    detections or the video with the most; if the detections of ``raw`` are not by video, for their order too.
    """
    from tqdm import tqdm

    negative = np.flatnonzero(raw.score < 0)
    if negative.size:
        name, score = raw.videos[raw.video[negative[0]]], raw.score[negative[0]]
        raise ValueError(f"{raw.source}: video '{name}': score {score} should be >= 0 to decay")
    order = None if (raw.video[1:] >= raw.video[:-1]).all() else np.argsort(raw.video, kind="stable")
    begin = np.cumsum(np.append(0, np.bincount(raw.video, minlength=len(raw.videos))))
    index, scores = [np.empty(0, dtype=int)], [np.empty(0)]
    with tqdm(total=len(raw.videos), desc="Soft-NMS", unit="video", delay=2) as progress:
        for first, last in _portions(begin):
            part = slice(begin[first], begin[last]) if order is None else order[begin[first] : begin[last]]
            columns = (raw.video[part] - first, raw.start[part], raw.end[part], raw.label[part], raw.score[part])
            chosen, decayed = _suppress(*columns, **options)
            index.append(begin[first] + chosen if order is None else part[chosen])
            scores.append(decayed)
            progress.update(last - first)
    kept = np.concatenate(index)
    return Detections(
        videos=raw.videos,
        classes=raw.classes,
        video=raw.video[kept],
        start=raw.start[kept],
        end=raw.end[kept],
        label=raw.label[kept],
        score=np.concatenate(scores),
        source=raw.source,
    )


def _portions(begin: np.ndarray) -> Iterator[tuple[int, int]]:
    """Videos from the first to before the last that have at most ``PORTION`` detections together, or are one."""
    first = 0
    while first < len(begin) - 1:
        last = max(first + 1, int(np.searchsorted(begin, begin[first] + PORTION, side="right")) - 1)
        yield first, last
        first = last


def _suppress(
    video: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    label: np.ndarray,
    score: np.ndarray,
    *,
    method: str,
    sigma: float,
    iou_threshold: float,
    class_wise: bool,
    keep: int,
    floor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`soft_nms` of several videos, numbers from 0: what is kept by video and descending new score."""
    if method not in METHODS:
        raise ValueError(f"Soft-NMS method '{method}' should be one of {', '.join(METHODS)}")
    if not (sigma > 0 and iou_threshold >= 0 and keep >= 0 and floor >= 0):
        shown = f"sigma {sigma}, iou_threshold {iou_threshold}, keep {keep}, floor {floor}"
        raise ValueError(f"Soft-NMS of {shown}: should be >= 0, and sigma > 0")
    enough = score >= floor
    alone = np.flatnonzero(enough & (end == start)) if method != "none" else np.flatnonzero(enough)
    others = np.flatnonzero(enough & (end > start)) if method != "none" else alone[:0]
    group = video.astype(np.int64)
    if class_wise:
        group = group * (int(label.max(initial=0)) + 1) + label
    others = others[ordered(group[others], start[others], end[others], label[others])]
    candidates = Candidates(
        start=start[others],
        end=end[others],
        score=score[others],
        first_score=score[others],
        group=group[others],
        video=video[others],
        index=others,
    )
    decay = Decay(method=method, sigma=sigma, iou_threshold=iou_threshold)
    taken, new = _take(candidates, decay, np.full(int(video.max(initial=0)) + 1, float(floor)), keep)
    taken, new = np.append(alone, taken), np.append(score[alone], new)  # alone: nothing changes them, nor they others
    best = ordered(video[taken], -new, -score[taken], start[taken], end[taken], label[taken], taken)
    taken, new = taken[best], new[best]
    counts = np.bincount(video[taken])
    rank = np.arange(len(taken)) - np.repeat(np.cumsum(counts) - counts, counts)
    return taken[rank < keep], new[rank < keep]


def _take(candidates: Candidates, decay: Decay, bar: np.ndarray, keep: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices and new scores of all that can be among the best ``keep`` of their video, in the order of taking.

    ``bar`` [number of videos] is the lowest score that can be; it rises to that of the ``keep``-th best that is taken:
    what is below it decays only what is below it too.
    """
    taken, scores, videos = [], [], []
    total, next_look = 0, keep
    while len(candidates):
        cells, work = Cells(candidates), 0
        while work < REBUILD * len(candidates):
            cell, slot = cells.winners(bar)
            if not len(cell):
                return _joined(taken, int), _joined(scores, float)
            taken.append(candidates.index[cells.position[slot]])
            scores.append(cells.score.reshape(-1)[slot])
            videos.append(cells.video[cell])
            work += cells.take(cell, slot, bar, decay)
            total += len(cell)
            if total >= next_look:
                _raise(bar, np.concatenate(videos), np.concatenate(scores), keep)
                next_look = total + total // 4 + 1
        score = cells.scores()
        candidates = replace(candidates, score=score).those(np.flatnonzero(score >= bar[candidates.video]))
    return _joined(taken, int), _joined(scores, float)


def _raise(bar: np.ndarray, video: np.ndarray, scores: np.ndarray, keep: int) -> None:
    """Raise the ``bar`` of every video that has ``keep`` scores to the lowest of its best ``keep``."""
    order = ordered(video, -scores)
    counts = np.bincount(video, minlength=len(bar))
    full = np.flatnonzero(counts >= max(keep, 1))
    last = (np.cumsum(counts) - counts)[full] + keep - 1
    bar[full] = np.maximum(bar[full], scores[order[last]])


def _joined(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype=kind), *parts])
