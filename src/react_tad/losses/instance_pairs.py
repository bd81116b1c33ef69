"""Which instances ACE-enc compares (section 3.2; table 4).

Positives have the anchor's class: S1 from the same video, S2 from another. Negatives are N1, instances of another
class, and N2, crops wholly inside the anchor whose IoU with it is small. An anchor draws one positive (S1 or S2 with
equal chance where it has both) and ``count`` negatives of each kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy


@dataclass(frozen=True)
class Instances:
    """Annotated instances to draw from: arrays ``[M]``. One instance seen in two windows has one ``identity``."""

    video: numpy.ndarray
    """Their videos; for :func:`draw_released_partners` their windows."""
    label: numpy.ndarray
    identity: numpy.ndarray


@dataclass(frozen=True)
class Draw:
    """Partners of anchors, as indices into the instances drawn from; -1 where there is none."""

    positive: numpy.ndarray
    """``[A]``"""
    other_class: numpy.ndarray
    """N1: ``[A, count]``, or ``[A, 0]`` if N1 is not used."""


def draw_partners(
    anchors: Instances,
    bank: Instances,
    random: numpy.random.Generator,
    *,
    positives: tuple[str, ...],
    negatives: tuple[str, ...],
    count: int,
) -> Draw:
    """Draw a positive and the N1 negatives of each anchor from a bank of instances."""
    positive = numpy.full(len(anchors.label), -1)
    other = numpy.full((len(anchors.label), count if "N1" in negatives else 0), -1)
    by_class = {label: numpy.flatnonzero(bank.label == label) for label in numpy.unique(anchors.label)}
    not_class = {label: numpy.flatnonzero(bank.label != label) for label in by_class}
    for anchor, (video, label, identity) in enumerate(zip(anchors.video, anchors.label, anchors.identity, strict=True)):
        same = by_class[label]
        same = same[bank.identity[same] != identity]
        here = bank.video[same] == video
        kinds = [same[mask] for kind, mask in (("S1", here), ("S2", ~here)) if kind in positives and mask.any()]
        if kinds:
            positive[anchor] = random.choice(kinds[random.integers(len(kinds))])
        if other.shape[1] and len(not_class[label]):
            other[anchor] = random.choice(not_class[label], size=count)
    return Draw(positive, other)


def draw_anchors(counts: Sequence[int], random: numpy.random.Generator) -> numpy.ndarray:
    """One random instance of each window that has any, as the released code takes anchors; ``counts`` by window."""
    ends = numpy.cumsum(counts)
    return numpy.array(
        [random.integers(end - count, end) for end, count in zip(ends, counts, strict=True) if count], int
    )


def draw_released_partners(
    label: numpy.ndarray, bank: Instances, random: numpy.random.Generator, *, count: int
) -> Draw:
    """Partners as the released code draws them, for anchors of classes ``label`` ``[A]``; ``bank.video`` is a window.

    Positive: a random window that has the class, then a random instance of the class there, maybe the anchor itself.
    Other class: a random other class, a random window that has it, then a random instance there of any class but the
    anchor's.
    """
    classes = numpy.unique(bank.label)
    windows_of = {name: numpy.unique(bank.video[bank.label == name]) for name in classes}
    positive = numpy.full(len(label), -1)
    other = numpy.full((len(label), count), -1)
    for anchor, own in enumerate(label):
        if own in windows_of:
            window = random.choice(windows_of[own])
            positive[anchor] = random.choice(numpy.flatnonzero((bank.video == window) & (bank.label == own)))
        others = classes[classes != own]
        for place in range(count if len(others) else 0):
            window = random.choice(windows_of[random.choice(others)])
            other[anchor, place] = random.choice(numpy.flatnonzero((bank.video == window) & (bank.label != own)))
    return Draw(positive, other)


def draw_inner_crops(
    start_end: numpy.ndarray,
    long: numpy.ndarray,
    random: numpy.random.Generator,
    *,
    count: int,
    iou: tuple[float, float],
    iou_long: tuple[float, float],
) -> numpy.ndarray:
    """N2: ``count`` segments inside each of ``start_end`` ``[A, 2]``, ``[A, count, 2]``.

    A crop inside a segment has an IoU with it of its share of the length; that is uniform in ``iou``, or in
    ``iou_long`` where ``long`` ``[A]`` is true. Its place is uniform too.
    """
    low, high = numpy.where(long[:, None], iou_long, iou).T[..., None]  # [A, 1] each
    length = (start_end[:, 1] - start_end[:, 0])[:, None]
    width = random.uniform(low, high, (len(start_end), count)) * length
    start = start_end[:, :1] + random.random(width.shape) * (length - width)
    return numpy.stack((start, start + width), axis=-1)
