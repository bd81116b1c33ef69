"""Hungarian matching of queries with ground-truth instances (section 3, "Method overview").

The cost of a pair is the sum of -IoU, -class probability and the L1 distance of coordinates. All decoder layers are
costed at once and copied to the host once; each layer and window is then an assignment problem of its own.
"""

import numpy
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from react_tad import params, segments
from react_tad.losses.targets import Match, Targets


@torch.no_grad()
def matching_cost(logits: Tensor, predicted: Tensor, targets: Targets, matching: params.Matching) -> Tensor:
    """Cost of every query with every instance of the batch ``[layers, B, N, M]``.

    ``logits`` is ``[layers, B, N, classes]``, ``predicted`` ``[layers, B, N, 2]`` in (center, width).
    """
    predicted_ends, target_ends = segments.start_end(predicted), segments.start_end(targets.segments)
    iou = segments.pairwise_iou(predicted_ends, target_ends)
    if matching.form == "released":
        probability = logits.softmax(dim=-1)
        distance = torch.cdist(predicted_ends, target_ends.expand(*predicted.shape[:2], -1, -1), p=1)
    else:
        probability = logits.sigmoid()
        distance = torch.cdist(predicted, targets.segments.expand(*predicted.shape[:2], -1, -1), p=1)
    return (
        matching.l1_weight * distance
        - matching.iou_weight * iou
        - matching.class_weight * probability[..., targets.labels]
    )


def match(logits: Tensor, predicted: Tensor, targets: Targets, matching: params.Matching) -> list[Match]:
    """The cheapest one-to-one pairing of each layer; with more instances than queries some instances stay alone.

    Shapes as in :func:`matching_cost`. Raises ``FloatingPointError`` if a cost is not finite.
    """
    cost = matching_cost(logits, predicted, targets, matching).cpu().numpy()
    if not numpy.isfinite(cost).all():
        raise FloatingPointError("matching cost")
    ends = numpy.cumsum(targets.counts)
    starts = ends - targets.counts
    matches = []
    for layer in cost:
        pairs: tuple[list, list, list] = ([], [], [])
        for window, (start, end) in enumerate(zip(starts, ends, strict=True)):
            query, instance = linear_sum_assignment(layer[window, :, start:end])
            for column, values in zip(pairs, (numpy.full(len(query), window), query, instance + start), strict=True):
                column.append(values)
        matches.append(Match(*(torch.from_numpy(numpy.concatenate(column)).to(logits.device) for column in pairs)))
    return matches
