"""What a detector says of new recordings: as a table, as ActivityNet results, as files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from react_tad.detection.detections import COLUMNS, Detections, as_rows, write_detections
from react_tad.tables import write_table

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Predictions:
    """Detections of recordings, by recording and descending score."""

    detections: Detections
    durations: Mapping[str, float]
    """Length of each recording in seconds."""
    windows: int
    """How many the network looked at."""
    seconds: Mapping[str, float]
    """Wall time by stage."""
    notes: tuple[str, ...] = ()
    """What a reader should know of them."""
    failed: tuple[str, ...] = ()
    """Films that could not be used, a line each; the detections are of the others."""

    def __len__(self) -> int:
        """Give the number of detections."""
        return len(self.detections)

    def rows(self) -> list[tuple[str, float, float, str, float]]:
        """(video, start, end, label, score) of every detection; times in seconds."""
        found = self.detections
        columns = (column.tolist() for column in (found.video, found.start, found.end, found.label, found.score))
        return [
            (found.videos[video], start, end, found.classes[label], score)
            for video, start, end, label, score in zip(*columns, strict=True)
        ]

    def table(self) -> "pandas.DataFrame":
        """The same as a pandas table."""
        import pandas

        return pandas.DataFrame(self.rows(), columns=list(COLUMNS))

    def json(self) -> dict[str, Any]:
        """ActivityNet results, what :meth:`write` writes; recordings without detections have an empty list."""
        results: dict[str, list[dict[str, Any]]] = {video: [] for video in self.detections.videos}
        for video, start, end, label, score in self.rows():
            results[video].append({"label": label, "segment": [start, end], "score": score})
        return {"version": "VERSION 1.3", "results": results, "external_data": {}}

    def write(self, path: str | Path) -> None:
        """Write ActivityNet results (JSON), as ``react-tad suppress`` does."""
        write_detections(path, self.detections)

    def write_csv(self, path: str | Path) -> None:
        """Write a line a detection: video, start, end, label, score, unrounded.

        A recording without detections has a line with its name alone.
        """
        write_table(path, COLUMNS, as_rows(self.detections))


FUSED = (
    "What was measured of this model has the classes of a video-level classifier (fusion); new recordings have no such "
    "scores, and their detections are the network's own."
)
"""A note on models that were measured with fusion."""
WORTH_A_WORD = 0.01
"""Score of the last detection that is kept, above which those that are not may matter."""


def full(detections: Detections, keep: int) -> str:
    """A note on recordings with as many detections as are kept of one, ``keep``, the last of a score worth a word."""
    counts = np.bincount(detections.video, minlength=len(detections.videos))
    lowest = np.full(len(detections.videos), np.inf)
    np.minimum.at(lowest, detections.video, detections.score)
    cut = [name for name, count, low in zip(detections.videos, counts, lowest, strict=True)
           if count == keep and low > WORTH_A_WORD]  # fmt: skip
    if not cut:
        return ""
    last = lowest[detections.videos.index(cut[0])]
    return (
        f"{len(cut)} recording{'s' * (len(cut) > 1)} ('{cut[0]}'{', ...' * (len(cut) > 1)}) with {keep} detections, as "
        f"many as the model keeps of one (soft_nms.keep), the last with a score of {last:.3f}; --top N keeps the best N"
    )


def check_outputs(*outputs: Path | None) -> None:
    """Refuse to write into a folder that is a file, or one file twice, before anything is computed."""
    given = [path for path in outputs if path]
    for number, path in enumerate(given):
        if path.is_dir():
            raise ValueError(f"{path} is a folder; it should be the file to write")
        if path in given[:number]:
            raise ValueError(f"{path} is given twice; each output needs a file of its own")


def check_limits(*, min_score: float, top: int | None) -> None:
    """Refuse limits that leave out everything by a slip."""
    if not 0 <= min_score <= 1:
        raise ValueError(f"min_score = {min_score} should be from 0 to 1")
    if top is not None and top < 1:
        raise ValueError(f"top = {top} should be 1 at least")


def best(detections: Detections, *, min_score: float) -> Detections:
    """The detections of ``min_score`` at least."""
    kept = detections.score >= min_score
    columns = {name: getattr(detections, name)[kept] for name in ("video", "start", "end", "label", "score")}
    return replace(detections, **columns)
