"""Temporal RoI pooling (section 3.2): one feature vector for a segment of a sequence.

As RoIAlign: the segment is divided into bins, each bin is read at its centre with linear interpolation, and the bins
are averaged. Positions are in snippets, snippet ``i`` centred at ``i + 0.5``; a position before the first or after the
last centre reads the first or the last snippet. The weights of a segment sum to 1, so that pooling commutes with a
linear layer: raw features can be pooled once and projected later.
"""

import torch
from torch import Tensor


def roi_pool(sequences: Tensor, sequence: Tensor, start_end: Tensor, lengths: Tensor, *, bins: int) -> Tensor:
    """Pool segments of padded sequences.

    ``sequences`` is ``[B, T, dim]`` with ``lengths`` ``[B]`` valid snippets, ``sequence`` ``[M]`` says in which
    sequence each segment lies, ``start_end`` is ``[M, 2]`` in snippets. Returns ``[M, dim]``.
    """
    share = (torch.arange(bins, device=start_end.device, dtype=start_end.dtype) + 0.5) / bins
    position = start_end[:, :1] + share * (start_end[:, 1:] - start_end[:, :1]) - 0.5  # [M, bins], first centre at 0
    last = (lengths[sequence] - 1).unsqueeze(-1)
    position = torch.minimum(position.clamp(min=0), last.to(position.dtype))
    below = position.floor().long()
    above = torch.minimum(below + 1, last)
    share_above = (position - below).to(sequences.dtype).unsqueeze(-1)
    rows = sequence.unsqueeze(-1)
    return torch.lerp(sequences[rows, below], sequences[rows, above], share_above).mean(dim=1)
