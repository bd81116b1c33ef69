"""IoU decay, the ID of RAID (section 3.1, equation 6): queries are pushed apart in time."""

import torch
from torch import Tensor

from react_tad import segments


def iou_decay(predicted: Tensor, *, form: str) -> Tensor:
    """Overlap among a window's queries, mean over windows, of (center, width) segments ``[B, N, 2]``.

    ``form="half_sum"`` is equation 6: half the sum over all pairs (i, j), i = j included, which adds a constant.
    ``form="upper_mean"`` is what the released code logs: the mean over pairs i < j.
    """
    ends = segments.start_end(predicted)
    overlap = segments.pairwise_iou(ends, ends)
    if form == "half_sum":
        return overlap.sum(dim=(-1, -2)).mean() / 2
    first, second = torch.triu_indices(*overlap.shape[-2:], offset=1, device=overlap.device)
    return overlap[:, first, second].mean() if len(first) else overlap.new_zeros(())
