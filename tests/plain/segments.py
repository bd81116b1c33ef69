"""Overlap of two segments, one pair at a time; a segment is (start, end). ``margin`` is added to denominators."""


def ends(segment):
    """(center, width) to (start, end)."""
    center, width = segment
    return center - width / 2, center + width / 2


def cut(segment):
    """The part of a (start, end) that lies in the window, whose ends are 0 and 1."""
    return tuple(0.0 if end < 0 else 1.0 if end > 1 else end for end in segment)


def iou(first, second, margin=0.0):
    shared = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    covered = (first[1] - first[0]) + (second[1] - second[0]) - shared
    return shared / (covered + margin) if covered + margin > 0 else 0.0


def generalized_iou(first, second, margin=0.0):
    shared = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    covered = (first[1] - first[0]) + (second[1] - second[0]) - shared
    hull = max(first[1], second[1]) - min(first[0], second[0])
    if hull + margin == 0:
        return 0.0
    return iou(first, second, margin) - (hull - covered) / (hull + margin)
