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

from react_tad import segments
from react_tad.devices import send
from react_tad.losses.contrastive import contrastive_loss
from react_tad.losses.instance_pairs import (
    Draw,
    Instances,
    draw_anchors,
    draw_inner_crops,
    draw_partners,
    draw_released_partners,
)
from react_tad.losses.roi_pooling import roi_pool
from react_tad.losses.targets import Targets
from react_tad.params import objective

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

    def __init__(self, settings: objective.AceEnc, bank: InstanceBank | None = None):
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
        released = settings.pairs == "released"
        # The released code places an anchor by the padded length, also in a window that is shorter.
        placed_by = torch.full_like(lengths, sequences.shape[1]) if released else lengths
        pooled = self._pool(sequences, targets.window, in_snippets(targets, placed_by), lengths)
        if settings.position == "before":
            bank = self.bank
        elif released:
            bank = self._bank_of_windows(sequences, lengths, anchors)
        else:
            bank = InstanceBank(pooled, anchors.instances)
        chosen, draw = self._draw(anchors, bank, random)
        paired = numpy.flatnonzero(draw.positive >= 0)
        rows, kept, positive, other = (
            send(torch.from_numpy(each), pooled.device)
            for each in (chosen[paired], paired, draw.positive[paired], draw.other_class)
        )
        negatives = [bank.features[other.clamp(min=0)]]
        present = [other >= 0]
        if "N2" in settings.negatives:
            negatives.append(self._inner_crops(sequences, lengths, anchors, chosen, random))
            present.append(torch.ones(negatives[-1].shape[:2], dtype=torch.bool, device=pooled.device))
        return self.loss(
            project(pooled[rows]),
            project(bank.features[positive]),
            project(torch.cat(negatives, dim=1)[kept]),
            torch.cat(present, dim=1)[kept],
        )

    def loss(self, anchor: Tensor, positive: Tensor, negative: Tensor, present: Tensor) -> Tensor:
        """Equation 7 for projected features: ``[A, dim]`` twice, ``[A, K, dim]`` and ``[A, K]``."""
        negative = negative.detach() if self.settings.detach_negatives else negative
        return contrastive_loss(anchor, positive, negative, present, self.settings.temperature)

    def _pool(self, sequences: Tensor, sequence: Tensor, start_end: Tensor, lengths: Tensor) -> Tensor:
        settings = self.settings
        return roi_pool(sequences, sequence, start_end, lengths, bins=settings.bins, form=settings.pooling)

    def _bank_of_windows(self, sequences: Tensor, lengths: Tensor, anchors: Anchors) -> InstanceBank:
        """The instances of a batch as ``released`` draws partners: by window, in their right place."""
        targets = anchors.targets
        pooled = self._pool(sequences, targets.window, in_snippets(targets, lengths), lengths)
        window = numpy.repeat(numpy.arange(len(targets.counts)), targets.counts)
        return InstanceBank(pooled, replace(anchors.instances, video=window))

    def _draw(self, anchors: Anchors, bank: InstanceBank, random: numpy.random.Generator) -> tuple[numpy.ndarray, Draw]:
        """Which instances of the batch are anchors ``[A]``, and their partners."""
        settings = self.settings
        if settings.pairs == "released":
            chosen = draw_anchors(anchors.targets.counts, random)
            label = anchors.instances.label[chosen]
            count = settings.negatives_per_kind if "N1" in settings.negatives else 0
            return chosen, draw_released_partners(label, bank.instances, random, count=count)
        draw = draw_partners(
            anchors.instances,
            bank.instances,
            random,
            positives=settings.positives,
            negatives=settings.negatives,
            count=settings.negatives_per_kind,
        )
        return numpy.arange(len(anchors.long)), draw

    def _inner_crops(
        self,
        sequences: Tensor,
        lengths: Tensor,
        anchors: Anchors,
        chosen: numpy.ndarray,
        random: numpy.random.Generator,
    ) -> Tensor:
        """Pooled features of N2's crops ``[A, count, dim]`` of the chosen anchors ``[A]``."""
        settings = self.settings
        crops = draw_inner_crops(
            anchors.start_end[chosen],
            anchors.long[chosen],
            random,
            count=settings.negatives_per_kind,
            iou=settings.inner_iou,
            iou_long=settings.inner_iou_long or settings.inner_iou,
        )
        crops = torch.from_numpy(crops).to(anchors.targets.segments.dtype)
        flat = send(crops, sequences.device).flatten(0, 1)
        window = anchors.targets.window[send(torch.from_numpy(chosen), sequences.device)]
        pooled = self._pool(sequences, window.repeat_interleave(settings.negatives_per_kind), flat, lengths)
        return pooled.unflatten(0, (-1, settings.negatives_per_kind))
