"""A share of a data set's videos that is held out: the same on every machine, and hardly changed by further videos."""

import hashlib
import math
from collections.abc import Iterable


def held_out(videos: Iterable[str], share: float) -> frozenset[str]:
    """Choose ``share`` of the videos, rounded up, by the sha256 of their names.

    The order of the videos does not matter, and the choice for one share is part of that for a larger one.
    """
    names = sorted(videos, key=lambda name: hashlib.sha256(name.encode()).digest())
    return frozenset(names[: math.ceil(share * len(names))])
