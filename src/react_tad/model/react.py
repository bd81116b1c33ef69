"""ReAct, assembled (section 3, figure 2): projection, encoder, decoder with relational queries, segment quality."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from react_tad.model.decoder import Decoded, Decoder, DecoderLayer, Relation
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.encoder import Encoder, EncoderLayer
from react_tad.model.initialisation import initialise
from react_tad.model.layers import FeedForward, SegmentHead, full_precision
from react_tad.model.relational_attention import QueryAttention
from react_tad.model.segment_quality import SegmentQuality, combine
from react_tad.params.model import Model
from react_tad.segments import Overlap


@dataclass(frozen=True)
class Output:
    """What ReAct says about a batch of windows."""

    decoded: Decoded
    quality: Tensor | None
    """Quality logits of each layer's queries ``[layers, B, N, 2]``; ``None`` without segment quality."""
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
        return scores if self.quality is None else scores * combine(self.quality[-1]).unsqueeze(-1)


class ReAct(nn.Module):
    """The whole detector. A query embedding is its content, and a position that only makes its first reference."""

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

    def forward(self, features: Tensor, lengths: Tensor) -> Output:
        """Detect actions in windows.

        ``features`` is ``[B, T, dimension]``, ``lengths`` ``[B]`` says how many snippets of each window are valid; what
        the rest holds does not matter.
        """
        valid = torch.arange(features.shape[1], device=features.device) < lengths.unsqueeze(-1)  # [B, T]
        projected = self.project(features.masked_fill(~valid.unsqueeze(-1), 0))
        encoded = self.encoder(projected, valid)
        values = self.decoder.values(encoded, valid)
        with full_precision(self.position):
            references = self.reference(self.position).sigmoid().unsqueeze(0)  # [1, N, 1 or 2]
        decoded = self.decoder(self.content.unsqueeze(0), references, values, lengths)
        quality = None if self.quality is None else self.quality(decoded.hidden)
        return Output(decoded, quality, projected, encoded, values, lengths)

    def classify_segments(self, output: Output, references: Tensor) -> Tensor:
        """Run the queries once more with given references ``[B, N, 2]`` (ACE-dec): ``[layers, B, N, classes]``."""
        return self.decoder.classify(self.content.unsqueeze(0), references, output.values, output.lengths)


def build_react(model: Model, *, dimension: int, classes: int) -> ReAct:
    """Build the detector that ``model`` describes for features of ``dimension`` numbers a snippet."""
    dim = model.dim

    def attend() -> DeformableAttention:
        return DeformableAttention(dim, heads=model.heads, points=model.points, sampling=model.sampling)

    def feed_forward() -> FeedForward:
        return FeedForward(dim, model.ffn_dim, dropout=model.dropout)

    encoder = Encoder(
        [
            EncoderLayer(attend(), feed_forward(), dim=dim, ffn_norm=model.encoder_ffn_norm, dropout=model.dropout)
            for _ in range(model.encoder_layers)
        ]
    )
    raid = model.raid
    block = raid.block if raid.enabled else "standard"
    layers = [
        DecoderLayer(
            QueryAttention(dim, heads=model.heads, output_projection=block == "standard"),
            attend(),
            feed_forward(),
            dim=dim,
            block=block,
            dropout=model.dropout,
        )
        for _ in range(model.decoder_layers)
    ]
    relation = Relation(raid.enabled, raid.gamma, raid.tau, raid.boundary, Overlap.named(raid.overlap))
    decoder = Decoder(
        layers,
        [nn.Linear(dim, classes) for _ in layers],
        [SegmentHead(dim) for _ in layers],
        relation=relation,
        final_norm=nn.LayerNorm(dim) if model.final_norm else nn.Identity(),
    )
    react = ReAct(
        encoder,
        decoder,
        SegmentQuality(dim) if model.quality else None,
        dimension=dimension,
        dim=dim,
        queries=model.queries,
        reference_size=2 if model.first_reference == "segment" else 1,
    )
    initialise(react)
    return react
