"""Scored segments of many videos: in memory, as the raw output of a model (``.npz``) and as ActivityNet results (JSON).

Times are seconds in double precision and nothing is rounded. Files are checked when they are read, so that what
computes with detections need not look again: an error names the file, the video and the value.
"""

import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.files import read_json, whole

ARRAYS = {"video": np.int32, "start": np.float64, "end": np.float64, "label": np.int32, "score": np.float64}
"""The arrays of a raw file that have one entry a detection, and their types."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Detections:
    """N scored segments. Their order is that of the file, and decides between equal scores."""

    videos: tuple[str, ...]
    """Names that ``video`` points into, videos without detections included."""
    classes: tuple[str, ...]
    """Names that ``label`` points into."""
    video: np.ndarray
    """[N] int32."""
    start: np.ndarray
    """[N] float64, seconds."""
    end: np.ndarray
    """[N] float64, seconds."""
    label: np.ndarray
    """[N] int32."""
    score: np.ndarray
    """[N] float64."""
    source: str = "detections"
    """Where they come from, for messages."""

    def __post_init__(self) -> None:
        """Give every array its type, and refuse arrays that cannot be detections."""
        for name, kind in ARRAYS.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=kind))
        sizes = {name: getattr(self, name).shape for name in ARRAYS}
        if len(set(sizes.values())) > 1 or self.score.ndim != 1:
            raise ValueError(f"{self.source}: arrays of shapes {sizes} should all have the same one dimension")
        for name, names in (("video", self.videos), ("label", self.classes)):
            index = getattr(self, name)
            wrong = np.flatnonzero((index < 0) | (index >= len(names)))
            if wrong.size:
                raise ValueError(f"{self.source}: {name} = {index[wrong[0]]} should be from 0 to {len(names) - 1}")
        good = np.isfinite(self.start) & np.isfinite(self.end) & np.isfinite(self.score) & (self.end >= self.start)
        if not good.all():
            at = int(np.argmin(good))
            raise ValueError(
                f"{self.source}: video '{self.videos[self.video[at]]}': segment [{self.start[at]}, {self.end[at]}], "
                f"score {self.score[at]}: should be finite, with end >= start"
            )

    def __len__(self) -> int:
        return len(self.score)

    @property
    def start_end(self) -> np.ndarray:
        """[N, 2] float64, (start, end) in seconds."""
        return np.stack((self.start, self.end), -1)


@dataclass(frozen=True, kw_only=True, eq=False)
class RawDetections(Detections):
    """What a model says before any suppression, with the length of every video."""

    durations: np.ndarray
    """[number of videos] float64, seconds."""

    def __post_init__(self) -> None:
        """Check the durations too."""
        super().__post_init__()
        object.__setattr__(self, "durations", np.asarray(self.durations, dtype=np.float64))
        if self.durations.shape != (len(self.videos),):
            raise ValueError(
                f"{self.source}: durations of shape {self.durations.shape} should be one number for each of "
                f"{len(self.videos)} videos"
            )

    def write(self, path: str | Path) -> None:
        """Write ``.npz``: the arrays by name, and ``videos``, ``classes`` (unicode), ``durations`` (float64)."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        names = {"videos": np.array(self.videos, dtype=np.str_), "classes": np.array(self.classes, dtype=np.str_)}
        with whole(path) as temporary:
            np.savez_compressed(temporary, **arrays, **names, durations=self.durations)

    @classmethod
    def read(cls, path: str | Path) -> "RawDetections":
        """Read what :meth:`write` wrote; nothing in the file can run code."""
        try:
            with np.load(path, allow_pickle=False) as archive:
                loaded = {name: archive[name] for name in (*ARRAYS, "videos", "classes", "durations")}
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is not a file of raw detections: {error}") from error
        names = {name: tuple(loaded.pop(name).tolist()) for name in ("videos", "classes")}
        return cls(**loaded, **names, source=str(path))


def parse_entry(entry: Any) -> tuple[str, float, float]:
    """(label, start, end) of a detection or an annotation, times in seconds and given as numbers or as strings.

    Raises ValueError that shows the value where the label is no string, or the segment is not two finite times in
    order.
    """
    try:
        label, (start, end) = entry["label"], map(float, entry["segment"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f'{entry!r} should be like {{"label": name, "segment": [start, end]}} in seconds') from error
    if not isinstance(label, str):
        raise ValueError(f"label {label!r} of {entry!r} should be a name")
    if not (math.isfinite(start) and math.isfinite(end) and start <= end):
        raise ValueError(f"segment {entry['segment']!r} of '{label}' should be finite, with end >= start")
    return label, start, end


def parse_detection(entry: Any) -> tuple[str, float, float, float]:
    """(label, start, end, score) of a detection; raises ValueError as :func:`parse_entry` does."""
    parsed = parse_entry(entry)
    try:
        score = float(entry["score"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f'{entry!r} should have a number as its "score"') from error
    if not math.isfinite(score):
        raise ValueError(f"score {score} of {entry!r} should be finite")
    return *parsed, score


def read_detections(path: str | Path) -> Detections:
    """Read ActivityNet results: ``{"results": {video: [{"label", "segment": [start, end], "score"}]}}``.

    Other keys are not looked at. Classes are those that occur, sorted by name.
    """
    loaded = read_json(path)
    results = loaded.get("results") if isinstance(loaded, Mapping) else None
    if not isinstance(results, Mapping):
        raise ValueError(f'{path} should have "results": a mapping from videos to lists of detections')
    video, rows = [], []
    for index, (name, entries) in enumerate(results.items()):
        if not isinstance(entries, list):
            raise ValueError(f"{path}: video '{name}': {entries!r} should be a list of detections")
        try:
            rows += map(parse_detection, entries)
        except ValueError as error:
            raise ValueError(f"{path}: video '{name}': {error}") from error
        video += [index] * len(entries)
    labels, start, end, score = zip(*rows, strict=True) if rows else ((), (), (), ())
    classes = sorted(set(labels))
    position = {name: index for index, name in enumerate(classes)}
    return Detections(
        videos=tuple(results),
        classes=tuple(classes),
        video=video,
        start=start,
        end=end,
        label=[position[label] for label in labels],
        score=score,
        source=str(path),
    )


def write_detections(path: str | Path, detections: Detections) -> None:
    """Write ActivityNet results with full precision, a line a video; the order of a video's detections is kept."""
    order = np.argsort(detections.video, kind="stable")
    begin = np.cumsum(np.append(0, np.bincount(detections.video, minlength=len(detections.videos)))).tolist()
    with whole(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write('{"version": "VERSION 1.3", "results": {\n')
        for number, name in enumerate(detections.videos):
            rows = order[begin[number] : begin[number + 1]]
            columns = (detections.label, detections.start, detections.end, detections.score)
            entries = [
                {"label": detections.classes[label], "segment": [start, end], "score": score}
                for label, start, end, score in zip(*(column[rows].tolist() for column in columns), strict=True)
            ]
            line = f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(entries, ensure_ascii=False, allow_nan=False)}"
            file.write(line if number == 0 else ",\n" + line)
        file.write('\n}, "external_data": {}}\n')
