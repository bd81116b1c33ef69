"""Regression of matched queries' segments (equation 11): L1 on (center, width), and 1 - gIoU.

``overlap="released"`` cuts segments to the window for the gIoU, not for the L1.
"""

from torch import Tensor

from react_tad import segments
from react_tad.losses.targets import Match, Targets


def regression_losses(
    predicted: Tensor, match: Match, targets: Targets, *, overlap: str = "exact"
) -> tuple[Tensor, Tensor]:
    """L1 and gIoU loss of each layer ``[layers]``, divided by the instances, for segments ``[layers, B, N, 2]`` in
    (center, width).
    """
    measure = segments.Overlap.named(overlap)
    found = match.of(predicted)
    wanted = targets.segments[match.instance]
    distance = (found - wanted).abs().sum(dim=(1, 2))
    giou = segments.generalized_iou(measure.start_end(found), segments.start_end(wanted), measure.margin)
    return distance / targets.normaliser, (1 - giou).sum(dim=1) / targets.normaliser
