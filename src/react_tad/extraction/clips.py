"""Which frames make a clip: arithmetic on times, nothing else.

Clips are laid on a regular grid of seconds, whatever the video's frames do: clip ``k`` looks at the instants ``start +
k * stride + j * step / rate`` for ``j = 0 ... frames - 1``, where ``start`` is the first frame's time and ``rate`` the
video's average frame rate, or ``fps`` where it is given. At each instant it sees the frame that is shown then: the last
one at or before. So the centres of clips are ``stride`` apart with a variable frame rate as well, a frame that stays
for long is seen several times, and at a constant frame rate clip ``k`` is exactly the frames ``k * S + j * step``.

Containers round times (Matroska to milliseconds), so that a frame may be noted just after the instant that it belongs
to. A frame counts as shown from less than half the video's average frame distance before its time: with that the frames
of a constant rate are found however they were rounded.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Annotated, Generic, Protocol, TypeVar

from pydantic import Field, model_validator

from react_tad.params.section import Positive, Section, validated

AboveZero = Annotated[float, Field(gt=0)]
Frame = TypeVar("Frame")
Picture = TypeVar("Picture")


class Clips(Section):
    """Which clips are cut; one of ``stride_frames`` and ``stride_seconds`` is given."""

    frames: Positive
    """Frames a clip, N."""
    step: Positive = 1
    """From frame to frame of a clip: 4 takes every fourth."""
    stride_frames: Positive | None = None
    """From clip to clip, in frames, S."""
    stride_seconds: AboveZero | None = None
    """From clip to clip, in seconds."""
    fps: AboveZero | None = None
    """Frames a second that are looked at; None is each video's own average."""

    @model_validator(mode="after")
    def _one_stride(self) -> "Clips":
        if (self.stride_frames is None) == (self.stride_seconds is None):
            raise ValueError(
                f"stride_frames is {self.stride_frames} and stride_seconds is {self.stride_seconds}; give one of them"
            )
        return self


def make_clips(
    *,
    frames: int,
    step: int = 1,
    fps: float | None = None,
    stride_frames: int | None = None,
    stride_seconds: float | None = None,
) -> Clips:
    """Make clips from options; without a stride it is half a clip.

    Raises:
        ParameterError: a value that cannot be; names it.

    """
    if stride_frames is None and stride_seconds is None:
        stride_frames = max(1, frames * step // 2)
    values = {"frames": frames, "step": step, "fps": fps}
    return validated(Clips, values | {"stride_frames": stride_frames, "stride_seconds": stride_seconds}, "clips")


class Shown(Protocol, Generic[Frame]):
    """A frame, and when it is shown, in seconds."""

    since: Fraction
    until: Fraction
    frame: Frame


@dataclass(frozen=True)
class Grid:
    """The instants of a video's clips, in seconds."""

    start: Fraction
    """When the first frame of the first clip is shown."""
    frames: int
    period: Fraction
    """How long a frame stays."""
    step: Fraction
    """From frame to frame of a clip."""
    stride: Fraction
    """From clip to clip."""

    @classmethod
    def of(cls, clips: Clips, start: Fraction, rate: Fraction) -> "Grid":
        """The grid of a video that starts at ``start`` and has ``rate`` frames a second on average."""
        period = 1 / (exactly(clips.fps) if clips.fps else rate)
        stride = exactly(clips.stride_seconds) if clips.stride_seconds else clips.stride_frames * period
        return cls(start, clips.frames, period, clips.step * period, stride)

    @property
    def length(self) -> Fraction:
        """Seconds from a clip's first frame to the end of its last."""
        return (self.frames - 1) * self.step + self.period

    @property
    def first_center(self) -> Fraction:
        """The middle of the first clip; clip ``k`` has its middle ``k * stride`` later."""
        return self.start + self.length / 2

    def asked(self, after: Fraction, until: Fraction) -> Iterator[tuple[int, int]]:
        """Clips that look at ``(after, until]``, and at how many of their instants, in order."""
        reach = (self.frames - 1) * self.step
        first = max(0, floor((after - self.start - reach) / self.stride) + 1)
        for clip in range(first, floor((until - self.start) / self.stride) + 1):
            begin = self.start + clip * self.stride
            passed = [min(max(0, floor((time - begin) / self.step) + 1), self.frames) for time in (after, until)]
            if passed[1] > passed[0]:
                yield clip, passed[1] - passed[0]


def exactly(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(repr(float(number)))


def cut(
    shown: Iterable[Shown[Frame]], clips: Clips, rate: Fraction, see: Callable[[Frame], Picture]
) -> Iterator[tuple[Grid, list[Picture]]]:
    """The video's clips in order, each with the grid. A clip that the video ends in is left out.

    Args:
        shown: the frames in order.
        clips: which clips.
        rate: the video's average frame rate.
        see: makes of a frame what clips hold. It is called once for each frame that a clip looks at, and kept for as
            long as a clip needs it; other frames are dropped at once.

    """
    early = 1 / (2 * rate)
    grid: Grid | None = None
    begun: dict[int, list[Picture]] = {}
    for item in shown:
        grid = grid or Grid.of(clips, item.since, rate)
        picture = None
        for clip, count in grid.asked(item.since - early, item.until - early):
            picture = see(item.frame) if picture is None else picture
            begun.setdefault(clip, []).extend([picture] * count)
            if len(begun[clip]) == grid.frames:
                yield grid, begun.pop(clip)
