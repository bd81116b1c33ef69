"""Ground truth of a batch in the form that the losses read."""

from dataclasses import dataclass

import torch
from torch import Tensor

from react_tad.devices import pinned, send


@dataclass(frozen=True)
class Targets:
    """Instances of all windows of a batch, one after the other.

    ``segments`` is ``[M, 2]``, (center, width) in shares of the window's valid length; ``labels`` is ``[M]``;
    ``counts`` says how many instances each window has. ``window``, the window that each instance lies in ``[M]``,
    follows from it; it is made on the host, since the host would wait for a GPU there.
    """

    segments: Tensor
    labels: Tensor
    counts: tuple[int, ...]
    window: Tensor | None = None

    def __post_init__(self):
        if self.window is None:
            counts = torch.tensor(self.counts, dtype=torch.long)
            window = torch.arange(len(counts)).repeat_interleave(counts, output_size=sum(self.counts))
            object.__setattr__(self, "window", send(window, self.labels.device))

    @property
    def normaliser(self) -> int:
        """Number of instances that losses are divided by, at least 1."""
        return max(len(self.labels), 1)

    def to(self, device: torch.device) -> "Targets":
        """The same on another device than the host."""
        segments, labels, window = (send(each, device) for each in (self.segments, self.labels, self.window))
        return Targets(segments, labels, self.counts, window)

    def pin_memory(self) -> "Targets":
        """The same in pinned memory."""
        segments, labels, window = (pinned(each) for each in (self.segments, self.labels, self.window))
        return Targets(segments, labels, self.counts, window)


@dataclass(frozen=True)
class Match:
    """Queries paired with instances by the Hungarian matching of each decoder layer: three tensors ``[layers, P]``.

    Every layer has as many pairs: in each window the lesser of queries and instances.
    """

    window: Tensor
    query: Tensor
    instance: Tensor
    """Index into :class:`Targets`."""

    def __getitem__(self, layers: slice) -> "Match":
        """The pairs of some of the layers."""
        return Match(self.window[layers], self.query[layers], self.instance[layers])

    @property
    def pairs(self) -> int:
        """Pairs a layer, at least 1: what losses of matched queries are divided by."""
        return max(self.window.shape[1], 1)

    def of(self, values: Tensor) -> Tensor:
        """What queries say ``[layers, B, N, ...]``, of the matched ones: ``[layers, P, ...]``."""
        layer = torch.arange(len(values), device=values.device).unsqueeze(1)
        return values[layer, self.window, self.query]
