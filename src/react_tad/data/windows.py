"""Windows: an index of where they are and what is in them, not copies of features (neighbours share most snippets).

Windows start every ``stride`` snippets. A video not longer than ``length`` is one window; otherwise the last window is
the first that reaches the end, and is shorter (not shifted back). So every snippet is in a window, and no window lies
wholly inside another.

Positions are in snippets, relative to the start of the window, with snippet ``i`` covering ``[i, i + 1]``. A video that
is one window has all its instances in it. A window of a longer video has those of which at least ``min_inside`` lies in
its nominal ``length``, also where the video ends before that. All are cut to the snippets that there are; an instance
of which nothing is left is in no window. The training split keeps only windows with an instance; the others keep all.

The paper says nothing of short videos and short last windows; there this follows the authors' released code.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError
from typing_extensions import TypedDict

from react_tad.data.annotations import AnnotationError, Annotations, Video, within_duration
from react_tad.data.doubts import WARNING
from react_tad.data.doubts.window_lengths import doubtful_lengths, remarkable_lengths
from react_tad.data.features import FeatureStore
from react_tad.files import read_json
from react_tad.params.section import Count, Positive, checked
from react_tad.params.windows import Windows

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]
"""A segment in JSON: start and end."""

TOLERANCE = 1e-9
"""Slack of the ``min_inside`` rule, for sums of floating-point numbers."""


@dataclass(frozen=True)
class Window:
    """A stretch of a video's snippets and the instances in it."""

    video: str
    first: int
    """First snippet of the video that is in the window."""
    length: int
    """Snippets in the window."""
    segments: np.ndarray
    """(start, end) in snippets from the window's start, inside [0, length]; float64 ``[instances, 2]``."""
    labels: np.ndarray
    """int64 ``[instances]``."""
    inside: np.ndarray
    """Share of each instance's duration that lies in the window; float64 ``[instances]``."""
    instances: np.ndarray
    """Which instances they are, as positions in :attr:`WindowIndex.instances`; int64 ``[instances]``."""


@dataclass(frozen=True)
class VideoInstance:
    """One annotated instance; ``segment`` is (start, end) in snippets of the whole video."""

    video: str
    segment: tuple[float, float]
    label: int


@dataclass(frozen=True)
class WindowIndex:
    """The windows of one split, as written by ``react-tad windows``; ``index[i]`` is a :class:`Window`."""

    windows: list[Window]
    classes: tuple[str, ...]
    """Class names; a label is a position in it."""
    split: str
    params: Windows
    counts: Mapping[str, int]
    instances: list[VideoInstance]
    """Every annotated instance of the split, in a window or not."""

    @classmethod
    def read(cls, path: str | Path) -> "WindowIndex":
        """Read an index; a :class:`ValueError` names the file if it is not one."""
        document = checked(_Document, read_json(path), f"{path} is not an index of windows")
        try:
            params = Windows(**document["windows"])
        except ValidationError as error:
            raise ValueError(f"{path} is not an index of windows: {error}") from error
        classes, instances = document["classes"], document["instances"]
        labels = [label for entry in document["index"] for label in entry["labels"]]
        labels += [entry["label"] for entry in instances]
        positions = [position for entry in document["index"] for position in entry["instances"]]
        if any(not 0 <= position < len(instances) for position in positions):
            raise ValueError(f"{path} is not an index of windows: a window has an instance that there is not")
        wrong = next((label for label in labels if not 0 <= label < len(classes)), None)
        if wrong is not None:
            raise ValueError(f"{path} is not an index of windows: label {wrong} of {len(classes)} classes")
        return cls(
            windows=[_window(entry, str(path)) for entry in document["index"]],
            classes=tuple(classes),
            split=document["split"],
            params=params,
            counts=document["counts"],
            instances=[
                VideoInstance(entry["video"], (entry["segment"][0], entry["segment"][1]), entry["label"])
                for entry in instances
            ],
        )

    def __len__(self) -> int:
        """Give the number of windows."""
        return len(self.windows)

    def __getitem__(self, position: int) -> Window:
        """Give one window."""
        return self.windows[position]


class _Entry(TypedDict):
    """A window, as it is written."""

    video: str
    first: Count
    length: Positive
    segments: list[Pair]
    labels: list[int]
    inside: list[float]
    instances: list[int]


class _Instance(TypedDict):
    video: str
    segment: Pair
    label: int


class _Document(TypedDict):
    """An index of windows, as it is written."""

    index: list[_Entry]
    classes: list[str]
    split: str
    windows: dict[str, Any]
    counts: dict[str, int]
    instances: list[_Instance]


def _window(entry: _Entry, where: str) -> Window:
    sizes = {len(entry[key]) for key in ("segments", "labels", "inside", "instances")}
    if len(sizes) > 1:
        raise ValueError(f"{where} is not an index of windows: {entry!r} has lists of different lengths")
    return Window(
        video=entry["video"],
        first=entry["first"],
        length=entry["length"],
        segments=np.array(entry["segments"], np.float64).reshape(-1, 2),
        labels=np.array(entry["labels"], np.int64),
        inside=np.array(entry["inside"], np.float64),
        instances=np.array(entry["instances"], np.int64),
    )


def window_starts(video_length: int, *, length: int, stride: int) -> list[int]:
    """First snippets of the windows of a video with ``video_length`` snippets."""
    after_first = max(0, -(-(video_length - length) // stride))
    return [number * stride for number in range(after_first + 1)]


def cut(
    segments: np.ndarray, *, first: int, length: int, nominal: int, min_inside: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose and cut the instances of one window.

    Args:
        segments: (start, end) with end > start, in snippets of the video, ``[n, 2]``.
        first: first snippet of the window.
        length: snippets in the window.
        nominal: snippets that it would have if the video did not end before.
        min_inside: the share of its duration that an instance needs inside the nominal window.

    Returns:
        Indices of the kept instances ``[k]``, their segments relative to the window's start and cut to [0, length]
        ``[k, 2]``, and the share of each that lies in there ``[k]``.

    """
    relative = segments - first
    duration = relative[:, 1] - relative[:, 0]
    clipped = relative.clip(0, length)
    inside = (clipped[:, 1] - clipped[:, 0]) / duration
    within = relative.clip(0, nominal)
    enough = (within[:, 1] - within[:, 0]) / duration >= min_inside - TOLERANCE
    kept = np.flatnonzero(enough & (inside > 0))
    return kept, clipped[kept], inside[kept]


def make_windows(annotations: Annotations, store: FeatureStore, params: Windows) -> dict[str, Any]:
    """Cut one split into windows, and give the index as a JSON document (see :meth:`WindowIndex.read`).

    Raises:
        AnnotationError: a video with annotations and no features or the other way round, a training split without an
            instance, or a segment out of range with ``out_of_range: refuse``.

    """
    videos = annotations.subset(store.split)
    _check_same_videos(videos, store, annotations.where)
    in_range, repairs = within_duration(videos, out_of_range=params.out_of_range, where=annotations.where)
    number = {name: position for position, name in enumerate(annotations.classes)}
    index, instances, covered = [], [], 0
    for video in store:
        segments = np.array([(start, end) for _, start, end in in_range[video].instances], np.float64).reshape(-1, 2)
        segments = store.snippets(video, segments)
        labels = [number[instance.label] for instance in in_range[video].instances]
        entries, seen = _video_windows(video, store.info(video).length, segments, labels, params, len(instances))
        index += entries
        covered += len(seen)
        instances += [
            {"video": video, "segment": segment, "label": label}
            for segment, label in zip(segments.tolist(), labels, strict=True)
        ]
    total = len(index)
    if store.split == "training":
        index = [entry for entry in index if entry["labels"]]
        if not index:
            raise AnnotationError(f"{annotations.where}: no window of the training split holds an instance")
    return {
        "windows": params.model_dump(mode="json"),
        "classes": list(annotations.classes),
        "split": store.split,
        "counts": {
            "videos": len(store),
            **({"videos_without_features": len(store.without_features)} if store.without_features else {}),
            "windows": len(index),
            "windows_dropped_as_empty": total - len(index),
            "instances": len(instances),
            "instances_in_a_window": covered,
            "segments_clipped": repairs["clipped"],
            "segments_dropped_zero_length": repairs["zero_length"],
            "segments_dropped_past_end": repairs["past_end"],
        },
        "instances": instances,
        "index": index,
    }


def told(index: Mapping[str, Any], store: FeatureStore) -> Iterator[str]:
    """Lines for the screen on an index as :func:`make_windows` gives it: its counts, and instances of odd lengths."""
    counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in index["counts"].items())
    yield f"{store.split}: {counts}"
    lengths = [end - start for start, end in (entry["segment"] for entry in index["instances"])]
    if lengths:
        seconds = median(store.info(video).seconds_per_snippet for video in store)
        of_windows = {"length": index["windows"]["length"], "min_inside": index["windows"]["min_inside"]}
        yield from (f"{store.split}: {said}" for said in remarkable_lengths(lengths, **of_windows, seconds=seconds))
        found = doubtful_lengths(lengths, **of_windows, seconds=seconds)
        yield from (f"{WARNING}{store.split}: {doubt}" for doubt in found)


def _check_same_videos(videos: Mapping[str, Video], store: FeatureStore, where: str) -> None:
    for video in videos:
        if video not in store and video not in store.without_features:
            raise AnnotationError(f"{where}: video '{video}' of subset {store.split} has no features in {store.path}")
    for video in store:
        if video not in videos:
            raise AnnotationError(f"{store.path}: video '{video}' is not in subset {store.split} of {where}")


def _video_windows(
    video: str, video_length: int, segments: np.ndarray, labels: Sequence[int], params: Windows, first_instance: int
) -> tuple[list[dict[str, Any]], set[int]]:
    """All windows of one video, and which of its instances are in at least one.

    ``first_instance`` is the position of the video's first instance among those of the split.
    """
    entries, seen = [], set()
    min_inside = params.min_inside if video_length > params.length else 0.0
    for first in window_starts(video_length, length=params.length, stride=params.stride):
        length = min(params.length, video_length - first)
        kept, clipped, inside = cut(segments, first=first, length=length, nominal=params.length, min_inside=min_inside)
        seen.update(kept.tolist())
        entries.append(
            {
                "video": video,
                "first": first,
                "length": length,
                "segments": clipped.tolist(),
                "labels": [labels[position] for position in kept],
                "inside": inside.tolist(),
                "instances": (first_instance + kept).tolist(),
            }
        )
    return entries, seen
