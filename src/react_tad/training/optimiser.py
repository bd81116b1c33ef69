"""AdamW and its groups (section 4.1)."""

import torch
from torch import nn

from react_tad.model.deformable_attention import DeformableAttention
from react_tad.params.train import Train


def build_optimizer(model: nn.Module, train: Train) -> torch.optim.Optimizer:
    """A new optimiser; a group's ``factor`` multiplies the learning rate.

    There is one throughout: a parameter's moments and steps start with its first gradient, in the contrastive stage for
    the projection, in the detector's for all else, and are never reset. Slower than the rest are the weights, not the
    biases, that make offsets and attention weights of the deformable attention.
    """
    slow = [
        linear.weight
        for module in model.modules()
        if isinstance(module, DeformableAttention)
        for linear in (module.offset, module.weight)
    ]
    slow_ids = {id(parameter) for parameter in slow}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in slow_ids]
    groups = [{"params": rest, "factor": 1.0}, {"params": slow, "factor": train.deformable_lr_factor}]
    return torch.optim.AdamW(groups, lr=train.lr, weight_decay=train.weight_decay, fused=True)
