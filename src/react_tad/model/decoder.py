"""The decoder (section 3.1, figure 3 right, supplement B): relational attention, deformable cross-attention,
refinement.

Reference segments are (center, width) in shares of the window's valid length. Each layer reads the encoded window
inside its reference segment, then moves the reference: what its segment head says is added before the sigmoid.
Gradients do not flow from one layer's reference into the next.

A query is its content. The other half of its embedding, its position, only makes the first reference.

``first_reference="point"`` is what the released code does: the first reference has a center only, so that the first
layer attends densely and its cross-attention measures offsets in snippets.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from react_tad import segments
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.layers import FeedForward, SegmentHead, full_precision, inverse_sigmoid
from react_tad.model.relational_attention import QueryAttention, relations


@dataclass(frozen=True)
class Relation:
    """How queries attend to each other; ``raid=False`` is the dense attention of the plain decoder."""

    raid: bool
    gamma: float
    tau: float
    boundary: str
    overlap: segments.Overlap

    @torch.no_grad()
    def allowed(self, content: Tensor, references: Tensor, valid_share: Tensor) -> Tensor | None:
        """Mask ``[B, N, N]`` for content ``[B, N, dim]`` and references ``[B, N, 1 or 2]``; ``None`` if all may
        attend.

        ``valid_share`` ``[B, 1, 1]`` is the valid share of the padded length: the released code cuts references to the
        padded window, not to the valid one.
        """
        if not self.raid or references.shape[-1] == 1:
            return None
        with full_precision(content):
            iou = self.iou(references, valid_share)
            return relations(content, iou, gamma=self.gamma, tau=self.tau, boundary=self.boundary)

    def iou(self, references: Tensor, valid_share: Tensor) -> Tensor:
        """IoU of all pairs of references ``[B, N, 2]`` as equation 2 sees it ``[B, N, N]``."""
        start_end = self.overlap.start_end(references * valid_share if self.overlap.cut else references)
        return segments.pairwise_iou(start_end, start_end, self.overlap.margin)


class DecoderLayer(nn.Module):
    """Attention among queries, deformable cross-attention, feed-forward network, each with residual and layer norm.

    ``block="released"`` wires relational attention as the released code does: the residual is added inside the
    attention and once more outside, and the cross-attention is queried with the attention's output before its norm.
    """

    def __init__(
        self,
        attention: QueryAttention,
        cross_attention: DeformableAttention,
        ffn: FeedForward,
        *,
        dim: int,
        block: str,
        dropout: float,
    ):
        super().__init__()
        self.attention, self.cross_attention, self.ffn = attention, cross_attention, ffn
        self.block = block
        self.attention_norm, self.cross_norm, self.ffn_norm = (nn.LayerNorm(dim) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, content: Tensor, allowed: Tensor | None, value: Tensor, center: Tensor, step: Tensor) -> Tensor:
        """Update the content of queries ``[B, N, dim]``; the other shapes are those of the parts.

        Content ``[1, N, dim]`` is the same in all windows, as before the first layer, and ``allowed`` may be too:
        attention is then computed once.
        """
        mixed = self.dropout(self.attention(content, allowed).expand(len(center), -1, -1))
        if self.block == "released":
            asking = content + mixed
            content = self.attention_norm(content + asking)
        else:
            asking = content = self.attention_norm(content + mixed)
        read = self.cross_attention(asking, value, center, step)
        content = self.cross_norm(content + self.dropout(read))
        return self.ffn_norm(content + self.dropout(self.ffn(content)))


@dataclass(frozen=True)
class Decoded:
    """What the decoder says, layer by layer."""

    logits: Tensor
    """Class logits ``[layers, B, N, classes]``."""
    segments: Tensor
    """Refined segments ``[layers, B, N, 2]``, (center, width) in shares of the window's valid length."""
    hidden: Tensor
    """Query features after each layer ``[layers, B, N, dim]``; after the last one behind its norm, if it has one."""
    allowed: list[Tensor | None]
    """Attention mask of each layer ``[B, N, N]``; ``None`` where the layer attends densely."""


class Decoder(nn.Module):
    """Decoder layers with a class head and a segment head each."""

    def __init__(
        self,
        layers: list[DecoderLayer],
        class_heads: list[nn.Linear],
        segment_heads: list[SegmentHead],
        *,
        relation: Relation,
        final_norm: nn.Module,
    ):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.class_heads = nn.ModuleList(class_heads)
        self.segment_heads = nn.ModuleList(segment_heads)
        self.relation = relation
        self.final_norm = final_norm

    def values(self, memory: Tensor, valid: Tensor) -> list[Tensor]:
        """Each layer's view of the encoded window ``[B, T, dim]``; shared by all passes over the same window."""
        return [layer.cross_attention.project(memory, valid) for layer in self.layers]

    def forward(self, content: Tensor, references: Tensor, values: list[Tensor], lengths: Tensor) -> Decoded:
        """Decode queries with refinement.

        ``content`` is ``[B, N, dim]``, ``references`` ``[B, N, 2]`` (or ``[B, N, 1]`` for points), both with 1 for B
        where they are the same in all windows; ``values`` come from :meth:`values`, ``lengths`` ``[B]`` are valid
        snippets a window.
        """
        hidden, logits, refined, masks = [], [], [], []
        for index in range(len(self.layers)):
            content, allowed = self._layer(index, content, references, values[index], lengths)
            with full_precision(content):
                segment = self._refine(self.segment_heads[index](content), references)
            hidden.append(content)
            logits.append(self.class_heads[index](content))
            refined.append(segment)
            masks.append(None if allowed is None else allowed.expand(len(lengths), -1, -1))
            references = segment.detach()
        return Decoded(torch.stack(logits), torch.stack(refined), torch.stack(hidden), masks)

    def classify(self, content: Tensor, references: Tensor, values: list[Tensor], lengths: Tensor) -> Tensor:
        """Class logits ``[layers, B, N, classes]`` of queries whose references stay as given: ACE-dec's second pass.

        A first layer that attends densely in :meth:`forward` (point references) is relational here, where references
        have a width.
        """
        logits = []
        for index in range(len(self.layers)):
            content, _ = self._layer(index, content, references, values[index], lengths)
            logits.append(self.class_heads[index](content))
        return torch.stack(logits)

    def _layer(
        self, index: int, content: Tensor, references: Tensor, value: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Run one layer: the new content, and the mask that its attention among queries had."""
        layer = self.layers[index]
        snippets = lengths.unsqueeze(-1).to(references.dtype)  # [B, 1]
        allowed = self.relation.allowed(content, references, (snippets / value.shape[1]).unsqueeze(-1))
        center = references[..., 0] * snippets
        if references.shape[-1] == 1:
            step = layer.cross_attention.unit(snippets, value.shape[1]).expand_as(center)
        else:  # the farthest point of the fan reaches the segment's end: offsets are shares of half the width
            step = references[..., 1] * snippets / (2 * layer.cross_attention.points)
        content = layer(content, allowed, value, center, step)
        last = index == len(self.layers) - 1
        return (self.final_norm(content) if last else content), allowed

    @staticmethod
    def _refine(change: Tensor, references: Tensor) -> Tensor:
        """Add the head's output ``[B, N, 2]`` to the reference before the sigmoid; a point has no width to add to."""
        missing = change.shape[-1] - references.shape[-1]
        known = nn.functional.pad(inverse_sigmoid(references), (0, missing))
        return (change + known).sigmoid()
