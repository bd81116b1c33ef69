"""From a batch to the terms of the objective (equation 10), in either stage."""

import numpy
import torch
from torch import Tensor
from torch.profiler import record_function

from react_tad.losses.ace_enc import AceEnc
from react_tad.losses.criterion import Criterion
from react_tad.model.react import Output, ReAct
from react_tad.training.batches import Batch, WindowSet
from react_tad.training.precision import TrainingPass
from react_tad.training.settings import Settings


class Objective:
    """The terms of a batch by name, and their weighted sum."""

    def __init__(self, settings: Settings, model: ReAct, training: WindowSet, device: torch.device):
        """``training`` are the windows that ACE-enc's partners come from."""
        self.settings, self.model = settings.loss.ace_enc, model
        self.forward = TrainingPass(model, precision=settings.train.precision, device=device)
        self.criterion = Criterion(settings.loss, settings.matching)
        self.ace_enc = self._ace_enc(training, device) if self.settings.enabled else None

    def _ace_enc(self, training: WindowSet, device: torch.device) -> AceEnc:
        settings = self.settings
        if settings.position == "after":
            return AceEnc(settings)
        bank_of = training.window_bank if settings.pairs == "released" else training.instance_bank
        return AceEnc(settings, bank_of(bins=settings.bins, form=settings.pooling).to(device))

    def terms(self, batch: Batch, stage: str, random: numpy.random.Generator) -> dict[str, Tensor]:
        """All terms of one batch in a stage, ``contrastive`` or ``detector``."""
        if stage == "contrastive":
            return {"ace_enc": self._contrast(batch, None, random)}
        with record_function("forward"):
            output = self.forward(batch.features, batch.lengths)
        with record_function("losses"):
            terms = self.criterion.terms(output, batch.targets, self.forward.classify_segments)
        if self.ace_enc is not None and self.settings.stage == "joint":
            terms["ace_enc"] = self._contrast(batch, output, random)
        return terms

    def validation_terms(self, batch: Batch) -> dict[str, Tensor]:
        """The detector's terms, without the second pass of ACE-dec and without ACE-enc."""
        return self.criterion.terms(self.model(batch.features, batch.lengths), batch.targets, None)

    def total(self, terms: dict[str, Tensor], iteration: int) -> Tensor:
        """Weighted sum; ``iteration`` counts the steps of the detector's stage."""
        return self.criterion.total(terms, iteration)

    def _contrast(self, batch: Batch, output: Output | None, random: numpy.random.Generator) -> Tensor:
        """Equation 7 on what ``loss.ace_enc.position`` asks for."""
        with record_function("ace_enc"):
            if self.settings.position == "before":
                return self.ace_enc(batch.features, batch.lengths, batch.anchors, random, self.forward.project)
            return self.ace_enc(output.encoded, batch.lengths, batch.anchors, random)
