"""The annotated instances of one subset, as evaluation and pictures need them, from any ActivityNet-style file.

JSON or a table (:mod:`react_tad.data.annotation_documents`). Real files are taken as they are: numbers may be strings
(G-TAD's THUMOS14), a duration may be missing, segments may have no length or run past the end of their video
(ActivityNet-1.3 has both). Such segments stay instances and are counted.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.data.annotation_documents import group_in, leaves, read_annotation_document
from react_tad.detection.detections import parse_entry
from react_tad.tables import seconds

AMBIGUOUS = "Ambiguous"
"""THUMOS14's label for what its annotators could not decide. It is no class, in any data set."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroundTruth:
    """G instances of one subset, in the order of the file."""

    subset: str
    """As the file spells it."""
    videos: tuple[str, ...]
    """Videos of the subset, those without instances included; ``video`` points into it."""
    classes: tuple[str, ...]
    """All classes of the file, those of other subsets and of its taxonomy included, sorted; ``label`` points into
    it."""
    video: np.ndarray
    """[G] int."""
    label: np.ndarray
    """[G] int."""
    start_end: np.ndarray
    """[G, 2] float64, (start, end) in seconds."""
    ambiguous_video: np.ndarray
    """[A] int, like ``video``."""
    ambiguous_start_end: np.ndarray
    """[A, 2] float64, segments with the label ``Ambiguous``."""
    durations: np.ndarray
    """[number of videos] float64, seconds; NaN where the file has none."""
    other_videos: frozenset[str] = frozenset()
    """Videos of the file's other subsets."""
    left_out_videos: frozenset[str] = frozenset()
    """Videos of the subset that a profile leaves out; they are not among ``videos``."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The person, the venue, the film that a video is of, for those videos of the subset that have such a group."""
    profile: str = ""
    """Name of the profile that was applied (:mod:`react_tad.evaluation.profiles`); empty for all that is annotated."""
    source: str = "ground truth"
    """Where they come from, for messages."""

    @property
    def grouped(self) -> bool:
        """Whether one of ``videos`` has a group."""
        return any(video in self.groups for video in self.videos)

    @property
    def group_names(self) -> list[str]:
        """The group of each of ``videos``; that of a video without one is its own name."""
        return [self.groups.get(video, video) for video in self.videos]

    @property
    def zero_length(self) -> int:
        """Number of instances without length: no detection can match them."""
        return int((self.start_end[:, 0] == self.start_end[:, 1]).sum())

    @property
    def past_end(self) -> int:
        """Number of instances that end after their video does, where its duration is known."""
        return int((self.start_end[:, 1] > self.durations[self.video]).sum())


def read_ground_truth(path: str | Path, subset: str) -> GroundTruth:
    """Read one subset of ``{"database": {video: {"subset", "duration", "annotations": [{"label", "segment"}]}}}``.

    An entry may have a ``group`` too.

    Subset names are compared without regard to case ("Test" and "test" are one), since published files differ in
    nothing else. Every instance of the file is checked. Raises ValueError that names the file, the video and the
    value.
    """
    loaded = read_annotation_document(path, subset=subset)
    database = loaded.get("database") if isinstance(loaded, Mapping) else None
    if not isinstance(database, Mapping):
        raise ValueError(f'{path} should have "database": a mapping from videos to their annotations')
    subsets: Counter[str] = Counter()
    entries: dict[str, Mapping[str, Any]] = {}
    instances: dict[str, list[tuple[str, float, float]]] = {}
    for name, entry in database.items():
        own, annotations = _parts(path, name, entry)
        subsets[own] += 1
        try:
            instances[name] = [parse_entry(annotation) for annotation in annotations]
        except ValueError as error:
            raise ValueError(f"{path}: video '{name}': {error}") from error
        if own.casefold() == subset.casefold():
            entries[name] = entry
    if not entries:
        known = ", ".join(f"'{name}' ({count} videos)" for name, count in subsets.items())
        raise ValueError(f"{path}: no video of subset '{subset}'; there are {known or 'no videos at all'}")
    labels = {label for rows in instances.values() for label, _, _ in rows} | leaves(loaded, path)
    classes = tuple(sorted(labels - {AMBIGUOUS}))
    return GroundTruth(
        subset=next(iter(entries.values()))["subset"],
        videos=tuple(entries),
        classes=classes,
        durations=np.array([_duration(path, name, entry) for name, entry in entries.items()]),
        groups=_groups(path, entries),
        other_videos=frozenset(database.keys() - entries.keys()),
        source=str(path),
        **_arrays([instances[name] for name in entries], classes),
    )


def _arrays(instances: list[list[tuple[str, float, float]]], classes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Instances and ambiguous segments as arrays, from (label, start, end) by video."""
    position = {name: index for index, name in enumerate(classes)}
    rows = [
        (video, position.get(label, -1), start, end) for video, own in enumerate(instances) for label, start, end in own
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    video, label, start_end = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:]
    known = label >= 0
    return {
        "video": video[known],
        "label": label[known],
        "start_end": start_end[known],
        "ambiguous_video": video[~known],
        "ambiguous_start_end": start_end[~known],
    }


def _parts(path: str | Path, name: str, entry: Any) -> tuple[str, list[Any]]:
    """Subset and annotations of a video, if they can be these."""
    if not isinstance(entry, Mapping) or "subset" not in entry:
        raise ValueError(f'{path}: video \'{name}\' should have a "subset" and a list of "annotations"')
    subset, annotations = entry["subset"], entry.get("annotations", [])
    if not name or not isinstance(subset, str):
        raise ValueError(f"{path}: video '{name}': subset = {subset!r} should be a name, and the video have one too")
    if not isinstance(annotations, list):
        raise ValueError(f"{path}: video '{name}': annotations = {annotations!r} should be a list (it may be empty)")
    return subset, annotations


def _groups(path: str | Path, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    found = {name: group_in(entry, f"{path}: video '{name}'") for name, entry in entries.items()}
    return {name: group for name, group in found.items() if group is not None}


def _duration(path: str | Path, name: str, entry: Mapping[str, Any]) -> float:
    if "duration" not in entry:
        return math.nan
    try:
        return seconds(entry["duration"])
    except ValueError as error:
        raise ValueError(f"{path}: video '{name}': duration should be seconds: {error}") from None
