"""ACE-enc (section 3.2, equation 7; table 4): instances of a class are drawn together, others apart.

``before`` the encoder, the features compared are those of the input projection. Pooling commutes with that linear
layer, so the raw features of all training instances are pooled once, into a bank that partners are drawn from.
``after`` the encoder nothing can be kept, and partners come from the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy
import torch
from torch import Tensor

from react_tad import params, segments
from react_tad.losses.contrastive import contrastive_loss
from react_tad.losses.instance_pairs import Instances, draw_inner_crops, draw_partners
from react_tad.losses.roi_pooling import roi_pool
from react_tad.losses.targets import Targets

LONG = 0.75
"""An instance that covers more of its window than this share takes ``inner_iou_long``."""


@dataclass(frozen=True)
class InstanceBank:
    """All training instances: raw pooled features ``[M, dimension]`` and who they are."""

    features: Tensor
    instances: Instances

    def to(self, device: torch.device) -> "InstanceBank":
        """The same bank on another device."""
        return InstanceBank(self.features.to(device), self.instances)


@dataclass(frozen=True)
class Anchors:
    """The instances of a batch, aligned with its :class:`Targets`."""

    instances: Instances
    targets: Targets


class AceEnc:
    """Draws pairs and computes the loss; the random numbers come from the caller, so that a step can be repeated."""

    def __init__(self, settings: params.AceEnc, bank: InstanceBank | None = None):
        if settings.position == "before" and bank is None:
            raise ValueError("ACE-enc before the encoder needs a bank of training instances")
        self.settings, self.bank = settings, bank

    def __call__(
        self,
        sequences: Tensor,
        lengths: Tensor,
        anchors: Anchors,
        random: numpy.random.Generator,
        project: Callable[[Tensor], Tensor] = torch.nn.Identity(),  # noqa: B008 - stateless
    ) -> Tensor:
        """Equation 7 for the instances of a batch.

        ``before``: ``sequences`` are raw features ``[B, T, dimension]`` and ``project`` is the input projection.
        ``after``: ``sequences`` are the encoder's output ``[B, T, dim]``. ``lengths`` is ``[B]``.
        """
        settings, targets = self.settings, anchors.targets
        window = targets.window
        start_end = segments.start_end(targets.segments) * lengths[window].unsqueeze(-1)  # in snippets
        pooled = roi_pool(sequences, window, start_end, lengths, bins=settings.bins)
        bank = self.bank if settings.position == "before" else InstanceBank(pooled, anchors.instances)
        draw = draw_partners(
            anchors.instances,
            bank.instances,
            random,
            positives=settings.positives,
            negatives=settings.negatives,
            count=settings.negatives_per_kind,
        )
        positive = torch.from_numpy(draw.positive).to(pooled.device)
        other = torch.from_numpy(draw.other_class).to(pooled.device)
        negatives = [bank.features[other.clamp(min=0)]]
        present = [other >= 0]
        if "N2" in settings.negatives:
            negatives.append(self._inner_crops(sequences, lengths, targets, start_end, random))
            present.append(torch.ones(negatives[-1].shape[:2], dtype=torch.bool, device=pooled.device))
        negative = project(torch.cat(negatives, dim=1))
        paired = positive >= 0
        return contrastive_loss(
            project(pooled[paired]),
            project(bank.features[positive[paired]]),
            (negative.detach() if settings.detach_negatives else negative)[paired],
            torch.cat(present, dim=1)[paired],
            settings.temperature,
        )

    def _inner_crops(
        self, sequences: Tensor, lengths: Tensor, targets: Targets, start_end: Tensor, random: numpy.random.Generator
    ) -> Tensor:
        """Pooled features of N2's crops ``[A, count, dim]``."""
        settings = self.settings
        crops = draw_inner_crops(
            start_end.cpu().double().numpy(),
            (targets.segments[:, 1] > LONG).cpu().numpy(),
            random,
            count=settings.negatives_per_kind,
            iou=settings.inner_iou,
            iou_long=settings.inner_iou_long or settings.inner_iou,
        )
        flat = torch.from_numpy(crops).to(start_end).flatten(0, 1)
        window = targets.window.repeat_interleave(settings.negatives_per_kind)
        pooled = roi_pool(sequences, window, flat, lengths, bins=settings.bins)
        return pooled.unflatten(0, (-1, settings.negatives_per_kind))
