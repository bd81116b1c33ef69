"""Classification of queries: sigmoid focal loss, and ACE-dec (section 3.2, equation 8).

ACE-dec adds a second loss for queries that are matched: they run through the decoder once more with their instance's
segment as reference, and their class heads are told the class again. That is ``L^gt_foc``; ``L^q_foc`` is the loss of
the ordinary pass.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from react_tad.losses.targets import Match, Targets


def focal_loss(logits: Tensor, targets: Tensor, *, alpha: float, gamma: float) -> Tensor:
    """Sigmoid focal loss of each logit (Lin et al. 2017): shape of ``logits``, targets 0 or 1.

    ``-alpha_t (1 - p_t)^gamma log(p_t)``, with ``p_t`` the probability of what is true.
    """
    cross_entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    probability = logits.sigmoid()
    miss = probability + targets - 2 * probability * targets  # 1 - p_t
    balance = alpha * targets + (1 - alpha) * (1 - targets)
    return balance * miss**gamma * cross_entropy


def query_class_loss(logits: Tensor, match: Match, targets: Targets, *, alpha: float, gamma: float) -> Tensor:
    """``L^q_foc`` of each layer ``[layers]``: all queries ``[layers, B, N, classes]``, summed, divided by the number of
    instances.
    """
    wanted = torch.zeros_like(logits)
    layer = torch.arange(len(logits), device=logits.device).unsqueeze(1)
    wanted[layer, match.window, match.query, targets.labels[match.instance]] = 1
    return focal_loss(logits, wanted, alpha=alpha, gamma=gamma).sum(dim=(1, 2, 3)) / targets.normaliser


def ground_truth_references(
    predicted: Tensor, match: Match, targets: Targets, *, unmatched: str = "prediction"
) -> Tensor:
    """References of ACE-dec's second pass ``[B, N, 2]``, from the last layer's segments ``[B, N, 2]`` and pairs.

    A matched query has its instance; another one its own ``prediction``, or (0.5, 0.5) with ``unmatched="center"``, as
    in the released code.
    """
    references = torch.full_like(predicted, 0.5) if unmatched == "center" else predicted.detach().clone()
    references[match.window[-1], match.query[-1]] = targets.segments[match.instance[-1]]
    return references


def ground_truth_class_loss(logits: Tensor, match: Match, targets: Targets, *, alpha: float, gamma: float) -> Tensor:
    """``L^gt_foc`` of each layer of the second pass ``[layers]``: matched queries only, divided by their number.

    ``logits`` is ``[layers, B, N, classes]``; which queries are matched the last layer of ``match`` says.
    """
    matched = logits[:, match.window[-1], match.query[-1]]  # [layers, P, classes]
    wanted = F.one_hot(targets.labels[match.instance[-1]], logits.shape[-1]).to(logits.dtype)
    return focal_loss(matched, wanted.expand_as(matched), alpha=alpha, gamma=gamma).sum(dim=(1, 2)) / match.pairs
