"""Ground truth of a batch in the form that the losses read."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Targets:
    """Instances of all windows of a batch, one after the other.

    ``segments`` is ``[M, 2]``, (center, width) in shares of the window's valid length; ``labels`` is ``[M]``;
    ``counts`` says how many instances each window has.
    """

    segments: Tensor
    labels: Tensor
    counts: tuple[int, ...]

    @property
    def normaliser(self) -> int:
        """Number of instances that losses are divided by, at least 1."""
        return max(len(self.labels), 1)

    @property
    def window(self) -> Tensor:
        """Window that each instance lies in ``[M]``."""
        counts = torch.tensor(self.counts, device=self.labels.device)
        return torch.arange(len(self.counts), device=self.labels.device).repeat_interleave(counts)

    def to(self, device: torch.device) -> "Targets":
        """The same on another device."""
        return Targets(self.segments.to(device), self.labels.to(device), self.counts)


@dataclass(frozen=True)
class Match:
    """Queries paired with instances by the Hungarian matching of one decoder layer: three tensors ``[P]``."""

    window: Tensor
    query: Tensor
    instance: Tensor
    """Index into :class:`Targets`."""
