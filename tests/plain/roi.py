"""Temporal RoI pooling (section 3.2), one bin at a time."""

import math


def read(sequence, position):
    """Value at a position in snippets, snippet ``i`` at ``i + 0.5``; before the first and after the last: theirs."""
    last = len(sequence) - 1
    from_first = min(max(position - 0.5, 0.0), float(last))
    below = math.floor(from_first)
    above = min(below + 1, last)
    return sequence[below] + (from_first - below) * (sequence[above] - sequence[below])


def pool(sequence, start, end, bins):
    """Mean of the values at the centres of ``bins`` equal parts of [start, end]."""
    width = (end - start) / bins
    return sum(read(sequence, start + (number + 0.5) * width) for number in range(bins)) / bins
