"""Normalized average precision: classes with few and with many instances become comparable.

Precision of a class depends on how many instances there are to find. Normalized precision supposes that every class
had N of them: at recall R and with F false positives it is R N / (R N + F) (Hoiem et al. 2012; DETAD section 3). With N
the class's own number of instances this is precision itself.
"""

import numpy as np

from react_tad.evaluation.average_precision import groups
from react_tad.evaluation.diagnosis.matching import Matches


def usual_instances(matches: Matches) -> float:
    """N of normalized AP: instances a class, over the classes that have any."""
    return len(matches.ground_truth.label) / int(np.count_nonzero(matches.instances))


def normalized_precision(true: np.ndarray, false: np.ndarray, instances: int, usual: float) -> np.ndarray:
    """Precision down to each of n detections of one class, [n, T], as if the class had ``usual`` instances.

    ``true`` and ``false`` are [n, T] booleans by descending score; a detection may be neither, and does not count.
    """
    hits = true.cumsum(0) * (usual / instances)
    return hits / np.maximum(hits + false.cumsum(0), np.finfo(float).tiny)


def normalized_ap(true: np.ndarray, false: np.ndarray, instances: int, usual: float) -> np.ndarray:
    """Area under the interpolated curve of :func:`normalized_precision` against recall, [T]."""
    precision = normalized_precision(true, false, instances, usual)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return (best * true).sum(0) / instances


def mean_ap(
    matches: Matches, true: np.ndarray, false: np.ndarray, instances: np.ndarray, usual: float | None
) -> np.ndarray:
    """Mean of AP over the classes that have instances, [T]; NaN if none has.

    ``true`` and ``false`` [N, T] say what the detections count as, ``instances`` [C] how many instances each class is
    to find. ``usual`` is N of normalized AP; None for plain AP.
    """
    rows = groups(matches.label)
    nothing = np.array([], dtype=int)
    ap = []
    for index in np.flatnonzero(instances):
        own = rows.get(int(index), nothing)
        ap.append(normalized_ap(true[own], false[own], instances[index], usual or instances[index]))
    return np.mean(ap, axis=0) if ap else np.full(true.shape[1], np.nan)
