"""``VIDEO.json`` beside the features of a video: when its snippets were, how long it is, how they were extracted.

``react-tad extract`` writes such files. In those of others any key but ``seconds_per_snippet`` may miss; without a
first centre, the first snippet is centred half a snippet from the start.
"""

import difflib
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from react_tad.data.formats.streams import listed
from react_tad.data.readable_names import readable
from react_tad.files import read_json
from react_tad.params.section import canonical, flatten

KEYS = ("seconds_per_snippet", "first_center_seconds", "duration")
"""What is read of the time; whatever else a file has is somebody else's, but for ``extraction``."""
LIKE = 0.8
"""How similar another key has to be to one of these to be a slip."""
PLACES = ("backbone.name",)
"""What of a description of an extraction says where something was, and not what it is."""


class TimeError(ValueError):
    """A recording that cannot be placed in time; names it, the value, and what would be right."""


class SidecarError(ValueError):
    """Files that are not there, or do not agree on how features were extracted; names the videos."""


class Beside(TypedDict):
    """What a file says."""

    seconds_per_snippet: float
    first_center_seconds: float
    duration: float | None
    extraction: dict[str, Any] | None


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        TimeError: it is none, has a key that is nearly one of ``KEYS``, or a time that cannot be.

    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise TimeError(f"{path} should be a JSON object with any of {', '.join(KEYS)}")
    for key in found.keys() - set(KEYS):
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=LIKE)
        if near:
            raise TimeError(f"{path}: unknown key '{key}'. Did you mean '{near[0]}'?")
    for key in KEYS:
        check_seconds(found.get(key), key, str(path))
    return found


def check_seconds(value: Any, key: str, where: str) -> None:
    """Refuse what cannot be a time ``key``; None can."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TimeError(f"{where}: {key} = {value!r} should be a number of seconds")
    if value <= 0 and key != "first_center_seconds":
        raise TimeError(f"{where}: {key} = {value!r} should be above 0")


def read(path: Path) -> Beside:
    """What a file says.

    Raises:
        TimeError: it is not there, does not say how far snippets are apart, or see :func:`read_object`.

    """
    if not path.is_file():
        raise TimeError(f"{readable(path)} is not there; with time: sidecar it says when the snippets were")
    found = read_object(path)
    seconds, first = found.get("seconds_per_snippet"), found.get("first_center_seconds")
    if seconds is None:
        raise TimeError(f"{path}: no seconds_per_snippet; it should be the time from one snippet to the next")
    extraction = found.get("extraction")
    if extraction is not None and not isinstance(extraction, dict):
        raise TimeError(f"{path}: extraction should be what 'react-tad extract' writes, or not be there")
    return Beside(
        seconds_per_snippet=float(seconds),
        first_center_seconds=float(seconds / 2 if first is None else first),
        duration=found.get("duration"),
        extraction=extraction,
    )


def what_counts(extraction: Mapping[str, Any] | None) -> dict[str, Any]:
    """A description of an extraction by dotted names, without what says where something was."""
    return {key: value for key, value in flatten(extraction or {}) if key not in PLACES}


def agreed(found: Mapping[str, Beside], where: str) -> dict[str, Any] | None:
    """How the features of all videos were extracted; None if their files do not say.

    Raises:
        SidecarError: some were extracted otherwise than others; names them, and what is not the same.

    """
    kinds = {video: canonical(what_counts(beside["extraction"])) for video, beside in found.items()}
    if not kinds:
        return None
    usual = Counter(kinds.values()).most_common(1)[0][0]
    odd = [video for video, kind in kinds.items() if kind != usual]
    first = next(video for video, kind in kinds.items() if kind == usual)
    if odd:
        ours, theirs = (what_counts(found[video]["extraction"]) for video in (first, odd[0]))
        names = [key for key in dict.fromkeys([*ours, *theirs]) if ours.get(key) != theirs.get(key)]
        lines = [f"{key} is {ours.get(key)!r} and {theirs.get(key)!r}" for key in names]
        raise SidecarError(
            f"{where}: features of {listed(odd)} were extracted otherwise than those of the other "
            f"{len(kinds) - len(odd)}. In '{readable(first)}' and '{readable(odd[0])}' {'; '.join(lines)}. Extract all "
            "with the same network and options"
        )
    return found[first]["extraction"]
