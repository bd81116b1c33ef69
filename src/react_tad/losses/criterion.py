"""The training objective: the sum of all terms (section 3.4, equation 10), with auxiliary losses at every layer.

| term | what | weight |
|---|---|---|
| ``classification`` | ``L^q_foc``, focal loss of the queries | ``loss.classification.weight`` |
| ``ace_dec`` | ``L^gt_foc``, ground-truth segments (equation 8) | the same times ``ground_truth_weight`` |
| ``l1``, ``giou`` | regression (equation 11) | ``loss.segment`` |
| ``quality`` | segment quality (equation 9), last layer | ``loss.quality.weight`` |
| ``iou_decay`` | equation 6, last layer | ``loss.iou_decay.weight``, 0 where it is only logged |
| ``ace_enc`` | equation 7 | ``loss.ace_enc.weight`` |
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.profiler import record_function

from react_tad import params
from react_tad.losses.classification import ground_truth_class_loss, ground_truth_references, query_class_loss
from react_tad.losses.iou_decay import iou_decay
from react_tad.losses.matching import match
from react_tad.losses.regression import regression_losses
from react_tad.losses.segment_quality import quality_loss
from react_tad.losses.targets import Match, Targets


class Criterion:
    """Computes the terms by name and adds them up. Equation 7 is :class:`react_tad.losses.ace_enc.AceEnc`."""

    def __init__(self, loss: params.Loss, matching: params.Matching):
        self.loss, self.matching = loss, matching

    def terms(
        self, output: Any, targets: Targets, classify_segments: Callable[[Any, Tensor], Tensor] | None
    ) -> dict[str, Tensor]:
        """Unweighted terms of a batch.

        ``output`` is what the detector returned, ``classify_segments(output, references)`` its second pass (``None``
        leaves ACE-dec's second term out). Raises ``FloatingPointError`` if the matching meets a value that is not
        finite.
        """
        decoded, settings = output.decoded, self.loss.classification
        focal = {"alpha": settings.alpha, "gamma": settings.gamma}
        with record_function("matching"):
            matches = match(decoded.logits, decoded.segments, targets, self.matching)
        first = 0 if self.loss.auxiliary else len(matches) - 1
        # Layers are stacked like further windows of the batch, so that each term is computed once.
        matched = stack_layers(matches[first:], windows=len(targets.counts))
        predicted = decoded.segments[first:].flatten(0, 1)
        terms = {}
        if settings.query:
            terms["classification"] = query_class_loss(decoded.logits[first:].flatten(0, 1), matched, targets, **focal)
        terms["l1"], terms["giou"] = regression_losses(predicted, matched, targets)
        if settings.ground_truth and classify_segments is not None:
            references = ground_truth_references(decoded.segments[-1], matches[-1], targets)
            logits = classify_segments(output, references)[first:]
            slots = stack_layers([matches[-1]] * len(logits), windows=len(targets.counts))
            terms["ace_dec"] = ground_truth_class_loss(logits.flatten(0, 1), slots, targets, **focal)
        if output.quality is not None:
            terms["quality"] = quality_loss(
                output.quality, decoded.segments[-1], matches[-1], targets, midpoint=self.loss.quality.midpoint
            )
        terms["iou_decay"] = iou_decay(decoded.segments[-1], form=self.loss.iou_decay.form)
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
            "quality": self.loss.quality.weight,
            "iou_decay": self.loss.iou_decay.weight if self.loss.iou_decay.enabled else 0.0,
            "ace_enc": self.loss.ace_enc.weight,
        }
        return torch.stack([weights[name] * term for name, term in terms.items()]).sum()


def stack_layers(matches: list[Match], *, windows: int) -> Match:
    """One match over the windows of all layers: window ``w`` of layer ``i`` becomes window ``i * windows + w``."""
    return Match(
        torch.cat([match.window + layer * windows for layer, match in enumerate(matches)]),
        torch.cat([match.query for match in matches]),
        torch.cat([match.instance for match in matches]),
    )
