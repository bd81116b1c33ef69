"""What a data set is, in a few lines: its classes, recordings, hours and times."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

import numpy as np

from react_tad.data.annotations import SUBSETS, Video
from react_tad.data.class_counts import count
from react_tad.data.datasets import Recording
from react_tad.data.readable_names import readable

SHOWN = 20
"""Classes, of many."""


def class_table(videos: Mapping[str, Video], classes: Sequence[str]) -> Iterator[str]:
    """Instances by class and split, a class a line."""
    counts = count(videos.values(), classes)
    shown = {readable(label): counts[label] for label in list(counts)[:SHOWN]}
    title = f"{len(counts)} class{'es' * (len(counts) != 1)}, instances in"
    width = max(map(len, (title, *(f"  {label}" for label in shown))))
    yield "  ".join([title.ljust(width), *SUBSETS])
    for label, found in shown.items():
        yield "  ".join([f"  {label}".ljust(width), *(str(found[split]).rjust(len(split)) for split in SUBSETS)])
    if len(counts) > SHOWN:
        yield f"  ... and {len(counts) - SHOWN} more"


def of_splits(videos: Mapping[str, Video], recordings: Sequence[Recording], splits: Sequence[str]) -> Iterator[str]:
    """Recordings, hours, snippets and instances of each split; recordings without features are counted, too."""
    for split in splits:
        annotated = {name: video for name, video in videos.items() if video.subset == split}
        snippets = sum(len(item.features) for item in recordings if item.subset == split)
        hours = sum(video.duration for video in annotated.values()) / 3600
        instances = sum(len(video.instances) for video in annotated.values())
        yield f"{split}: {len(annotated)} recordings, {hours:.3g} hours, {snippets} snippets, {instances} instances"


def times(recordings: Sequence[Recording], time_base: str) -> Iterator[str]:
    """The dimension, and what a snippet lasts; ``time_base`` says where that comes from."""
    if not recordings:
        return
    dimensions = sorted({int(np.shape(item.features)[1]) for item in recordings})
    seconds = [item.seconds_per_snippet for item in recordings]
    low, middle, high = (f"{value:.4g}" for value in (min(seconds), median(seconds), max(seconds)))
    yield (
        f"dimension {', '.join(map(str, dimensions))}; seconds a snippet: min {low}, median {middle}, max {high}"
        + f" ({time_base})" * bool(time_base)
    )
