"""THUMOS14 annotations as JSON: ``{"database": {video: {"subset", "annotations": [{"label", "segment"}]}}}``.

ActionFormer's file has ``duration`` and ``fps`` of each video and calls the subsets ``Validation`` and ``Test``;
G-TAD's has neither, calls them ``train`` and ``test``, and its times are strings. Ambiguous segments are in neither.
"""

import tarfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from react_tad.data.annotation_formats import AnnotatedVideo, apart, segment_fault
from react_tad.data.annotations import AMBIGUOUS, Instance
from react_tad.data.problems import Problem
from react_tad.files import parse_json, read_text
from react_tad.tables import number

_SUBSETS = {"train": "validation", "validation": "validation", "test": "test"}


def read_json_database(path: str | Path, classes: Collection[str]) -> tuple[dict[str, AnnotatedVideo], list[Problem]]:
    """Read the file, or the one JSON file in a tar archive such as ActionFormer's; videos in the order of the file.

    Args:
        path: the JSON file or the archive.
        classes: the labels that there may be, beside ``Ambiguous``.

    Returns:
        The videos, and what could not be read.

    Raises:
        ValueError: it is not JSON of this form.

    """
    document = parse_json(_text(Path(path)), str(path))
    database = document.get("database") if isinstance(document, Mapping) else None
    if not isinstance(database, Mapping):
        raise ValueError(f'{path} should have "database": a mapping from videos to their annotations')
    videos, problems = {}, []
    for name, entry in database.items():
        video, faults = _video(entry, classes)
        problems += [Problem(str(path), name, *fault) for fault in faults]
        if video is not None:
            videos[name] = video
    return videos, problems


def _text(path: Path) -> str:
    try:
        if not tarfile.is_tarfile(path):
            return read_text(path)
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".json"):
                    return archive.extractfile(member).read().decode("utf-8-sig")
    except (tarfile.TarError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    raise ValueError(f"{path}: no JSON file in this archive; expected annotations/thumos14.json as ActionFormer has it")


def _video(entry: Any, classes: Collection[str]) -> tuple[AnnotatedVideo | None, list[tuple[str, str]]]:
    """One video, and its faults as (found, expected)."""
    if not isinstance(entry, Mapping):
        return None, [(repr(entry), "an object")]
    subset = _SUBSETS.get(str(entry.get("subset")).casefold())
    if subset is None:
        return None, [(f"subset {entry.get('subset')!r}", "one of train, validation, test")]
    faults, instances = [], []
    numbers = {}
    for key in ("duration", "fps"):
        numbers[key] = _number(entry[key]) if key in entry else None
        if key in entry and not (numbers[key] or 0) > 0:
            faults.append((f"{key} {entry[key]!r}", "a number above 0"))
            numbers[key] = None
    annotations = entry.get("annotations") or []
    if not isinstance(annotations, list):
        return None, [(f"annotations {annotations!r}", "a list")]
    for item in annotations:
        instance, fault = _instance(item, classes)
        (faults if fault else instances).append(fault or instance)
    return AnnotatedVideo(subset, *apart(instances), numbers["duration"], numbers["fps"]), faults


def _instance(item: Any, classes: Collection[str]) -> tuple[Instance | None, tuple[str, str] | None]:
    label, segment = (item.get("label"), item.get("segment")) if isinstance(item, Mapping) else (None, None)
    if not isinstance(label, str) or not isinstance(segment, list) or len(segment) != 2:
        return None, (repr(item), "an object with label and segment: [start, end]")
    start, end = map(_number, segment)
    if label not in classes and label != AMBIGUOUS:
        return None, (f"unknown label '{label}'", f"one of {', '.join(classes)}")
    if start is None or end is None:
        return None, (f"segment {item['segment']!r} of '{label}'", "[start, end] in seconds")
    fault = segment_fault(start, end)
    return (None, (fault, "0 <= start <= end")) if fault else (Instance(label, start, end), None)


def _number(value: Any) -> float | None:
    try:
        return number(value)
    except ValueError:
        return None
