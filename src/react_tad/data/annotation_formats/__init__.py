"""Published annotations, one module a format, all to one form: :class:`AnnotatedVideo` by name.

A reader does not stop at the first fault: it gives what it could read, and a :class:`~react_tad.data.problems.Problem`
for all that it could not.
"""

from typing import NamedTuple

from react_tad.data.annotations import AMBIGUOUS, Instance


class AnnotatedVideo(NamedTuple):
    """What a file of annotations says about one video; times in seconds."""

    subset: str
    """``validation`` or ``test``, the official sets with temporal annotations."""
    instances: tuple[Instance, ...]
    """In the order of the file."""
    ambiguous: tuple[Instance, ...] = ()
    """Segments labelled ``Ambiguous``: no class, and not to be trained on."""
    duration: float | None = None
    """``None`` where the file has none."""
    fps: float | None = None
    """Frames a second; ``None`` where the file has none."""


def apart(instances: list[Instance]) -> tuple[tuple[Instance, ...], tuple[Instance, ...]]:
    """Instances of classes, and ambiguous segments."""
    known = tuple(instance for instance in instances if instance.label != AMBIGUOUS)
    return known, tuple(instance for instance in instances if instance.label == AMBIGUOUS)


def segment_fault(start: float, end: float) -> str | None:
    """Say what is wrong with a segment in seconds, whatever its video; ``None`` if nothing is."""
    if not 0 <= start < float("inf"):
        return f"a segment starts at {start:g} s"
    if not start <= end < float("inf"):
        return f"a segment ends at {end:g} s and starts at {start:g} s"
    return None
