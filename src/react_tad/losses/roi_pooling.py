"""Temporal RoI pooling (section 3.2): one feature vector for a segment of a sequence.

As RoIAlign: the segment is divided into bins, each bin is read at its centre with linear interpolation, and the bins
are averaged. Positions are in snippets, snippet ``i`` centred at ``i + 0.5``; a position before the first or after the
last centre reads the first or the last snippet. The weights of a segment sum to 1, so that pooling commutes with a
linear layer: raw features can be pooled once and projected later.

``form="released"`` is the released code's: snippet ``i`` lies at ``i``; a bin is the mean of ceil(length / 16) samples;
a segment is cut to [0, T], padding included, and counts as at least 1 snippet long. Samples between the last snippet
and T read the last one, those beyond T zero. (Only a segment shorter than a snippet at the very end has such samples;
their weights then do not sum to 1.)
"""

import torch
from torch import Tensor


def roi_pool(
    sequences: Tensor, sequence: Tensor, start_end: Tensor, lengths: Tensor, *, bins: int, form: str = "exact"
) -> Tensor:
    """Pool segments of padded sequences.

    ``sequences`` is ``[B, T, dim]`` with ``lengths`` ``[B]`` valid snippets, ``sequence`` ``[M]`` says in which
    sequence each segment lies, ``start_end`` is ``[M, 2]`` in snippets. Returns ``[M, dim]``.
    """
    if form == "released":
        return released_bins(sequences, sequence, start_end, bins=bins).mean(dim=1)
    share = (torch.arange(bins, device=start_end.device, dtype=start_end.dtype) + 0.5) / bins
    position = start_end[:, :1] + share * (start_end[:, 1:] - start_end[:, :1]) - 0.5  # [M, bins], first centre at 0
    last = (lengths[sequence] - 1).unsqueeze(-1)
    position = torch.minimum(position.clamp(min=0), last.to(position.dtype))
    return _interpolate(sequences, sequence.unsqueeze(-1), position, last).mean(dim=1)


def released_bins(sequences: Tensor, sequence: Tensor, start_end: Tensor, *, bins: int) -> Tensor:
    """The bins of each segment as the released code has them ``[M, bins, dim]``; arguments as in :func:`roi_pool`."""
    total = sequences.shape[1]
    start, end = start_end.clamp(0, total).unbind(dim=-1)
    length = (end - start).clamp(min=1)
    samples = (length / bins).ceil()  # of each bin [M]
    most = -(-total // bins)
    sample = torch.arange(most, device=start_end.device, dtype=start_end.dtype)
    bin_ = torch.arange(bins, device=start_end.device, dtype=start_end.dtype).unsqueeze(-1)
    place = bin_ + (sample + 0.5) / samples[:, None, None]  # in bins [M, bins, most]
    position = start[:, None, None] + place * (length / bins)[:, None, None]
    counts = (sample < samples[:, None, None]) & (position <= total)
    last = torch.full((), total - 1, device=start_end.device)
    read = _interpolate(sequences, sequence[:, None, None], position.clamp(max=total - 1), last)
    return (read * counts.unsqueeze(-1)).sum(dim=2) / samples[:, None, None].to(read.dtype)


def _interpolate(sequences: Tensor, rows: Tensor, position: Tensor, last: Tensor) -> Tensor:
    """Values of ``sequences`` at real-valued indices ``position`` from 0 to ``last``, linearly."""
    below = position.floor().long()
    above = torch.minimum(below + 1, last)
    share_above = (position - below).to(sequences.dtype).unsqueeze(-1)
    return torch.lerp(sequences[rows, below], sequences[rows, above], share_above)
