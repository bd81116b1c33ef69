"""Hungarian matching of queries with ground-truth instances (section 3, "Method overview").

The cost of a pair is the sum of -IoU, -class probability and the L1 distance of (start, end). All decoder layers are
costed at once and copied to the host once, which is all that a training step waits for; each layer and window is an
assignment problem of its own, and the pairs go back together.
"""

from collections.abc import Sequence

import numpy
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from react_tad import segments
from react_tad.devices import send, to_host
from react_tad.losses.targets import Match, Targets
from react_tad.params.objective import Matching


@torch.no_grad()
def matching_cost(logits: Tensor, predicted: Tensor, targets: Targets, matching: Matching) -> Tensor:
    """Cost of every query with every instance of the batch ``[layers, B, N, M]``.

    ``logits`` is ``[layers, B, N, classes]``, ``predicted`` ``[layers, B, N, 2]`` in (center, width).
    """
    overlap = segments.Overlap.named(matching.overlap)
    predicted_ends, target_ends = overlap.start_end(predicted), segments.start_end(targets.segments)
    iou = segments.pairwise_iou(predicted_ends, target_ends, overlap.margin)
    distance = torch.cdist(predicted_ends, target_ends.expand(*predicted.shape[:2], -1, -1), p=1)
    probability = logits.softmax(dim=-1) if matching.probability == "softmax" else logits.sigmoid()
    return (
        matching.l1_weight * distance
        - matching.iou_weight * iou
        - matching.class_weight * probability[..., targets.labels]
    )


def match(logits: Tensor, predicted: Tensor, targets: Targets, matching: Matching) -> Match:
    """The cheapest one-to-one pairing of each layer; with more instances than queries some instances stay alone.

    Shapes as in :func:`matching_cost`. Raises ``FloatingPointError`` if a cost is not finite.
    """
    cost = to_host(matching_cost(logits, predicted, targets, matching))
    if not numpy.isfinite(cost).all():
        raise FloatingPointError("matching cost")
    pairs = numpy.stack([assign(layer, targets.counts) for layer in cost])  # [layers, 3, P]
    return Match(*send(torch.from_numpy(pairs), logits.device).unbind(dim=1))


def assign(cost: numpy.ndarray, counts: Sequence[int]) -> numpy.ndarray:
    """Cheapest pairs of one layer: windows, queries and instances ``[3, P]``, for a cost ``[B, N, M]``.

    ``counts`` says how many of the M instances each window has. P is the sum of min(N, count), in every layer.
    """
    ends = numpy.cumsum(counts)
    solved = [
        linear_sum_assignment(cost[window, :, start:end])
        for window, (start, end) in enumerate(zip(ends - counts, ends, strict=True))
    ]
    query, instance = (numpy.concatenate(each) for each in zip(*solved, strict=True))
    pairs = [len(own) for own, _ in solved]
    window = numpy.arange(len(counts)).repeat(pairs)
    return numpy.stack((window, query, instance + (ends - counts).repeat(pairs)))
