"""ReAct, assembled (section 3, figure 2): projection, encoder, decoder with relational queries, segment quality."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from react_tad.model.decoder import Decoded, Decoder, DecoderLayer, Relation
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.encoder import Encoder, EncoderLayer
from react_tad.model.layers import FeedForward, full_precision
from react_tad.model.relational_attention import QueryAttention
from react_tad.model.segment_quality import SegmentQuality, combine
from react_tad.params import Model


@dataclass(frozen=True)
class Output:
    """What ReAct says about a batch of windows."""

    decoded: Decoded
    quality: Tensor | None
    """Quality logits of the last layer's queries ``[B, N, 2]``; ``None`` without segment quality."""
    projected: Tensor
    """Input of the encoder ``[B, T, dim]``."""
    encoded: Tensor
    """Output of the encoder ``[B, T, dim]``."""
    values: list[Tensor]
    """Each decoder layer's view of ``encoded``, for :meth:`ReAct.classify_segments`."""
    lengths: Tensor
    """Valid snippets a window ``[B]``."""

    @property
    def scores(self) -> Tensor:
        """Class scores of the last layer ``[B, N, classes]``: sigmoid, times segment quality if there is one."""
        scores = self.decoded.logits[-1].sigmoid()
        return scores if self.quality is None else scores * combine(self.quality).unsqueeze(-1)


class ReAct(nn.Module):
    """The whole detector. A query embedding is its content and a position, from which its first reference comes."""

    def __init__(
        self, encoder: Encoder, decoder: Decoder, quality: SegmentQuality | None, *, dimension: int, dim: int, queries:
        int, reference_size: int,
    ):  # fmt: skip
        super().__init__()
        self.project = nn.Linear(dimension, dim)
        self.encoder, self.decoder, self.quality = encoder, decoder, quality
        self.content = nn.Parameter(torch.randn(queries, dim))
        self.position = nn.Parameter(torch.randn(queries, dim))
        self.reference = nn.Linear(dim, reference_size)
        for linear in (self.project, self.reference):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, features: Tensor, lengths: Tensor) -> Output:
        """Detect actions in windows.

        ``features`` is ``[B, T, dimension]``, ``lengths`` ``[B]`` says how many snippets of each window are valid; what
        the rest holds does not matter.
        """
        valid = torch.arange(features.shape[1], device=features.device) < lengths.unsqueeze(-1)  # [B, T]
        projected = self.project(features.masked_fill(~valid.unsqueeze(-1), 0))
        encoded = self.encoder(projected, valid)
        content, position = self._queries(len(features))
        values = self.decoder.values(encoded, valid)
        with full_precision(position):
            references = self.reference(position).sigmoid()
        decoded = self.decoder(content, position, references, values, lengths)
        quality = None if self.quality is None else self.quality(decoded.hidden)
        return Output(decoded, quality, projected, encoded, values, lengths)

    def classify_segments(self, output: Output, references: Tensor) -> Tensor:
        """Run the queries once more with given references ``[B, N, 2]`` (ACE-dec): ``[layers, B, N, classes]``."""
        content, position = self._queries(len(references))
        return self.decoder.classify(content, position, references, output.values, output.lengths)

    def _queries(self, batch: int) -> tuple[Tensor, Tensor]:
        return self.content.expand(batch, -1, -1), self.position.expand(batch, -1, -1)


def build_react(model: Model, *, dimension: int, classes: int) -> ReAct:
    """Build the detector that ``model`` describes for features of ``dimension`` numbers a snippet."""
    dim = model.dim

    def attend() -> DeformableAttention:
        return DeformableAttention(dim, heads=model.heads, points=model.points)

    def feed_forward() -> FeedForward:
        return FeedForward(dim, model.ffn_dim, dropout=model.dropout)

    encoder = Encoder(
        [
            EncoderLayer(attend(), feed_forward(), dim=dim, ffn_norm=model.encoder_ffn_norm, dropout=model.dropout)
            for _ in range(model.encoder_layers)
        ]
    )
    layers = []
    for index in range(model.decoder_layers):
        relational = model.raid.enabled and not (index == 0 and model.first_reference == "point")
        block = model.raid.block if relational else "standard"
        attention = QueryAttention(dim, heads=model.heads, output_projection=block == "standard")
        layers.append(DecoderLayer(attention, attend(), feed_forward(), dim=dim, block=block, dropout=model.dropout))
    relation = Relation(model.raid.enabled, model.raid.gamma, model.raid.tau, model.raid.boundary)
    decoder = Decoder(
        layers,
        [class_head(dim, classes) for _ in layers],
        [segment_head(dim, first=index == 0) for index in range(len(layers))],
        relation=relation,
        final_norm=nn.LayerNorm(dim) if model.final_norm else nn.Identity(),
    )
    return ReAct(
        encoder,
        decoder,
        SegmentQuality(dim) if model.quality else None,
        dimension=dimension,
        dim=dim,
        queries=model.queries,
        reference_size=2 if model.first_reference == "segment" else 1,
    )


def class_head(dim: int, classes: int) -> nn.Linear:
    """Linear class head; its bias gives every class a probability of 0.01 at the start."""
    head = nn.Linear(dim, classes)
    nn.init.xavier_uniform_(head.weight)
    nn.init.constant_(head.bias, -math.log((1 - 0.01) / 0.01))
    return head


def segment_head(dim: int, *, first: bool) -> FeedForward:
    """Change of (center, width) before the sigmoid: nothing at the start, but -2 for the first layer's width."""
    head = FeedForward(dim, dim, out=2)
    nn.init.zeros_(head[-1].weight)
    nn.init.zeros_(head[-1].bias)
    if first:
        nn.init.constant_(head[-1].bias[1], -2.0)
    return head
