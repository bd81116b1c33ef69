"""Kinds of false positives, and what the absence of a kind would be worth.

A false positive is judged by the instance of its video, of whatever class, that it overlaps most:

======================  ====================  ====================
largest tIoU            of its own class      of another class
======================  ====================  ====================
the threshold or more   double detection      wrong label
0.1 or more             localization          confusion
less                    background            background
======================  ====================  ====================

Only the best 10 G detections of a class that has G instances are looked at, so that a long tail of low scores does not
decide. They are told apart by bands: the best G, the next G, and so on to the tenth.
"""

from enum import IntEnum

import numpy as np

from react_tad.evaluation.average_precision import groups
from react_tad.evaluation.diagnosis.matching import Matches
from react_tad.evaluation.diagnosis.normalized_ap import mean_ap, usual_instances
from react_tad.segments import pairwise_iou

BANDS = 10
BACKGROUND_BELOW = 0.1
"""tIoU with every instance below which a false positive is background."""


class Kind(IntEnum):
    """What a detection counts as at one threshold."""

    TRUE_POSITIVE = 0
    DOUBLE_DETECTION = 1
    WRONG_LABEL = 2
    LOCALIZATION = 3
    CONFUSION = 4
    BACKGROUND = 5

    @property
    def words(self) -> str:
        """The name for readers."""
        return self.name.lower().replace("_", " ")


ERRORS = tuple(Kind)[1:]


def kinds(matches: Matches, *, background_below: float = BACKGROUND_BELOW) -> np.ndarray:
    """:class:`Kind` of each detection at each threshold, [N, T] int."""
    own, other = _largest_overlaps(matches)
    largest, same = np.maximum(own, other)[:, None], (own >= other)[:, None]
    reached, touched = largest >= np.array(matches.tiou), largest >= background_below
    return np.select(
        [matches.true, reached & same, reached, touched & same, touched],
        [Kind.TRUE_POSITIVE, Kind.DOUBLE_DETECTION, Kind.WRONG_LABEL, Kind.LOCALIZATION, Kind.CONFUSION],
        Kind.BACKGROUND,
    )


def profile(matches: Matches, kind: np.ndarray, *, bands: int = BANDS) -> np.ndarray:
    """How many detections of each band are of each kind: [bands, T, 6] int, the last axis in the order of Kind."""
    inside = matches.band < bands
    table = np.zeros((bands, len(matches.tiou), len(Kind)), dtype=int)
    columns = np.broadcast_to(np.arange(len(matches.tiou)), kind[inside].shape)
    np.add.at(table, (matches.band[inside][:, None], columns, kind[inside]), 1)
    return table


def removal_gain(matches: Matches, kind: np.ndarray, removed: Kind, *, normalized: bool) -> np.ndarray:
    """How much mAP rises at each threshold, [T], when the detections of one kind are taken away."""
    usual = usual_instances(matches) if normalized else None
    false = ~matches.true
    before = mean_ap(matches, matches.true, false, matches.instances, usual)
    return mean_ap(matches, matches.true, false & (kind != removed), matches.instances, usual) - before


def _largest_overlaps(matches: Matches) -> tuple[np.ndarray, np.ndarray]:
    """Largest tIoU of each detection with an instance of its own class and with one of another, [N] each; 0 if there
    is none."""
    truth = matches.ground_truth
    own, other = np.zeros(len(matches.video)), np.zeros(len(matches.video))
    instances = groups(truth.video)
    for video, rows in groups(matches.video).items():
        if video in instances:
            there = instances[video]
            overlaps = pairwise_iou(matches.start_end[rows], truth.start_end[there])
            same = matches.label[rows, None] == truth.label[there]
            own[rows] = np.where(same, overlaps, 0).max(1)
            other[rows] = np.where(same, 0, overlaps).max(1)
    return own, other
