"""ACE-enc (section 3.2, equation 7; table 4): instances of a class are drawn together, others apart.

``before`` the encoder, the features compared are those of the input projection. Pooling commutes with that linear
layer, so the raw features of all training instances are pooled once, into a bank that partners are drawn from.
``after`` the encoder nothing can be kept, and partners come from the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy
import torch
from torch import Tensor

from react_tad import params, segments
from react_tad.devices import send
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
        """The same bank on another device than the host."""
        return InstanceBank(send(self.features, device), self.instances)


@dataclass(frozen=True)
class Anchors:
    """The instances of a batch, aligned with its :class:`Targets`.

    What pairs are drawn from stays on the host, so that drawing does not wait for a GPU.
    """

    instances: Instances
    targets: Targets
    start_end: numpy.ndarray
    """(start, end) in snippets, on the host ``[A, 2]``."""
    long: numpy.ndarray
    """Which cover more than ``LONG`` of their window, on the host ``[A]``."""

    @classmethod
    def of(cls, instances: Instances, targets: Targets, lengths: Tensor) -> "Anchors":
        """From targets and lengths of windows ``[B]`` on the host."""
        start_end = in_snippets(targets, lengths).double().numpy()
        return cls(instances, targets, start_end, (targets.segments[:, 1] > LONG).numpy())

    def to(self, device: torch.device) -> "Anchors":
        """The same with the targets on another device than the host."""
        return replace(self, targets=self.targets.to(device))

    def pin_memory(self) -> "Anchors":
        """The same with the targets in pinned memory."""
        return replace(self, targets=self.targets.pin_memory())


def in_snippets(targets: Targets, lengths: Tensor) -> Tensor:
    """(start, end) of instances ``[A, 2]`` in snippets of their windows, whose lengths are ``[B]``."""
    return segments.start_end(targets.segments) * lengths[targets.window].unsqueeze(-1)


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
        start_end = in_snippets(targets, lengths)
        pooled = roi_pool(sequences, targets.window, start_end, lengths, bins=settings.bins)
        bank = self.bank if settings.position == "before" else InstanceBank(pooled, anchors.instances)
        draw = draw_partners(
            anchors.instances,
            bank.instances,
            random,
            positives=settings.positives,
            negatives=settings.negatives,
            count=settings.negatives_per_kind,
        )
        paired = numpy.flatnonzero(draw.positive >= 0)
        rows, positive, other = (
            send(torch.from_numpy(each), pooled.device) for each in (paired, draw.positive[paired], draw.other_class)
        )
        negatives = [bank.features[other.clamp(min=0)]]
        present = [other >= 0]
        if "N2" in settings.negatives:
            negatives.append(self._inner_crops(sequences, lengths, anchors, random))
            present.append(torch.ones(negatives[-1].shape[:2], dtype=torch.bool, device=pooled.device))
        negative = project(torch.cat(negatives, dim=1))
        return contrastive_loss(
            project(pooled[rows]),
            project(bank.features[positive]),
            (negative.detach() if settings.detach_negatives else negative)[rows],
            torch.cat(present, dim=1)[rows],
            settings.temperature,
        )

    def _inner_crops(
        self, sequences: Tensor, lengths: Tensor, anchors: Anchors, random: numpy.random.Generator
    ) -> Tensor:
        """Pooled features of N2's crops ``[A, count, dim]``."""
        settings = self.settings
        crops = draw_inner_crops(
            anchors.start_end,
            anchors.long,
            random,
            count=settings.negatives_per_kind,
            iou=settings.inner_iou,
            iou_long=settings.inner_iou_long or settings.inner_iou,
        )
        crops = torch.from_numpy(crops).to(anchors.targets.segments.dtype)
        flat = send(crops, sequences.device).flatten(0, 1)
        window = anchors.targets.window.repeat_interleave(settings.negatives_per_kind)
        pooled = roi_pool(sequences, window, flat, lengths, bins=settings.bins)
        return pooled.unflatten(0, (-1, settings.negatives_per_kind))
