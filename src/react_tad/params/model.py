"""Parameters of the detector."""

from typing import Annotated, Literal

from pydantic import Field

from react_tad.params.section import Count, Positive, Section


class Raid(Section):
    """Relational attention (section 3.1, equations 1-5)."""

    enabled: bool = True
    tau: Annotated[float, Field(ge=0, le=1)] = 0.5
    """IoU threshold of equation 2: a query attends to those that overlap it by less."""
    gamma: Annotated[float, Field(ge=-1, le=1)] = 0.2
    """Cosine threshold of equation 1: a query attends to those that are more similar."""
    boundary: Literal["exclude", "include"] = "exclude"
    """Whether a pair with IoU equal to tau is kept (``released`` compares with <=)."""
    block: Literal["standard", "released"] = "standard"
    """Residuals and projections around relational attention; ``released``: no output projection, the residual added
    twice, and the cross-attention queried with the un-normalised sum."""
    overlap: Literal["exact", "released"] = "exact"
    """IoU of equation 2: of segments as they are, or as in the released code cut to the padded window first."""


class Model(Section):
    """The detector (section 3, supplement A-C)."""

    dim: Positive = 256
    heads: Positive = 8
    ffn_dim: Positive = 1024
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    encoder_layers: Count = 2
    decoder_layers: Positive = 4
    queries: Positive = 40
    points: Positive = 4
    """Sampling points a head in deformable attention."""
    sampling: Literal["exact", "released"] = "exact"
    """Where deformable attention reads: at the position asked for, or as in the released code off by up to half a
    snippet and by padding."""
    first_reference: Literal["segment", "point"] = "segment"
    """Reference of the first decoder layer. A ``point`` has no width, so the first layer then attends densely."""
    encoder_ffn_norm: bool = True
    """Whether the layer norm after the encoder's feed-forward network is applied; it is there in any case."""
    final_norm: bool = False
    """Layer norm after the last decoder layer."""
    quality: bool = True
    """Segment quality (section 3.3, equation 9): head, loss and factor of the score."""
    raid: Raid = Raid()
