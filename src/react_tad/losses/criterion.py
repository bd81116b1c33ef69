"""The training objective: the sum of all terms (section 3.4, equation 10), with auxiliary losses at every layer.

| term | what | weight |
|---|---|---|
| ``classification`` | ``L^q_foc``, focal loss of the queries | ``loss.classification.weight`` |
| ``ace_dec`` | ``L^gt_foc``, ground-truth segments (equation 8) | the same times ``ground_truth_weight`` |
| ``l1``, ``giou`` | regression (equation 11) | ``loss.segment`` |
| ``quality_midpoint``, ``quality_iou`` | segment quality (equation 9) | ``loss.quality.weight`` |
| ``iou_decay`` | equation 6 | ``loss.iou_decay.weight``, 0 where it is only logged |
| ``ace_enc`` | equation 7 | ``loss.ace_enc.weight`` |
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.profiler import record_function

from react_tad.losses.classification import ground_truth_class_loss, ground_truth_references, query_class_loss
from react_tad.losses.iou_decay import iou_decay
from react_tad.losses.matching import match
from react_tad.losses.regression import regression_losses
from react_tad.losses.segment_quality import iou_loss, midpoint_loss
from react_tad.losses.targets import Targets
from react_tad.params.objective import Loss, Matching


class Criterion:
    """Computes the terms by name and adds them up. Equation 7 is :class:`react_tad.losses.ace_enc.AceEnc`."""

    def __init__(self, loss: Loss, matching: Matching):
        self.loss, self.matching = loss, matching

    def terms(
        self, output: Any, targets: Targets, classify_segments: Callable[[Any, Tensor], Tensor] | None
    ) -> dict[str, Tensor]:
        """Unweighted terms of a batch, each summed over the layers that have it; see :meth:`by_layer`."""
        return {name: term.sum() for name, term in self.by_layer(output, targets, classify_segments).items()}

    def by_layer(
        self, output: Any, targets: Targets, classify_segments: Callable[[Any, Tensor], Tensor] | None
    ) -> dict[str, Tensor]:
        """Unweighted terms of a batch by layer ``[layers]``.

        ``output`` is what the detector returned, ``classify_segments(output, references)`` its second pass (``None``
        leaves ACE-dec's second term out). Raises ``FloatingPointError`` if the matching meets a value that is not
        finite.
        """
        loss, decoded = self.loss, output.decoded
        focal = {"alpha": loss.classification.alpha, "gamma": loss.classification.gamma}
        layers = slice(0 if loss.auxiliary else -1, None)
        with record_function("matching"):
            pairs = match(decoded.logits[layers], decoded.segments[layers], targets, self.matching)
        logits, predicted = decoded.logits[layers], decoded.segments[layers]
        terms = {}
        if loss.classification.query:
            terms["classification"] = query_class_loss(logits, pairs, targets, **focal)
        terms["l1"], terms["giou"] = regression_losses(predicted, pairs, targets, overlap=loss.overlap)
        if loss.classification.ground_truth and classify_segments is not None:
            references = ground_truth_references(predicted[-1], pairs, targets, unmatched=loss.classification.unmatched)
            second = classify_segments(output, references)[layers]
            terms["ace_dec"] = ground_truth_class_loss(second, pairs, targets, **focal)
        if output.quality is not None:
            graded = layers if loss.quality.layers == "all" else slice(-1, None)
            quality, segments = output.quality[graded], decoded.segments[graded]
            terms["quality_midpoint"] = midpoint_loss(
                quality, segments, pairs[-len(quality) :], targets, form=loss.quality.midpoint
            )
            terms["quality_iou"] = iou_loss(
                quality, segments, targets, overlap=loss.overlap, target_gradient=loss.quality.target_gradient
            )
        terms["iou_decay"] = iou_decay(predicted, overlap=loss.overlap)
        return terms

    def total(self, terms: dict[str, Tensor], iteration: int | None = None) -> Tensor:
        """Weighted sum of terms; ``iteration`` counts training steps for the warm-up of the classification loss."""
        classification = self.loss.classification
        warming = iteration is not None and iteration < classification.warmup_iterations
        weights = {
            "classification": 0.0 if warming else classification.weight,
            "ace_dec": classification.weight * classification.ground_truth_weight,
            "l1": self.loss.segment.l1_weight,
            "giou": self.loss.segment.giou_weight,
            "quality_midpoint": self.loss.quality.weight,
            "quality_iou": self.loss.quality.weight,
            "iou_decay": self.loss.iou_decay.weight if self.loss.iou_decay.enabled else 0.0,
            "ace_enc": self.loss.ace_enc.weight,
        }
        return torch.stack([weights[name] * term for name, term in terms.items()]).sum()
