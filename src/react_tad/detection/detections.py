"""Scored segments of many videos: in memory, as the raw output of a model (``.npz``), and as ActivityNet results (JSON)
or a table (CSV).

Times are seconds in double precision and nothing is rounded. Files are checked when they are read, so that what
computes with detections need not look again: an error names the file, the video and the value.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.detection.result_arrays import result_arrays
from react_tad.files import parse_json, read_text, whole, write_text
from react_tad.tables import Row, is_table, number, read_table, seconds, write_table

ARRAYS = {"video": np.int32, "start": np.float64, "end": np.float64, "label": np.int32, "score": np.float64}
"""The arrays of a raw file that have one entry a detection, and their types."""

COLUMNS = ("video", "start", "end", "label", "score")
"""The columns of a table of detections."""


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

    Raises ValueError that shows the value where the label is no name, or the segment is not a list of two finite times
    in order.
    """
    try:
        label, segment = entry["label"], entry["segment"]
    except (KeyError, TypeError, IndexError):
        raise ValueError(f'{entry!r} should be like {{"label": name, "segment": [start, end]}} in seconds') from None
    if not isinstance(label, str) or not label:
        raise ValueError(f"label {label!r} of {entry!r} should be a name")
    if not isinstance(segment, list | tuple) or len(segment) != 2:
        raise ValueError(f"segment {segment!r} of '{label}' should be [start, end] in seconds")
    try:
        start, end = seconds(segment[0]), seconds(segment[1])
    except ValueError as error:
        raise ValueError(f"segment {segment!r} of '{label}' should be [start, end] in seconds: {error}") from None
    if end < start:
        raise ValueError(f"segment {segment!r} of '{label}' should have end >= start")
    return label, start, end


def parse_detection(entry: Any) -> tuple[str, float, float, float]:
    """(label, start, end, score) of a detection; raises ValueError as :func:`parse_entry` does."""
    parsed = parse_entry(entry)
    try:
        return *parsed, number(entry["score"])
    except KeyError:
        raise ValueError(f'{entry!r} should have a number as its "score"') from None
    except ValueError as error:
        raise ValueError(f"score of {entry!r}: {error}") from None


def read_detections(path: str | Path) -> Detections:
    """Read ActivityNet results, or a table where the name of the file ends in ``.csv`` or ``.csv.gz``.

    Results are ``{"results": {video: [{"label", "segment": [start, end], "score"}]}}``; other keys are not looked at. A
    table has the columns ``COLUMNS``; a row that names a video and nothing else is a video without detections. Classes
    are those that occur, sorted by name. The order is video after video, by where each video is named first.
    """
    if is_table(path):
        return _of_rows(path, _table_rows(path))
    text = read_text(path)
    usual = result_arrays(text, str(path))
    if usual is None or "" in usual.sizes:
        return _of_rows(path, _result_rows(path, text))
    return Detections(
        videos=tuple(usual.sizes),
        classes=usual.classes,
        video=np.repeat(np.arange(len(usual.sizes), dtype=np.int32), list(usual.sizes.values())),
        start=usual.start,
        end=usual.end,
        label=usual.sorted_label,
        score=usual.score,
        source=str(path),
    )


def _of_rows(path: str | Path, by_video: Mapping[str, list[tuple[str, float, float, float]]]) -> Detections:
    """Detections from (label, start, end, score) by video."""
    if "" in by_video:
        raise ValueError(f"{path}: a video without a name")
    sizes = [len(rows) for rows in by_video.values()]
    everything = [row for rows in by_video.values() for row in rows]
    labels, start, end, score = zip(*everything, strict=True) if everything else ((), (), (), ())
    classes = sorted(set(labels))
    position = {name: index for index, name in enumerate(classes)}
    return Detections(
        videos=tuple(by_video),
        classes=tuple(classes),
        video=np.repeat(np.arange(len(sizes)), sizes),
        start=start,
        end=end,
        label=[position[label] for label in labels],
        score=score,
        source=str(path),
    )


def _result_rows(path: str | Path, text: str) -> dict[str, list[tuple[str, float, float, float]]]:
    """(label, start, end, score) by video, from the text of ActivityNet results."""
    loaded = parse_json(text, str(path))
    results = loaded.get("results") if isinstance(loaded, Mapping) else None
    if not isinstance(results, Mapping):
        raise ValueError(f'{path} should have "results": a mapping from videos to lists of detections')
    by_video = {}
    for name, entries in results.items():
        if not isinstance(entries, list):
            raise ValueError(f"{path}: video '{name}': {entries!r} should be a list of detections")
        try:
            by_video[name] = [parse_detection(entry) for entry in entries]
        except ValueError as error:
            raise ValueError(f"{path}: video '{name}': {error}") from error
    return by_video


def _table_rows(path: str | Path) -> dict[str, list[tuple[str, float, float, float]]]:
    """(label, start, end, score) by video, from a table."""
    _, rows = read_table(path, COLUMNS)
    by_video: dict[str, list[tuple[str, float, float, float]]] = {}
    for row in rows:
        own = by_video.setdefault(row.text("video"), [])
        if any(row.text(column) for column in COLUMNS[1:]):
            own.append((*table_entry(row), row.number("score")))
    return by_video


def table_entry(row: Row) -> tuple[str, float, float]:
    """(label, start, end) of a row of a table; a :class:`react_tad.tables.TableError` names what is wrong with it."""
    label, start, end = row.text("label"), row.seconds("start"), row.seconds("end")
    if not row.text("video") or not label:
        raise row.error(f"video {row.text('video')!r} and label {label!r} should be names")
    if end < start:
        raise row.error(f"video '{row.text('video')}': start {start} and end {end} should have end >= start")
    return label, start, end


def write_detections(path: str | Path, detections: Detections) -> None:
    """Write ActivityNet results, a line a video, or a table where the name ends in ``.csv`` or ``.csv.gz``.

    With full precision, video after video; the order of a video's detections is kept. What is written can be read
    again, so a name that is empty is refused.
    """
    if "" in detections.videos or "" in detections.classes:
        raise ValueError(f"{path}: every video and every class should have a name, and one has none")
    if is_table(path):
        write_table(path, COLUMNS, as_rows(detections))
    elif str(path).endswith(".gz"):
        write_text(path, "".join(_as_results(detections)))
    else:
        with whole(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
            file.writelines(_as_results(detections))


def _by_video(detections: Detections) -> Iterator[tuple[str, list[tuple[str, float, float, float]]]]:
    """Each video with its (label, start, end, score); one video in memory at a time."""
    order = np.argsort(detections.video, kind="stable")
    begin = np.cumsum(np.append(0, np.bincount(detections.video, minlength=len(detections.videos)))).tolist()
    columns = (detections.label, detections.start, detections.end, detections.score)
    for place, name in enumerate(detections.videos):
        rows = order[begin[place] : begin[place + 1]]
        own = zip(*(column[rows].tolist() for column in columns), strict=True)
        yield name, [(detections.classes[label], *others) for label, *others in own]


def _as_results(detections: Detections) -> Iterator[str]:
    """The text of ActivityNet results."""
    yield '{"version": "VERSION 1.3", "results": {\n'
    for place, (name, rows) in enumerate(_by_video(detections)):
        entries = [{"label": label, "segment": [start, end], "score": score} for label, start, end, score in rows]
        line = f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(entries, ensure_ascii=False, allow_nan=False)}"
        yield line if place == 0 else ",\n" + line
    yield '\n}, "external_data": {}}\n'


def as_rows(detections: Detections) -> Iterator[tuple]:
    """The rows of a table; a video without detections has one with its name alone."""
    for name, own in _by_video(detections):
        yield from ((name, start, end, label, score) for label, start, end, score in own)
        if not own:
            yield (name, None, None, None, None)
