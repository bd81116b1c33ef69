"""What a detector starts from. The paper does not say; this is what its authors' released code does.

Linear layers keep PyTorch's draw, uniform within 1 / sqrt(fan in), with these exceptions: matrices inside encoder and
decoder layers and the one that makes the first reference are Xavier; deformable attention starts as its module says;
class heads give every class a probability of 0.01, and the first layer's width starts at -2 before the sigmoid. Layers
of a stack are copies whose matrices are drawn anew, so their vectors are equal; heads are copies altogether.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from react_tad.model.deformable_attention import DeformableAttention

if TYPE_CHECKING:
    from react_tad.model.react import ReAct

START_PROBABILITY = 0.01
"""Of every class."""
START_WIDTH = -2.0
"""Of the first layer's segments, before the sigmoid."""


@torch.no_grad()
def initialise(model: "ReAct") -> None:
    """Draw the parameters of ``model`` anew where PyTorch's own draw is not what is wanted."""
    for stack in (model.encoder.layers, model.decoder.layers):
        for layer in stack:
            _initialise_layer(layer)
        _share(stack, of=lambda tensor: tensor.dim() == 1)
    nn.init.xavier_uniform_(model.reference.weight)
    nn.init.zeros_(model.reference.bias)
    for heads in (model.decoder.class_heads, model.decoder.segment_heads):
        _share(heads)
    for head in model.decoder.class_heads:
        nn.init.constant_(head.bias, -math.log((1 - START_PROBABILITY) / START_PROBABILITY))
    model.decoder.segment_heads[0][-1].bias[1] = START_WIDTH


def _initialise_layer(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        if parameter.dim() == 2:
            nn.init.xavier_uniform_(parameter)
    for module in layer.modules():
        if isinstance(module, DeformableAttention):
            module.initialise()


def _share(stack: Sequence[nn.Module], of=lambda tensor: True) -> None:
    """Copy the first module's tensors, those that ``of`` asks for, to the others."""
    for module in stack[1:]:
        for own, first in zip(module.parameters(), stack[0].parameters(), strict=True):
            if of(own):
                own.copy_(first)
