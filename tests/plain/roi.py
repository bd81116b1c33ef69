"""Temporal RoI pooling (section 3.2), one bin at a time."""

import math


def read(sequence, position):
    """Value at a position in snippets, snippet ``i`` at ``i + 0.5``; before the first and after the last: theirs."""
    return between(sequence, position - 0.5)


def between(sequence, index):
    """Value at a real-valued index, linearly; before the first and after the last: theirs."""
    last = len(sequence) - 1
    from_first = min(max(index, 0.0), float(last))
    below = math.floor(from_first)
    above = min(below + 1, last)
    return sequence[below] + (from_first - below) * (sequence[above] - sequence[below])


def pool(sequence, start, end, bins):
    """Mean of the values at the centres of ``bins`` equal parts of [start, end]."""
    width = (end - start) / bins
    return sum(read(sequence, start + (number + 0.5) * width) for number in range(bins)) / bins


def released_pool(sequence, start, end, bins):
    """The released code's: ``sequence`` is with its padding, snippet ``i`` at ``i``, several samples a bin."""
    start, end = (min(max(place, 0.0), float(len(sequence))) for place in (start, end))
    width = max(end - start, 1.0) / bins
    samples = math.ceil(width)
    pooled = 0.0 * sequence[0]
    for number in range(bins):
        for sample in range(samples):
            position = start + (number + (sample + 0.5) / samples) * width
            if position <= len(sequence):  # nothing beyond the padding
                pooled = pooled + between(sequence, position) / samples / bins
    return pooled
