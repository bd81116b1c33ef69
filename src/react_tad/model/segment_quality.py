"""Segment quality (section 3.3): two numbers in [0, 1] that say how well a query's segment is placed.

The first estimates how close its midpoint is to the action's, the second its IoU with it. At inference the class score
is multiplied by both. The loss is :mod:`react_tad.losses.segment_quality` (equation 9).
"""

from torch import Tensor, nn


class SegmentQuality(nn.Linear):
    """phi of section 3.3, a single fully connected layer: ``[..., dim]`` to logits ``[..., 2]`` (midpoint, IoU)."""

    def __init__(self, dim: int):
        super().__init__(dim, 2)


def combine(quality_logits: Tensor) -> Tensor:
    """zeta = zeta_1 * zeta_2: logits ``[..., 2]`` to the factor ``[...]`` of the class score."""
    return quality_logits.sigmoid().prod(dim=-1)
