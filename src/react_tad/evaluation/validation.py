"""Average mAP on the validation split while training, for ``train.select: best_validation``.

Detection, suppression and evaluation are as set down here, whatever ``params.yaml`` says, so that an edit of the
suppression never trains anything anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from react_tad.detection.detections import RawDetections
from react_tad.detection.soft_nms import suppress
from react_tad.evaluation.average_precision import evaluate
from react_tad.evaluation.ground_truth import read_ground_truth

DETECTION = {"batch_size": 64, "classes_per_query": 1, "cut": "video"}
SUPPRESSION = {
    "method": "gaussian", "sigma": 0.4, "iou_threshold": 0.5, "class_wise": False, "keep": 1000, "floor": 1e-6,
}  # fmt: skip
EVALUATION = {"tiou": (0.3, 0.4, 0.5, 0.6, 0.7), "definition": "activitynet"}


class ValidationMap:
    """Called with a model, gives its average mAP over the windows of the validation split, in [0, 1]."""

    def __init__(self, annotations: Path, detections_of: Callable[[Any], RawDetections]):
        """``detections_of(model)`` detects in these windows as ``DETECTION`` says."""
        self.ground_truth = read_ground_truth(annotations, "validation")
        self.detections_of = detections_of

    def __call__(self, model: Any) -> float:
        """Detect, suppress, evaluate."""
        found = suppress(self.detections_of(model), **SUPPRESSION)
        return float(evaluate(self.ground_truth, found, **EVALUATION).average_map)
