"""ActivityNet results as arrays, without an object of each detection: 30 bytes for one, where they would be 600.

This reads what programs write. Where anything is otherwise, such as a time that is text, a detection with more keys, or
one that is wrong, nothing is read here; :func:`react_tad.detection.detections.read_detections` then goes entry by
entry.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from react_tad.files import parse_json
from react_tad.tables import LONGEST

DETECTION = object()
"""Stands in the parsed file where a detection was."""
NUMBERS = (float, int)
_MOST = 1.7976931348623157e308


@dataclass
class ResultArrays:
    """The detections of a file, video after video."""

    sizes: dict[str, int] = field(default_factory=dict)
    """How many each video has."""
    labels: dict[str, int] = field(default_factory=dict)
    """Number of each class, in the order in which they occur."""
    label: array = field(default_factory=lambda: array("i"))
    start: array = field(default_factory=lambda: array("d"))
    end: array = field(default_factory=lambda: array("d"))
    score: array = field(default_factory=lambda: array("d"))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        return tuple(sorted(self.labels))

    @property
    def sorted_label(self) -> np.ndarray:
        """[N] int32, positions in :attr:`classes`."""
        position = {name: number for number, name in enumerate(self.classes)}
        new = np.array([position[name] for name in self.labels], np.int32)
        return new[np.frombuffer(self.label, np.int32)] if self.label else new[:0]

    def take(self, value: dict[str, Any]) -> Any:
        """Give :data:`DETECTION` for an object that is one, whose values are taken, and any other as it is."""
        if len(value) != 3:
            return value
        try:
            label, (start, end), score = value["label"], value["segment"], value["score"]
        except (KeyError, TypeError, ValueError):
            return value
        if type(label) is not str or not label or type(value["segment"]) is not list:
            return value
        if type(start) not in NUMBERS or type(end) not in NUMBERS or type(score) not in NUMBERS:
            return value
        if not (-LONGEST <= start <= end <= LONGEST and -_MOST <= score <= _MOST):
            return value
        self.label.append(self.labels.setdefault(label, len(self.labels)))
        self.start.append(start)
        self.end.append(end)
        self.score.append(score)
        return DETECTION


def result_arrays(text: str, where: str) -> ResultArrays | None:
    """The detections of a file's text; None where not all in it is as programs write it.

    Raises ValueError that names the file, ``where``, if it is no JSON.
    """
    found = ResultArrays()
    loaded = parse_json(text, where, convert=found.take)
    results = loaded.get("results") if isinstance(loaded, Mapping) else None
    if not isinstance(results, Mapping):
        return None
    for name, entries in results.items():
        if not isinstance(entries, list) or entries.count(DETECTION) < len(entries):
            return None
        found.sizes[name] = len(entries)
    elsewhere = sum(found.sizes.values()) < len(found.score)
    return None if elsewhere or not all(map(_is_text, found.labels)) else found


def _is_text(name: str) -> bool:
    """Whether there is no half of a surrogate pair in it."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
