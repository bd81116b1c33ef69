"""How many instances of each class there are in each split."""

from collections import Counter
from collections.abc import Iterable, Mapping

from react_tad.data.annotations import SUBSETS, Video
from react_tad.data.readable_names import readable

Counts = dict[str, Counter[str]]
"""Instances by class and split."""
SHOWN = 10
"""Classes in a message about many."""


def count(videos: Iterable[Video], classes: Iterable[str] = ()) -> Counts:
    """Instances by class and split; ``classes`` are those that there are, whether they have instances or not."""
    counts: Counts = {label: Counter() for label in classes}
    for video in videos:
        for instance in video.instances:
            counts.setdefault(instance.label, Counter())[video.subset] += 1
    return dict(sorted(counts.items()))


def with_counts(label: str, count: Mapping[str, int], *, escaped: bool = False) -> str:
    """A class for a message: ``'nod' (training 12, validation 4, test 0)``."""
    name = ascii(label) if escaped else f"'{readable(label)}'"
    return f"{name} ({', '.join(f'{split} {count.get(split, 0)}' for split in SUBSETS)})"


def listed(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Classes for a message: all of a few, the first of many."""
    shown = ", ".join(with_counts(label, counts[label]) for label in list(counts)[:SHOWN])
    rest = len(counts) - SHOWN
    return shown + f", and {rest} more" * (rest > 0)
