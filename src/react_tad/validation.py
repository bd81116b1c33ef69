"""Average mAP on the validation split while training, for ``train.select: best_validation``.

Suppression and evaluation take their defaults whatever ``params.yaml`` says, so that an edit of the suppression never
trains anything anew.
"""

from pathlib import Path

import torch

from react_tad import params
from react_tad.batches import WindowSet
from react_tad.evaluation import evaluate
from react_tad.ground_truth import read_ground_truth
from react_tad.inference import detect, durations
from react_tad.model.react import ReAct
from react_tad.soft_nms import suppress


class ValidationMap:
    """Called with a model, gives its average mAP over the windows of the validation split, in [0, 1]."""

    def __init__(self, annotations: Path, windows: WindowSet, device: torch.device):
        self.ground_truth = read_ground_truth(annotations, "validation")
        self.durations = durations(annotations)
        self.windows, self.device = windows, device

    def __call__(self, model: ReAct) -> float:
        """Detect, suppress, evaluate."""
        raw = detect(model, self.windows, params.Inference(), self.durations, device=self.device, progress=False)
        settings = params.Evaluation()
        found = suppress(raw, params.SoftNms())
        return float(evaluate(self.ground_truth, found, settings.tiou, settings.definition).average_map)
