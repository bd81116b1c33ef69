"""The deformable encoder (supplement A): every snippet reads a few positions around itself."""

import torch
from torch import Tensor, nn

from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.layers import FeedForward


class EncoderLayer(nn.Module):
    """Deformable self-attention, layer norm, feed-forward network, layer norm.

    ``ffn_norm=False`` leaves the second norm out, as the authors' released code does.
    """

    def __init__(self, attention: DeformableAttention, ffn: FeedForward, *, dim: int, ffn_norm: bool, dropout: float):
        super().__init__()
        self.attention, self.ffn = attention, ffn
        self.attention_norm = nn.LayerNorm(dim)
        self.ffn_norm = nn.LayerNorm(dim) if ffn_norm else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def forward(self, sequence: Tensor, valid: Tensor, center: Tensor) -> Tensor:
        """``sequence`` ``[B, T, dim]``, ``valid`` ``[B, T]``, ``center`` ``[B, T]`` in snippets, to ``[B, T, dim]``."""
        value = self.attention.project(sequence, valid)
        read = self.attention(sequence, value, center, torch.ones_like(center))
        sequence = self.attention_norm(sequence + self.dropout(read))
        return self.ffn_norm(sequence + self.dropout(self.ffn(sequence)))


class Encoder(nn.Module):
    """A stack of encoder layers; with none it hands its input on."""

    def __init__(self, layers: list[EncoderLayer]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, sequence: Tensor, valid: Tensor) -> Tensor:
        """``sequence`` ``[B, T, dim]`` and ``valid`` ``[B, T]`` (false: padding) to ``[B, T, dim]``."""
        batch, length, _ = sequence.shape
        center = (torch.arange(length, device=sequence.device, dtype=sequence.dtype) + 0.5).expand(batch, length)
        for layer in self.layers:
            sequence = layer(sequence, valid, center)
        return sequence
