"""When the snippets of a new recording were, and how long it is.

Each number comes from the first of these that gives it: what the caller says, the file ``VIDEO.json`` beside the
features, the model (where all recordings that it was trained on share it). Without a first centre, the first snippet
is centred half a snippet from the start. Without a time between snippets, a duration is enough: the snippets divide it
into equal parts. Without a duration, the recording ends where its last snippet does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from react_tad.data.sidecars import KEYS, TimeError, check_seconds, read_object


@dataclass(frozen=True)
class TimeBase:
    """What one source says of a recording, in seconds; None: nothing."""

    seconds_per_snippet: float | None = None
    first_center_seconds: float | None = None
    duration: float | None = None

    def over(self, other: "TimeBase") -> "TimeBase":
        """The numbers of this one, and of the other where this one says nothing."""
        return TimeBase(*(_first_given(getattr(self, key), getattr(other, key)) for key in KEYS))

    def check(self, where: str) -> "TimeBase":
        """The same, if its numbers can be; raises :class:`TimeError` that names ``where`` otherwise."""
        for key in KEYS:
            check_seconds(getattr(self, key), key, where)
        return self


@dataclass(frozen=True)
class Placed:
    """Where a recording's snippets are in time, as the network sees them (rescaled, if its features are)."""

    seconds_per_snippet: float
    first_center_seconds: float
    duration: float


def read_sidecar(path: Path) -> TimeBase:
    """What ``VIDEO.json`` says; nothing if there is no such file.

    Raises:
        TimeError: it is no JSON object, has a key that is nearly one of ``KEYS``, or a value that cannot be.

    """
    if not path.is_file():
        return TimeBase()
    found = read_object(path)
    return TimeBase(**{key: found[key] for key in KEYS if key in found})


def place(
    said: TimeBase,
    sidecar: TimeBase,
    of_model: Mapping[str, float] | None,
    *,
    snippets: int,
    rescaled_to: int | None,
    where: str,
) -> Placed:
    """Place a recording in time.

    Args:
        said: by the caller.
        sidecar: by the file beside the features.
        of_model: ``seconds_per_snippet`` and ``first_center_seconds`` that all recordings of the model share, or None.
        snippets: of the recording as it is given.
        rescaled_to: snippets that the model's recordings are rescaled to, or None.
        where: the recording, for messages.

    Raises:
        TimeError: neither a time between snippets nor a duration is known.

    """
    given = said.over(sidecar)
    seconds, first, duration = given.seconds_per_snippet, given.first_center_seconds, given.duration
    seen = rescaled_to or snippets
    if seconds is None and of_model is not None:
        seconds = of_model["seconds_per_snippet"]
        first = _first_given(first, of_model["first_center_seconds"])
    if seconds is None:
        if duration is None:
            raise TimeError(
                f"{where}: when were its snippets? The recordings that the model was trained on differ in that: give "
                "seconds_per_snippet, or the duration that the snippets divide into equal parts"
            )
        each = duration / seen
        return Placed(each, _first_given(first, each / 2), duration)
    first = _first_given(first, seconds / 2)
    duration = _first_given(duration, first + (snippets - 0.5) * seconds)
    if duration <= 0:
        raise TimeError(f"{where}: first_center_seconds = {first:g} puts all of its {snippets} snippets before 0 s")
    if rescaled_to and rescaled_to != snippets:
        share = snippets / rescaled_to  # given snippets in a rescaled one
        return Placed(seconds * share, first + (share - 1) / 2 * seconds, duration)
    return Placed(seconds, first, duration)


def _first_given(*values: Any) -> Any:
    return next((float(value) for value in values if value is not None), None)
