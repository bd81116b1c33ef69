"""The official THUMOS14 annotations: a text file a class, ``CLASS_val.txt`` or ``CLASS_test.txt``.

A row is ``video start end`` in seconds. ``Ambiguous_*.txt`` is among the files; ``detclasslist.txt``, which lists the
classes, is not one of them. They are read from the published zip archive, or from a folder into which it was unpacked.
"""

import re
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

from react_tad.data.annotation_formats import AnnotatedVideo, apart, segment_fault
from react_tad.data.annotations import AMBIGUOUS, Instance
from react_tad.data.problems import Problem
from react_tad.files import read_text

_NAME = re.compile(r"(\w+)_(val|test)\.txt")
_SUBSETS = {"val": "validation", "test": "test"}


def read_official_text(path: str | Path, classes: Collection[str]) -> tuple[dict[str, AnnotatedVideo], list[Problem]]:
    """Read one set; videos in the order of their names.

    Args:
        path: the zip archive or the folder.
        classes: the names that files may have, beside ``Ambiguous``.

    Returns:
        The videos (those with ambiguous segments only are among them), and what could not be read.

    """
    found: dict[str, list[Instance]] = {}
    subsets: dict[str, str] = {}
    problems = []
    for name, text in sorted(_texts(Path(path))):
        label, subset = _NAME.fullmatch(name).groups()
        if label not in (*classes, AMBIGUOUS):
            problems.append(Problem(f"{path}: {name}", "", f"unknown label '{label}'", f"one of {', '.join(classes)}"))
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            video, instance, fault = _row(line, label)
            if fault:
                problems.append(Problem(f"{path}: {name}, line {number}", video, fault, "video, start, end in seconds"))
                continue
            found.setdefault(video, []).append(instance)
            subsets[video] = _SUBSETS[subset]
    if not found:
        problems.append(Problem(str(path), "", "no annotations", "files such as BaseballPitch_val.txt"))
    return {video: AnnotatedVideo(subsets[video], *apart(found[video])) for video in sorted(found)}, problems


def _row(line: str, label: str) -> tuple[str, Instance | None, str | None]:
    video, *times = line.split()
    try:
        start, end = map(float, times)
    except ValueError:
        return video, None, f"'{line.strip()}'"
    return video, Instance(label, start, end), segment_fault(start, end)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Name and content of every file of a class."""
    if path.is_dir():
        for file in path.rglob("*.txt"):
            if _NAME.fullmatch(file.name):
                yield file.name, read_text(file)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                name = member.rpartition("/")[2]
                if _NAME.fullmatch(name):
                    yield name, archive.read(member).decode("utf-8-sig")
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is not a whole zip archive ({error}); run 'react-tad fetch' again") from error
