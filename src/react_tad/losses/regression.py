"""Regression of matched queries' segments (equation 11): L1 on (center, width), and 1 - gIoU."""

from torch import Tensor

from react_tad import segments
from react_tad.losses.targets import Match, Targets


def regression_losses(predicted: Tensor, match: Match, targets: Targets) -> tuple[Tensor, Tensor]:
    """L1 and gIoU loss of one layer's segments ``[B, N, 2]`` in (center, width), each divided by the instances."""
    found = predicted[match.window, match.query]
    wanted = targets.segments[match.instance]
    distance = (found - wanted).abs().sum()
    giou = segments.generalized_iou(segments.start_end(found), segments.start_end(wanted))
    return distance / targets.normaliser, (1 - giou).sum() / targets.normaliser
