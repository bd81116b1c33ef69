"""Temporal segments: coordinate formats and the only IoU and gIoU of the project.

Two formats exist: ``start_end`` is (start, end), ``center_width`` is (center, width). Units are the caller's (seconds,
snippets, or shares of a window). Everything takes NumPy arrays and torch tensors alike, so that evaluation and
suppression need no torch.
"""

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy

Array = Any  # numpy.ndarray or torch.Tensor


def _library(array: Array) -> ModuleType:
    """The module that ``array`` belongs to; torch is only looked up, never imported."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(array, torch.Tensor) else numpy


def start_end(center_width: Array) -> Array:
    """(center, width) to (start, end); ``[..., 2]`` to ``[..., 2]``."""
    center, half = center_width[..., 0], center_width[..., 1] / 2
    return _library(center).stack((center - half, center + half), -1)


def center_width(start_end: Array) -> Array:
    """(start, end) to (center, width); ``[..., 2]`` to ``[..., 2]``."""
    start, end = start_end[..., 0], start_end[..., 1]
    return _library(start).stack(((start + end) / 2, end - start), -1)


def overlap(first: Array, second: Array) -> tuple[Array, Array, Array]:
    """Lengths of intersection, union and hull of two (start, end) arrays that broadcast against each other.

    The hull is the shortest segment that covers both. Results have the broadcast shape without the last axis. Segments
    must have end >= start.
    """
    library = _library(first)
    intersection, union = _intersection_union(first, second)
    hull = library.maximum(first[..., 1], second[..., 1]) - library.minimum(first[..., 0], second[..., 0])
    return intersection, union, hull


def _intersection_union(first: Array, second: Array) -> tuple[Array, Array]:
    library = _library(first)
    start_a, end_a, start_b, end_b = first[..., 0], first[..., 1], second[..., 0], second[..., 1]
    intersection = (library.minimum(end_a, end_b) - library.maximum(start_a, start_b)).clip(min=0)
    return intersection, (end_a - start_a) + (end_b - start_b) - intersection


def _ratio(part: Array, whole: Array) -> Array:
    """``part / whole``, and 0 where ``whole`` is 0; gradients stay finite."""
    empty = whole <= 0
    if _library(whole) is not numpy:
        return (part / whole.masked_fill(empty, 1)).masked_fill(empty, 0)
    if not empty.any():  # the same, several times as fast; torch would wait for the device here
        return part / whole
    safe = numpy.where(empty, numpy.ones_like(whole), whole)
    return numpy.where(empty, numpy.zeros_like(whole), part / safe)


def iou(first: Array, second: Array, margin: float = 0.0) -> Array:
    """Temporal IoU (tIoU) of (start, end) segments that broadcast; 0 for two segments of zero length.

    ``margin`` is added to the denominator (see :class:`Overlap`).
    """
    intersection, union = _intersection_union(first, second)
    return _ratio(intersection, union + margin)


def generalized_iou(first: Array, second: Array, margin: float = 0.0) -> Array:
    """GIoU in (-1, 1]: IoU minus the share of the hull that neither segment covers (equation 11)."""
    intersection, union, hull = overlap(first, second)
    return _ratio(intersection, union + margin) - _ratio(hull - union, hull + margin)


def pairwise_iou(first: Array, second: Array, margin: float = 0.0) -> Array:
    """tIoU of every pair: ``[..., N, 2]`` and ``[..., M, 2]`` in (start, end) give ``[..., N, M]``."""
    return iou(first[..., :, None, :], second[..., None, :, :], margin)


@dataclass(frozen=True)
class Overlap:
    """How the network and its losses measure overlap of segments in shares of a window.

    ``exact`` takes segments as they are. ``released`` is what the released code does: segments are cut to the window
    first (so that no gradient reaches an end outside it), and 1e-6 is added to denominators.
    """

    cut: bool
    margin: float

    @classmethod
    def named(cls, name: str) -> "Overlap":
        """``exact`` or ``released``."""
        return {"exact": cls(cut=False, margin=0.0), "released": cls(cut=True, margin=1e-6)}[name]

    def start_end(self, center_width: Array) -> Array:
        """(center, width) ``[..., 2]`` to (start, end), cut to [0, 1] if this says so."""
        ends = start_end(center_width)
        return ends.clip(0, 1) if self.cut else ends
