"""When the snippets of the user's own features were: four ways to say it.

- ``spread``: they divide their video into equal parts, as features do that were rescaled;
- ``seconds``: one every ``seconds_per_snippet``, the first centred at ``first_center_seconds``;
- ``frames``: one every ``stride_frames`` of ``fps`` frames a second, the first centred at ``first_center_frames``;
- ``sidecar``: ``VIDEO.json`` beside the features of each video says it (:mod:`react_tad.data.sidecars`).

Where the first centre is not given, it is half a snippet from the start. A video's own entry in the annotations may
give ``seconds_per_snippet``, ``first_center_seconds`` or ``fps``; it comes before the option.
"""

import math
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from react_tad.data.annotations import AnnotationError
from react_tad.data.sidecars import Beside
from react_tad.params.section import Section

AboveZero = Annotated[float, Field(gt=0)]


class Times(Section):
    """The options."""

    time: Literal["spread", "seconds", "frames", "sidecar"] = "spread"
    seconds_per_snippet: AboveZero | None = None
    first_center_seconds: float | None = None
    fps: AboveZero | None = None
    stride_frames: AboveZero | None = None
    first_center_frames: float | None = None


READ = {
    "spread": (),
    "seconds": ("seconds_per_snippet", "first_center_seconds"),
    "frames": ("fps", "stride_frames", "first_center_frames"),
    "sidecar": (),
}
"""The options that each way reads."""


def check(times: Times, where: str, *, without: Collection[str] = ()) -> None:
    """Refuse options that contradict each other, but for those ``without``; a :class:`ValueError` names both."""
    for kind, names in READ.items():
        for name in [name for name in names if name not in without]:
            if kind != times.time and getattr(times, name) is not None:
                raise ValueError(f"{where}: {name} is given, and time is {times.time}; it needs time: {kind}")
    if times.time == "frames" and times.stride_frames is None:
        raise ValueError(f"{where}: time: frames needs stride_frames, the number of frames from snippet to snippet")


def place(
    times: Times,
    entry: Mapping[str, Any],
    *,
    duration: float,
    snippets: int,
    where: str,
    beside: Beside | None = None,
) -> tuple[float, float]:
    """Seconds a snippet, and the centre of the first in seconds.

    Args:
        times: the options, checked.
        entry: the video's entry in the annotations.
        duration: of the video, in seconds.
        snippets: of the video.
        where: file and video, for messages.
        beside: what the file beside the features says, where ``time`` is ``sidecar``.

    Raises:
        AnnotationError: a number is missing, is none, or is not above 0 where it has to be.

    """
    if times.time == "sidecar":
        return beside["seconds_per_snippet"], beside["first_center_seconds"]
    if times.time == "spread":
        return duration / snippets, duration / snippets / 2
    if times.time == "seconds":
        seconds = _above_zero(times, entry, "seconds_per_snippet", where)
        first = entry.get("first_center_seconds", times.first_center_seconds)
        return seconds, seconds / 2 if first is None else _number(first, "first_center_seconds", where)
    fps = _above_zero(times, entry, "fps", where)
    first = times.stride_frames / 2 if times.first_center_frames is None else times.first_center_frames
    return times.stride_frames / fps, first / fps


def origin(times: Times) -> str:
    """Where the times come from, for the screen."""
    if times.time == "spread":
        return "time: spread, the duration divided by the snippets"
    if times.time == "sidecar":
        return "time: sidecar, what VIDEO.json says"
    given = [f"{name}: {getattr(times, name):g}" for name in READ[times.time] if getattr(times, name) is not None]
    return ", ".join([f"time: {times.time}", *given, "or what a video's entry says"])


def _above_zero(times: Times, entry: Mapping[str, Any], key: str, where: str) -> float:
    value = entry.get(key, getattr(times, key))
    if value is None:
        raise AnnotationError(f"{where}: no {key}; give it there, or as an option for all videos")
    if _number(value, key, where) <= 0:
        raise AnnotationError(f"{where}: {key} = {value!r} should be above 0")
    return float(value)


def _number(value: Any, key: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise AnnotationError(f"{where}: {key} = {value!r} should be a number")
    return float(value)
