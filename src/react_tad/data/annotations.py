"""ActivityNet-style annotations: reading, checking, writing.

The file is JSON, ``{"version", "taxonomy", "database": {video: {"subset", "duration", "annotations": [{"label",
"segment": [start, end]}]}}}`` with times in seconds. ``taxonomy`` is optional; where it is there, its leaves are the
classes. A video may have a ``group``: the person, the venue, the film that it is of. Or the file is a table
(:mod:`react_tad.data.annotation_documents`).

Segments with the label ``Ambiguous`` (THUMOS14) are kept apart from the instances: whoever trains does not see them.

Some faults are always errors: a label outside the taxonomy, a start before 0, an end before its start, a video given
twice. Others occur in the published ActivityNet-1.3 annotations (segments of zero length, segments past the end of
their video) and are a choice: see :func:`within_duration`.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from react_tad.data.annotation_documents import AnnotationError, group_in, leaves, read_annotation_document
from react_tad.data.problems import Faults
from react_tad.files import write_json
from react_tad.tables import seconds

SUBSETS = ("training", "validation", "test")
NEW = "new"
"""Subset of recordings that are only detected in: trained on and measured by nothing, and not annotated."""
AMBIGUOUS = "Ambiguous"
"""THUMOS14's label for what its annotators could not decide: no class, not trained on, and kept in the file because the
official evaluation reads it (:mod:`react_tad.evaluation.ground_truth`)."""


class Instance(NamedTuple):
    """One annotated action; times in seconds."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Video:
    """The annotations of one video; ``duration`` in seconds."""

    subset: str
    duration: float
    instances: tuple[Instance, ...]
    ambiguous: tuple[Instance, ...] = ()
    """Segments with the label ``Ambiguous``."""
    fps: float | None = None
    """Frames a second, where the file says so."""
    group: str | None = None
    """The person, the venue, the film that it is of, where the file says so: see :func:`group_of`."""


@dataclass(frozen=True)
class Annotations:
    """A checked annotation file: videos by name, and the class names in alphabetical order (label = position)."""

    videos: Mapping[str, Video]
    classes: tuple[str, ...]
    where: str
    """File that they come from, for messages."""

    def subset(self, name: str) -> dict[str, Video]:
        """Videos of one subset, in the order of the file."""
        return {video: entry for video, entry in self.videos.items() if entry.subset == name}


def group_of(name: str, video: Video) -> str:
    """The group that a video belongs to: its own, or, where it has none, that of its own name.

    Videos of one group are not independent of each other: none of them is trained on where another is measured.
    """
    return name if video.group is None else video.group


def read_annotations(path: str | Path) -> Annotations:
    """Read and check a file; where a table has no subsets, its videos are of subset ``training``.

    Raises:
        ValueError: not JSON or a table of this form, or one of the faults that are always errors
            (:class:`AnnotationError`).

    """
    return parse_annotations(read_annotation_document(path, subset="training"), where=str(path))


def parse_annotations(document: Any, *, where: str) -> Annotations:
    """Check an annotation document that is already in memory; ``where`` names it in messages.

    Raises:
        AnnotationError: one of the faults that are always errors; all faults of all videos at once.

    """
    database = document.get("database") if isinstance(document, dict) else None
    if not isinstance(database, dict):
        raise AnnotationError(f"{where}: expected an object with a 'database' of videos, as in ActivityNet")
    if "" in database:
        raise AnnotationError(f"{where}: a video without a name")
    listed = leaves(document, where)
    videos: dict[str, Video] = {}
    faults = Faults()
    for name, entry in database.items():
        with faults.kept():
            videos[name] = _parse_video(entry, f"{where}: video '{name}'", listed)
    faults.raise_all()
    found = {instance.label for video in videos.values() for instance in video.instances}
    return Annotations(videos, tuple(sorted(listed or found)), where)


def write_annotations(path: str | Path, videos: Mapping[str, Video], classes: Iterable[str], *, version: str) -> None:
    """Check and write an annotation file; segments past the end and of zero length are written as they are."""
    root = {"nodeId": 0, "nodeName": "Root", "parentId": None, "parentName": None}
    leaves = [
        {"nodeId": number, "nodeName": name, "parentId": 0, "parentName": "Root"}
        for number, name in enumerate(sorted(classes), start=1)
    ]
    database = {
        name: {
            "subset": video.subset,
            "duration": video.duration,
            **({} if video.fps is None else {"fps": video.fps}),
            **({} if video.group is None else {"group": video.group}),
            "annotations": [
                {"label": label, "segment": [start, end]} for label, start, end in (*video.instances, *video.ambiguous)
            ],
        }
        for name, video in videos.items()
    }
    document = {"version": version, "taxonomy": [root, *leaves], "database": database}
    parse_annotations(document, where=str(path))
    write_json(path, document)


def within_duration(
    videos: Mapping[str, Video], *, out_of_range: str, where: str
) -> tuple[dict[str, Video], dict[str, int]]:
    """Bring every segment into [0, duration] of its video.

    Args:
        videos: annotations, as read.
        out_of_range: ``clip`` cuts segments at the end of their video and drops those of zero length and those that
            start at or after the end; ``refuse`` makes the first of these an error.
        where: the file, for messages.

    Returns:
        The videos, and how many instances were ``clipped``, dropped as ``zero_length`` and dropped as ``past_end``.

    Raises:
        AnnotationError: with ``refuse``, naming the file, the video and the segment.

    """
    counts: Counter[str] = Counter(clipped=0, zero_length=0, past_end=0)
    repaired = {}
    for name, video in videos.items():
        kept = []
        for instance in video.instances:
            fault = _range_fault(instance, video.duration)
            if fault and out_of_range == "refuse":
                raise AnnotationError(
                    f"{where}: video '{name}': segment [{instance.start}, {instance.end}] of '{instance.label}' "
                    f"{_FAULTS[fault]}; it should lie inside [0, {video.duration}] and have a length. Mend the file, "
                    "or set windows.out_of_range: clip"
                )
            counts.update([fault] if fault else [])
            if fault in (None, "clipped"):
                kept.append(instance._replace(end=min(instance.end, video.duration)))
        repaired[name] = replace(video, instances=tuple(kept))
    return repaired, dict(counts)


_FAULTS = {
    "zero_length": "has zero length",
    "past_end": "starts at or after the end of the video",
    "clipped": "runs past the end of the video",
}


def _range_fault(instance: Instance, duration: float) -> str | None:
    if instance.end == instance.start:
        return "zero_length"
    if instance.start >= duration:
        return "past_end"
    return "clipped" if instance.end > duration else None


def is_number(value: Any) -> bool:
    """Tell whether a value is a number that can be a time; here text is none."""
    try:
        return not isinstance(value, str) and seconds(value) is not None
    except ValueError:
        return False


def _parse_video(entry: Any, where: str, classes: set[str]) -> Video:
    if not isinstance(entry, dict):
        raise AnnotationError(f"{where}: expected an object, found {entry!r}")
    subset, duration, annotations = entry.get("subset"), entry.get("duration"), entry.get("annotations")
    if subset not in (*SUBSETS, NEW):
        raise AnnotationError(f"{where}: subset = {subset!r} should be one of {', '.join((*SUBSETS, NEW))}")
    if not is_number(duration) or duration <= 0:
        raise AnnotationError(f"{where}: duration = {duration!r} should be a number of seconds above 0")
    if not isinstance(annotations, list):
        raise AnnotationError(f"{where}: annotations = {annotations!r} should be a list (it may be empty)")
    fps = entry.get("fps")
    if fps is not None and (not is_number(fps) or fps <= 0):
        raise AnnotationError(f"{where}: fps = {fps!r} should be a number of frames a second above 0")
    group = group_in(entry, where)
    parsed: list[Instance] = []
    faults = Faults()
    for item in annotations:
        with faults.kept():
            parsed.append(_parse_instance(item, where, classes))
    faults.raise_all()
    return Video(
        subset,
        float(duration),
        instances=tuple(instance for instance in parsed if instance.label != AMBIGUOUS),
        ambiguous=tuple(instance for instance in parsed if instance.label == AMBIGUOUS),
        fps=None if fps is None else float(fps),
        group=group,
    )


def _parse_instance(item: Any, where: str, classes: set[str]) -> Instance:
    label = item.get("label") if isinstance(item, dict) else None
    segment = item.get("segment") if isinstance(item, dict) else None
    if not isinstance(label, str) or not label:
        raise AnnotationError(f"{where}: label = {label!r} should be the name of a class")
    if classes and label not in classes and label != AMBIGUOUS:
        nearest = difflib.get_close_matches(label, sorted(classes), n=1, cutoff=0.0)[0]
        raise AnnotationError(f"{where}: unknown label '{label}'. Did you mean '{nearest}'?")
    if not (isinstance(segment, list | tuple) and len(segment) == 2 and all(map(is_number, segment))):
        raise AnnotationError(f"{where}: segment = {segment!r} of '{label}' should be [start, end], numbers of seconds")
    start, end = map(float, segment)
    if start < 0:
        raise AnnotationError(f"{where}: segment [{start}, {end}] of '{label}' starts before 0")
    if end < start:
        raise AnnotationError(f"{where}: segment [{start}, {end}] of '{label}' ends before it starts")
    return Instance(label, start, end)
