"""Segment quality loss (section 3.3, equation 9).

The target of a predicted segment is ``exp(-|m - m_gt| / l_gt)`` for its midpoint and its IoU for its extent, both with
respect to the instance closest to it; no gradient flows through the target. The closest instance is the one of largest
gIoU: in one dimension that is the one of largest IoU, and where none overlaps the one whose gap is the smallest share
of the hull.

``midpoint="bce"`` is the released code's form: binary cross-entropy for the midpoint, over matched queries and their
instances only; the IoU stays L1 over all queries.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from react_tad import segments
from react_tad.losses.targets import Match, Targets


def midpoint_quality(predicted: Tensor, instance: Tensor) -> Tensor:
    """``exp(-|m - m_gt| / l_gt)`` of (center, width) segments ``[..., 2]`` that broadcast; 0 for an instance of width
    0.
    """
    width = instance[..., 1].clamp(min=torch.finfo(instance.dtype).tiny)
    return torch.exp(-(predicted[..., 0] - instance[..., 0]).abs() / width)


@torch.no_grad()
def quality_targets(predicted: Tensor, targets: Targets) -> Tensor:
    """Targets ``[B, N, 2]`` (midpoint, IoU) of (center, width) segments ``[B, N, 2]``; 0 in a window without
    instances.
    """
    if not len(targets.labels):
        return torch.zeros_like(predicted)
    ends, instance_ends = segments.start_end(predicted), segments.start_end(targets.segments)
    here = targets.window == torch.arange(len(predicted), device=predicted.device).unsqueeze(-1)  # [B, M]
    closeness = segments.generalized_iou(ends.unsqueeze(2), instance_ends)  # [B, N, M]
    closest = closeness.masked_fill(~here.unsqueeze(1), -torch.inf).argmax(dim=-1)  # [B, N]
    midpoint = midpoint_quality(predicted, targets.segments[closest])
    iou = segments.iou(ends, instance_ends[closest])
    return torch.stack((midpoint, iou), dim=-1) * here.any(dim=1)[:, None, None]


def quality_loss(logits: Tensor, predicted: Tensor, match: Match, targets: Targets, *, midpoint: str) -> Tensor:
    """Equation 9 for the last layer's logits ``[B, N, 2]`` and segments ``[B, N, 2]``.

    The paper writes a sum and gives no weight. Here what runs over all queries is divided by their number ``B * N``,
    and what runs over matched queries by the number of instances.
    """
    wanted = quality_targets(predicted, targets)
    distance = (logits.sigmoid() - wanted).abs().mean(dim=(0, 1))
    if midpoint == "l1":
        return distance.sum()
    matched = predicted[match.window, match.query].detach()
    centered = midpoint_quality(matched, targets.segments[match.instance])
    asked = logits[match.window, match.query, 0]
    cross_entropy = F.binary_cross_entropy_with_logits(asked, centered, reduction="sum")
    return cross_entropy / targets.normaliser + distance[1]
