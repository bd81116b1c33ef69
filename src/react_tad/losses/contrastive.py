"""The contrastive loss itself (equation 7), on pooled and projected instance features."""

import torch
import torch.nn.functional as F
from torch import Tensor


def contrastive_loss(
    anchors: Tensor, positives: Tensor, negatives: Tensor, present: Tensor, temperature: float
) -> Tensor:
    """-log of the softmax share of the positive among the positive and the negatives; mean over anchors.

    ``anchors`` and ``positives`` are ``[A, dim]``, ``negatives`` ``[A, K, dim]``, ``present`` ``[A, K]`` is false
    where an anchor has fewer than K negatives. Features are L2-normalised and their products divided by
    ``temperature``.
    """
    if not len(anchors):
        return anchors.sum()  # zero, and still a function of the weights: it may be the only term
    anchors, positives, negatives = (F.normalize(each, dim=-1) for each in (anchors, positives, negatives))
    positive = (anchors * positives).sum(dim=-1, keepdim=True)  # [A, 1]
    negative = torch.einsum("ad,akd->ak", anchors, negatives).masked_fill(~present, -torch.inf)
    logits = torch.cat((positive, negative), dim=1) / temperature
    return (logits.logsumexp(dim=1) - logits[:, 0]).mean()
