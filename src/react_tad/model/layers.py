"""What encoder, decoder and heads share."""

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def linears(shared: Tensor, *layers: nn.Linear) -> Tensor:
    """What several linear layers say of one input ``[..., dim]``, as one product: one after the other in the last axis.

    For small networks a product costs less than calling it.
    """
    weight = torch.cat([layer.weight for layer in layers])
    return F.linear(shared, weight, torch.cat([layer.bias for layer in layers]))


class FeedForward(nn.Sequential):
    """Linear, ReLU, dropout, linear: ``[..., dim]`` to ``[..., dim]``."""

    def __init__(self, dim: int, hidden: int, *, dropout: float = 0.0):
        super().__init__(nn.Linear(dim, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, dim))


class SegmentHead(nn.Sequential):
    """Three linear layers with ReLU between: ``[..., dim]`` to the change of (center, width) ``[..., 2]``."""

    def __init__(self, dim: int):
        super().__init__(
            nn.Linear(dim, dim),
            nn.ReLU(),
            nn.Linear(dim, dim),
            nn.ReLU(),
            nn.Linear(dim, 2),
        )


def inverse_sigmoid(probability: Tensor, eps: float = 1e-5) -> Tensor:
    """Logit of a probability; both it and its complement are kept above ``eps``."""
    probability = probability.clamp(0, 1)
    return torch.log(probability.clamp(min=eps) / (1 - probability).clamp(min=eps))


def full_precision(tensor: Tensor) -> AbstractContextManager:
    """Context in which ``tensor`` is computed with in its own precision, also where training runs in a lower one."""
    if tensor.device.type == "meta":  # nothing is computed there, in no precision
        return nullcontext()
    return torch.autocast(tensor.device.type, enabled=False)
