"""Detections with the classes of a video-level classifier, as is usual on ActivityNet-1.3.

Of a video's detections every segment counts once, with the best score that it has in any class; its own label is
dropped. It becomes a detection of each of the video's best ``top_k`` classes, with the score

    segment score ^ segment_power * class score ^ class_power.

Powers 1 and 1 are the product (BMN, G-TAD, TadTR, OpenTAD), 1/2 and 1/2 its square root (ActionFormer). Of classes with
equal scores the first in the order of the file goes first.

This comes after Soft-NMS, as in those programs: two classes of one segment must not suppress each other. With powers 1
and 1 and distinct segments it is the same as fusion first and class-wise Soft-NMS after it, since Soft-NMS scales with
the scores, except for what ``keep`` and ``floor`` cut off.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from react_tad.data.video_scores import VideoScores
from react_tad.detection.detections import Detections

if TYPE_CHECKING:
    from react_tad.params.fusion import Fusion


def fuse(detections: Detections, scores: VideoScores, settings: "Fusion") -> tuple[Detections, tuple[str, ...]]:
    """Fused detections by video and descending score, and the videos that have no class scores.

    The detections of those stay as they are if ``settings.missing`` is "keep"; otherwise a ValueError names the first.
    Only videos with detections need scores. Raises ValueError if a detection's score is negative.
    """
    _check_scores(detections)
    names = sorted({*scores.classes, *detections.classes})
    number = {name: index for index, name in enumerate(names)}
    of_scores = np.array([number[name] for name in scores.classes])
    of_detections = np.array([number[name] for name in detections.classes], dtype=int)
    parts, unfused = [], []
    for rows in _by_video(detections):
        name = detections.videos[detections.video[rows[0]]]
        if name in scores.scores:
            rows, best, fused = _fuse_video(detections, rows, scores.scores[name], settings)
            parts.append((rows, of_scores[best], fused))
        elif settings.missing == "refuse":
            raise ValueError(f"{scores.source} has no class scores of video '{name}' of {detections.source}")
        else:
            unfused.append(name)
            parts.append((rows, of_detections[detections.label[rows]], detections.score[rows]))
    if not parts:
        return detections, ()
    rows, label, score = (np.concatenate(column) for column in zip(*parts, strict=True))
    fused = replace(
        detections,
        classes=tuple(names),
        video=detections.video[rows],
        start=detections.start[rows],
        end=detections.end[rows],
        label=label,
        score=score,
    )
    return fused, tuple(unfused)


def _fuse_video(
    detections: Detections, rows: np.ndarray, class_scores: np.ndarray, settings: "Fusion"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of the segment, class and score of each fused detection of one video, by descending score."""
    rows = rows[np.argsort(-detections.score[rows], kind="stable")]
    _, first = np.unique(detections.start_end[rows], axis=0, return_index=True)
    rows = rows[np.sort(first)]  # each segment once, with its best score
    best = np.argsort(-class_scores, kind="stable")[: settings.top_k]
    product = np.multiply.outer(
        detections.score[rows] ** settings.segment_power, class_scores[best] ** settings.class_power
    )  # [segments, classes]
    order = np.argsort(-product, axis=None, kind="stable")
    segment, label = np.unravel_index(order, product.shape)
    return rows[segment], best[label], product[segment, label]


def _by_video(detections: Detections) -> list[np.ndarray]:
    """Rows of each video that has detections, in their order."""
    order = np.argsort(detections.video, kind="stable")
    starts = np.flatnonzero(np.diff(detections.video[order])) + 1
    return np.split(order, starts) if len(order) else []


def _check_scores(detections: Detections) -> None:
    wrong = np.flatnonzero(detections.score < 0)
    if wrong.size:
        raise ValueError(
            f"{detections.source}: video '{detections.videos[detections.video[wrong[0]]]}': score "
            f"{detections.score[wrong[0]]} should be >= 0 to be multiplied with a class score"
        )
