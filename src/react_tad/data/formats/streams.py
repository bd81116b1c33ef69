"""Features that stand side by side: RGB and flow of one video.

Streams of one video may differ by one snippet, since flow is between frames: the longer one is cut.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError
from react_tad.data.readable_names import readable

APART = 1
"""Snippets that the streams of one video may differ by."""
PAIR = ("rgb", "flow")
"""Names of two streams in one file, in the order in which they are joined."""
ALONE = "features"
SHOULD = "one array, one called 'features', or two called 'rgb' and 'flow'"


@dataclass(frozen=True, eq=False)
class OwnFeatures(LazyFeatures):
    """Features that say where they are from."""

    files: tuple[Path, ...] = ()
    """One, or one a stream."""
    cut: bool = False
    """Whether a stream was cut to the length of the other."""


def choose(names: Collection[str]) -> tuple[str, ...]:
    """The arrays of a file or a group that are the features of one video; none where that is not clear."""
    pair, alone = set(PAIR) <= set(names), ALONE in names
    if pair and not alone:
        return PAIR
    if alone and not set(PAIR) & set(names):
        return (ALONE,)
    return tuple(names) if len(names) == 1 else ()


def join(parts: Sequence[OwnFeatures], where: str, names: Sequence[str]) -> OwnFeatures:
    """Join the streams of one video along the dimension, cut to the shortest.

    Args:
        parts: the streams, in their order.
        where: file and video, for messages.
        names: of the streams, for messages.

    Raises:
        FeatureError: they differ by more than one snippet.

    """
    if len(parts) == 1:
        return parts[0]
    lengths = [len(part) for part in parts]
    shortest = min(lengths)
    if max(lengths) - shortest > APART:
        found = ", ".join(f"{name} {length}" for name, length in zip(names, lengths, strict=True))
        raise FeatureError(f"{where}: snippets: {found}; streams of one video may differ by {APART}")
    return OwnFeatures(
        (shortest, sum(part.shape[1] for part in parts)),
        partial(_load, tuple(parts), shortest),
        tuple(dict.fromkeys(file for part in parts for file in part.files)),
        max(lengths) > shortest or any(part.cut for part in parts),
    )


def _load(parts: Sequence[LazyFeatures], snippets: int) -> np.ndarray:
    return np.concatenate([np.asarray(part)[:snippets] for part in parts], axis=1)


def join_videos(streams: Mapping[str, Mapping[str, OwnFeatures]]) -> dict[str, OwnFeatures]:
    """Join streams of many videos.

    Args:
        streams: by their names, in their order; of each, the features by video.

    Raises:
        FeatureError: videos that are not in all streams, or whose lengths differ by more than one snippet, all at once.

    """
    if len(streams) == 1:
        return dict(*streams.values())
    videos = list(dict.fromkeys(video for stream in streams.values() for video in stream))
    faults = [
        f"{name}: no features of {listed(missing)}, of which there are some in "
        f"{' and '.join(other for other, of in streams.items() if any(video in of for video in missing))}; "
        "every stream should have every video"
        for name, stream in streams.items()
        if (missing := [video for video in videos if video not in stream])
    ]
    if faults:
        raise FeatureError("\n".join(faults))
    joined = {}
    for video in videos:
        parts = [stream[video] for stream in streams.values()]
        try:
            joined[video] = join(parts, f"video '{readable(video)}'", list(streams))
        except FeatureError as error:
            faults.append(str(error))
    raise_all(faults)
    return joined


def cut_note(features: Collection[LazyFeatures]) -> list[str]:
    """A line about the videos of which a stream was cut, if there are any."""
    count = sum(getattr(lazy, "cut", False) for lazy in features)
    if not count:
        return []
    return [
        f"streams that differ by one snippet, cut to the shorter: {count} of {len(features)} "
        f"video{'s' * (len(features) > 1)}"
    ]


SHOWN = 5
"""Names in a message about many videos."""
FAULTS = 20
"""Faults in one message."""


def listed(videos: Collection[str], what: str = "video") -> str:
    """Names for a message: all of a few, the first of many."""
    shown = ", ".join(f"'{readable(name)}'" for name in sorted(videos)[:SHOWN])
    return f"{len(videos)} {what}{'s' * (len(videos) > 1)} ({shown}{', ...' * (len(videos) > SHOWN)})"


def raise_all(faults: Sequence[str]) -> None:
    """Raise a :class:`FeatureError` that has all faults, or the first of many, if there are any."""
    if faults:
        rest = len(faults) - FAULTS
        error = FeatureError("\n".join([*faults[:FAULTS], *([f"... and {rest} more"] * (rest > 0))]))
        error.faults = list(faults)  # type: ignore[attr-defined]
        raise error
