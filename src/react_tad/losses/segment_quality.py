"""Segment quality loss (section 3.3, equation 9).

The midpoint's target is ``exp(-|m - m_gt| / l_gt)`` of a matched query and its own instance, the extent's target the
IoU of any query with the instance closest to it, 0 in a window without instances. The paper writes a sum and gives no
weight; as in the released code, each part is a mean over the queries that it is about.

The released code differs in three ways: binary cross-entropy for the midpoint (``midpoint="bce"``), gradient that flows
through the IoU's target (``target_gradient=True``), and the loss at every layer, which is the caller's.
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


def closest_iou(predicted: Tensor, targets: Targets, *, overlap: str = "exact") -> Tensor:
    """Largest IoU of each segment with an instance of its window ``[layers, B, N]``, 0 where there is none.

    ``predicted`` is ``[layers, B, N, 2]`` in (center, width).
    """
    if not len(targets.labels):
        return predicted.new_zeros(predicted.shape[:-1])
    measure = segments.Overlap.named(overlap)
    ends, instance_ends = measure.start_end(predicted), segments.start_end(targets.segments)
    here = targets.window == torch.arange(predicted.shape[1], device=predicted.device).unsqueeze(-1)  # [B, M]
    iou = segments.pairwise_iou(ends, instance_ends, measure.margin)  # [layers, B, N, M]
    return iou.masked_fill(~here.unsqueeze(1), 0).amax(dim=-1)


def midpoint_loss(logits: Tensor, predicted: Tensor, match: Match, targets: Targets, *, form: str) -> Tensor:
    """The midpoint's part of equation 9 for each layer ``[layers]``, mean over matched queries.

    ``logits`` and ``predicted`` are ``[layers, B, N, 2]``; ``form`` is ``l1`` or ``bce``.
    """
    wanted = midpoint_quality(match.of(predicted).detach(), targets.segments[match.instance])
    asked = match.of(logits)[..., 0]
    if form == "bce":
        distance = F.binary_cross_entropy_with_logits(asked, wanted, reduction="none")
    else:
        distance = (asked.sigmoid() - wanted).abs()
    return distance.sum(dim=1) / match.pairs


def iou_loss(
    logits: Tensor, predicted: Tensor, targets: Targets, *, overlap: str = "exact", target_gradient: bool = False
) -> Tensor:
    """The extent's part of equation 9 for each layer ``[layers]``, mean over all queries; shapes as above."""
    with torch.set_grad_enabled(target_gradient and torch.is_grad_enabled()):
        wanted = closest_iou(predicted, targets, overlap=overlap)
    return (logits[..., 1].sigmoid() - wanted).abs().mean(dim=(1, 2))
