"""The deformable encoder (supplement A): every snippet reads a few positions around itself."""

import torch
from torch import Tensor, nn

from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.layers import FeedForward


class EncoderLayer(nn.Module):
    """Deformable self-attention, layer norm, feed-forward network, layer norm.

    With ``ffn_norm=False`` the second norm is there and never applied, as in the authors' released code.
    """

    def __init__(self, attention: DeformableAttention, ffn: FeedForward, *, dim: int, ffn_norm: bool, dropout: float):
        super().__init__()
        self.attention, self.ffn = attention, ffn
        self.attention_norm = nn.LayerNorm(dim)
        self.ffn_norm, self.applies_ffn_norm = nn.LayerNorm(dim), ffn_norm
        self.dropout = nn.Dropout(dropout)

    def forward(self, sequence: Tensor, valid: Tensor, center: Tensor, lengths: Tensor) -> Tensor:
        """``sequence`` ``[B, T, dim]``, ``valid`` ``[B, T]``, ``center`` ``[B, T]`` in snippets, ``lengths`` ``[B]`` to
        ``[B, T, dim]``.
        """
        value = self.attention.project(sequence, valid)
        step = self.attention.unit(lengths.to(center.dtype), center.shape[1]).unsqueeze(-1).expand_as(center)
        sequence = self.attention_norm(sequence + self.dropout(self.attention(sequence, value, center, step)))
        sequence = sequence + self.dropout(self.ffn(sequence))
        return self.ffn_norm(sequence) if self.applies_ffn_norm else sequence


class Encoder(nn.Module):
    """A stack of encoder layers; with none it hands its input on."""

    def __init__(self, layers: list[EncoderLayer]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, sequence: Tensor, valid: Tensor) -> Tensor:
        """``sequence`` ``[B, T, dim]`` and ``valid`` ``[B, T]`` (false: padding) to ``[B, T, dim]``."""
        batch, length, _ = sequence.shape
        lengths = valid.sum(dim=1)
        center = (torch.arange(length, device=sequence.device, dtype=sequence.dtype) + 0.5).expand(batch, length)
        for layer in self.layers:
            sequence = layer(sequence, valid, center, lengths)
        return sequence
