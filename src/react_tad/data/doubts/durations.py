"""Doubts about durations and the time of snippets: a factor by which all features end elsewhere than their video."""

from collections.abc import Iterator, Sequence

import numpy as np

from react_tad.data.datasets import Recording

ENOUGH = 3
"""Recordings from which on a common factor is no accident."""
FIT = 1.25
"""A factor of less is no other unit."""
SAME, MOST = 0.1, 0.8
"""The factors of most recordings are the same up to this."""
FRAME_RATES = (15, 20, 24, 25, 29.97, 30, 50, 59.94, 60, 120)
FRAMES_A_SNIPPET = 4
"""Features of fewer frames a snippet, each of which is one, are hardly ever computed; nor are snippets of 4 seconds."""
LONGEST_SNIPPET = 50
"""Seconds: a video of 80 minutes in 100 snippets."""


def features_end(recording: Recording) -> float:
    """Where the last snippet ends, in seconds."""
    return recording.first_center_seconds + (len(recording.features) - 0.5) * recording.seconds_per_snippet


def doubtful_durations(recordings: Sequence[Recording]) -> Iterator[str]:
    """Sentences on one split."""
    recordings = [item for item in recordings if features_end(item) > 0]
    if len(recordings) < ENOUGH:
        return
    factors = np.array([item.duration / features_end(item) for item in recordings])
    if np.allclose(factors, 1, atol=1e-6):
        yield from _spread(recordings)
        return
    factor = float(np.median(factors))
    same = np.abs(factors / factor - 1) <= SAME
    if 1 / FIT <= factor <= FIT or same.mean() < MOST:
        return
    seconds = float(np.median([item.seconds_per_snippet for item in recordings]))
    yield (
        f"durations are {factor:.3g} times where the features end, in {same.sum()} of {len(recordings)} videos alike: "
        f"{_cause(factor)}would fit {seconds * factor:.3g} seconds a snippet, and {seconds:.3g} is what the features "
        "are placed at. Are the durations in seconds, and are the times of snippets right?"
    )


def _cause(factor: float) -> str:
    rate = min(FRAME_RATES, key=lambda rate: abs(factor / rate - 1))
    if abs(factor / rate - 1) <= SAME / 2:
        return f"they may be numbers of frames, {rate:g} a second; as seconds they "
    if abs(factor / 1000 - 1) <= SAME:
        return "they may be milliseconds; as seconds they "
    if abs(factor * 60 - 1) <= SAME:
        return "they may be minutes; as seconds they "
    return "they "


def _spread(recordings: Sequence[Recording]) -> Iterator[str]:
    """Snippets that divide the duration: what a snippet lasts is all that can be wrong."""
    seconds = np.array([item.seconds_per_snippet for item in recordings])
    usual = float(np.median(seconds))
    if seconds.min() >= LONGEST_SNIPPET:
        yield (
            f"a snippet lasts {seconds.min():.3g} to {seconds.max():.3g} s, as the durations say: are those "
            "milliseconds or numbers of frames? They should be seconds"
        )
    elif (
        usual >= FRAMES_A_SNIPPET
        and len({len(item.features) for item in recordings}) >= ENOUGH
        and np.ptp(seconds) <= SAME * usual
        and all(float(item.duration).is_integer() for item in recordings)
    ):
        yield (
            f"all durations are whole numbers of about {usual:.3g} a snippet: are they numbers of frames? They should "
            "be seconds"
        )
