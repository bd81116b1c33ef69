"""Overlap of two segments, one pair at a time; a segment is (start, end)."""


def ends(segment):
    """(center, width) to (start, end)."""
    center, width = segment
    return center - width / 2, center + width / 2


def iou(first, second):
    shared = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    covered = (first[1] - first[0]) + (second[1] - second[0]) - shared
    return shared / covered if covered > 0 else 0.0


def generalized_iou(first, second):
    shared = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    covered = (first[1] - first[0]) + (second[1] - second[0]) - shared
    hull = max(first[1], second[1]) - min(first[0], second[0])
    if hull == 0:
        return 0.0
    return (shared / covered if covered > 0 else 0.0) - (hull - covered) / hull
