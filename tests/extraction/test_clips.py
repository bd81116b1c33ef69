"""Frames of clips against a search through all frames, and by hand."""

import weakref
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from react_tad.extraction.clips import Grid, cut, make_clips
from react_tad.params.section import ParameterError


@dataclass
class Shown:
    since: Fraction
    until: Fraction
    frame: int


def film(times, end):
    """Frames that are shown from these times on, numbered."""
    times = [Fraction(time) for time in times]
    return [Shown(a, b, number) for number, (a, b) in enumerate(pairwise([*times, Fraction(end)]))]


def constant(count, rate, digits=None, start=0):
    """A film of a constant rate; with ``digits`` its times are rounded as containers do."""
    times = [start + Fraction(number) / rate for number in range(count + 1)]
    times = times if digits is None else [round(time, digits) for time in times]
    return film(times[:-1], times[-1])


def clips_of(shown, clips, rate):
    return [frames for _, frames in cut(shown, clips, Fraction(rate), lambda frame: frame)]


def searched(shown, clips, rate):
    """What each clip sees, found frame by frame: the last one that is shown, or will be in less than half a frame."""
    rate, early = Fraction(rate), 1 / (2 * Fraction(rate))
    period = 1 / Fraction(str(clips.fps)) if clips.fps else 1 / rate
    stride = Fraction(str(clips.stride_seconds)) if clips.stride_seconds else clips.stride_frames * period
    found, start = [], shown[0].since
    while True:
        instants = [start + len(found) * stride + j * clips.step * period for j in range(clips.frames)]
        if instants[-1] > shown[-1].until - early:
            return found
        found.append([[item.frame for item in shown if item.since - early < at][-1] for at in instants])


@pytest.mark.parametrize("rate", [25, Fraction(30000, 1001), 12.5, 8])
@pytest.mark.parametrize("digits", [None, 3, 2])
@pytest.mark.parametrize(("frames", "step", "stride"), [(16, 1, 8), (4, 3, 5), (2, 1, 7), (1, 1, 1)])
def test_a_constant_rate_gives_exactly_every_stride_th_frame(rate, digits, frames, step, stride):
    """Times that a container rounded to milliseconds, or to hundredths, change nothing."""
    rate, clips = Fraction(rate), make_clips(frames=frames, step=step, stride_frames=stride)
    found = clips_of(constant(200, rate, digits, start=Fraction(1, 3)), clips, rate)
    count = (200 - ((frames - 1) * step + 1)) // stride + 1
    assert found == [[k * stride + j * step for j in range(frames)] for k in range(count)]


def test_a_variable_rate_by_hand():
    """Ten frames a second for a second, a frame of two seconds, then two a second; clips of two looks, 0.5 s apart."""
    shown = film([*(Fraction(n, 10) for n in range(11)), 3, 3.5, 4], 4.5)
    clips = make_clips(frames=2, stride_seconds=0.5, fps=4)
    found = clips_of(shown, clips, 10)
    # Instants 0, 0.25 | 0.5, 0.75 | 1, 1.25 | 1.5, 1.75 | ...
    assert found == [[0, 2], [5, 7], [10, 10], [10, 10], [10, 10], [10, 10], [11, 11], [12, 12], [13, 13]]


def test_twice_as_many_looks_as_frames():
    clips = make_clips(frames=6, stride_frames=2, fps=50)
    assert clips_of(constant(4, 25), clips, 25) == [[0, 0, 1, 1, 2, 2], [1, 1, 2, 2, 3, 3]]


@pytest.mark.parametrize("seed", range(30))
def test_any_rate_against_a_search(seed):
    random = np.random.default_rng(seed)
    gaps = [Fraction(int(gap), 1000) for gap in random.choice([1, 20, 40, 41, 39, 400, 2000], size=120)]
    times = [sum(gaps[:n], Fraction(0)) for n in range(len(gaps))]
    shown = film(times, sum(gaps))
    rate = len(gaps) / sum(gaps)
    options = {"frames": int(random.integers(1, 9)), "step": int(random.integers(1, 5))}
    options |= {"stride_seconds": 0.3} if seed % 2 else {"stride_frames": int(random.integers(1, 30))}
    clips = make_clips(**options, fps=[None, 8.0, 29.97][seed % 3])
    found = clips_of(shown, clips, rate)
    assert found == searched(shown, clips, rate)
    assert found


def test_frames_are_looked_at_once_and_dropped_when_no_clip_needs_them():
    """So memory does not grow with the video."""

    class Picture:
        pass

    alive, seen, most = weakref.WeakSet(), [], 0

    def see(frame):
        seen.append(frame)
        alive.add(picture := Picture())
        return picture

    clips = make_clips(frames=4, step=2, stride_frames=4)
    for _ in cut(constant(2000, 25), clips, Fraction(25), see):
        most = max(most, len(alive))
    assert seen == list(range(0, 2000, 2))
    assert most <= 6, "a clip of four, and what the next ones began with"


def test_the_middle_of_a_clip():
    """16 frames at 25 a second last 0.64 s; every fourth, from the first to the end of the last, 61 frames."""
    start = Fraction(2)
    assert Grid.of(make_clips(frames=16), start, Fraction(25)).first_center == start + Fraction(32, 100)
    grid = Grid.of(make_clips(frames=16, step=4, stride_seconds=0.1), start, Fraction(25))
    assert grid.first_center == start + Fraction(61, 50)
    assert grid.stride == Fraction(1, 10), "a tenth, not the binary number next to it"


def test_without_a_stride_it_is_half_a_clip():
    assert make_clips(frames=16, step=4).stride_frames == 32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 0}, "clips: frames = 0: Input should be greater than 0"),
        ({"frames": 16, "fps": -1.0}, "clips: fps = -1.0: Input should be greater than 0"),
        ({"frames": 16, "stride_frames": 0}, "stride_frames = 0"),
        ({"frames": 16, "stride_frames": 1, "stride_seconds": 1.0}, "give one of them"),
    ],
)
def test_values_that_cannot_be_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        make_clips(**options)
