"""IoU decay, the ID of RAID (section 3.1, equation 6): queries are pushed apart in time.

Equation 6 has no normaliser; the released code divides by N^2, the square of the number of queries.
"""

from torch import Tensor

from react_tad import segments


def iou_decay(predicted: Tensor, *, overlap: str = "exact") -> Tensor:
    """Sum of the IoU over a window's pairs i < j of queries / N^2, mean over windows.

    Takes (center, width) segments ``[layers, B, N, 2]`` and gives ``[layers]``.
    """
    measure = segments.Overlap.named(overlap)
    ends = measure.start_end(predicted)
    pairs = segments.pairwise_iou(ends, ends, measure.margin).triu(diagonal=1)
    return pairs.sum(dim=(-1, -2)).mean(dim=-1) / predicted.shape[-2] ** 2
