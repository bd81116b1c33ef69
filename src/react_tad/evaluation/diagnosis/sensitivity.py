"""How precision depends on a characteristic of the instances: normalized mAP of each bucket alone.

Only the instances of the bucket are to be found. Detections that find an instance of another bucket do not count;
false positives count as ever, since they belong to no bucket. N is the same for all buckets.
"""

import numpy as np

from react_tad.evaluation.diagnosis.characteristics import Characteristic
from react_tad.evaluation.diagnosis.matching import Matches
from react_tad.evaluation.diagnosis.normalized_ap import mean_ap, usual_instances


def normalized_map_by_bucket(matches: Matches, characteristic: Characteristic) -> np.ndarray:
    """Normalized mAP of each bucket at each threshold, [B, T], over the classes that it has; NaN for an empty one."""
    truth, usual = matches.ground_truth, usual_instances(matches)
    bucket = np.append(characteristic.bucket, -1)[matches.instance]  # [N, T]; a false positive's -1 picks the last
    result = np.empty((len(characteristic.buckets), len(matches.tiou)))
    for index in range(len(result)):
        inside = truth.label[characteristic.bucket == index]
        instances = np.bincount(inside, minlength=len(truth.classes))
        result[index] = mean_ap(matches, bucket == index, ~matches.true, instances, usual)
    return result
