"""Instances that are missed (false negatives).

Nearly every instance is found by some detection of very low score. As in DETAD, one that is found only where the
normalized precision of its class has sunk to 5 % or less counts as missed.
"""

import numpy as np

from react_tad.evaluation.average_precision import groups
from react_tad.evaluation.diagnosis.characteristics import Characteristic
from react_tad.evaluation.diagnosis.matching import Matches
from react_tad.evaluation.diagnosis.normalized_ap import normalized_precision, usual_instances

USELESS_PRECISION = 0.05


def missed(matches: Matches, *, useless_precision: float = USELESS_PRECISION) -> np.ndarray:
    """Which instances are missed at which threshold, [G, T] booleans."""
    result = np.ones((len(matches.ground_truth.label), len(matches.tiou)), dtype=bool)
    true, instances, usual = matches.true, matches.instances, usual_instances(matches)
    for label, rows in groups(matches.label).items():
        precision = normalized_precision(true[rows], ~true[rows], instances[label], usual)
        at, column = np.nonzero(true[rows] & (precision > useless_precision))
        result[matches.instance[rows[at], column], column] = False
    return result


def missed_by_bucket(missing: np.ndarray, characteristic: Characteristic) -> np.ndarray:
    """Share of each bucket's instances that are missed at each threshold, [B, T]; NaN for an empty bucket."""
    inside = characteristic.bucket == np.arange(len(characteristic.buckets))[:, None]  # [B, G]
    counts = characteristic.counts[:, None]
    return np.where(counts > 0, inside @ missing.astype(float) / np.maximum(counts, 1), np.nan)
