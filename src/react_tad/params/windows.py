"""Parameters of the step ``windows``."""

from typing import Literal

from react_tad.params.section import Fraction, Positive, Section


class Windows(Section):
    """How recordings are cut into windows (supplement, C)."""

    length: Positive = 256
    """Snippets a window."""
    stride: Positive = 64
    """Snippets between the starts of neighbouring windows."""
    min_inside: Fraction = 0.75
    """A window of a video longer than ``length`` has an instance if at least this share of its duration lies inside."""
    out_of_range: Literal["clip", "refuse"] = "clip"
    """What to do with an annotated segment that runs past the end of its recording."""
