"""Parameters of matching and losses: the objective of the step ``train``."""

from typing import Annotated, Literal

from pydantic import Field

from react_tad.params.section import Count, Fraction, Positive, Section, Weight


class Matching(Section):
    """Cost of the Hungarian matching (section 3)."""

    probability: Literal["sigmoid", "softmax"] = "sigmoid"
    """Of the class; the losses take the sigmoid in any case."""
    overlap: Literal["exact", "released"] = "exact"
    """Segments as they are, or as in the released code cut to the window first, for the IoU and the L1."""
    iou_weight: Weight = 5.0
    l1_weight: Weight = 2.0
    """L1 of (start, end)."""
    class_weight: Weight = 1.0


class Classification(Section):
    """Sigmoid focal loss of the queries and ACE-dec (section 3.2, equation 8)."""

    weight: Weight = 1.0
    query: bool = True
    """The loss of the queries' own classes, L^q_foc."""
    ground_truth: bool = True
    """The loss of the ground-truth segments' classes, L^gt_foc: the second term of ACE-dec."""
    ground_truth_weight: Weight = 1.0
    unmatched: Literal["prediction", "center"] = "prediction"
    """Reference of an unmatched query in ACE-dec's second pass: its own segment, or (0.5, 0.5)."""
    alpha: Fraction = 0.25
    gamma: Weight = 2.0
    warmup_iterations: Count = 0
    """The query loss is off for this many first iterations."""


class Segment(Section):
    """Regression losses (equation 11)."""

    l1_weight: Weight = 5.0
    giou_weight: Weight = 2.0


class Quality(Section):
    """Segment quality loss (equation 9)."""

    weight: Weight = 1.0
    midpoint: Literal["l1", "bce"] = "l1"
    """Distance of the midpoint's quality from its target: L1 (equation 9) or binary cross-entropy."""
    layers: Literal["last", "all"] = "last"
    """Decoder layers that have the loss."""
    target_gradient: bool = False
    """Whether gradient flows through the IoU that is the extent's target."""


class IouDecay(Section):
    """IoU decay (equation 6)."""

    enabled: bool = True
    """Whether it is in the objective; it is logged in any case."""
    weight: Weight = 1.0
    """Of the sum over pairs i < j of queries, divided by the square of their number."""


class AceEnc(Section):
    """Contrastive loss on instance features (section 3.2, equation 7)."""

    enabled: bool = True
    weight: Weight = 0.1
    stage: Literal["joint", "first"] = "first"
    """``joint``: a term of equation 10; ``first``: a stage of its own, on the input projection alone."""
    first_stage_epochs: Count = 6
    position: Literal["before", "after"] = "before"
    """Features that are pooled: the input projection (``before`` the encoder) or the encoder's output (``after``)."""
    positives: tuple[Literal["S1", "S2"], ...] = ("S1", "S2")
    negatives: tuple[Literal["N1", "N2"], ...] = ("N1", "N2")
    negatives_per_kind: Positive = 1
    pairs: Literal["instances", "released"] = "instances"
    """``instances``: every instance of the batch is an anchor, partners come from whole videos and are never the anchor
    itself. ``released``: one random instance a window; partners by window and class, cut to their window, the positive
    maybe the anchor; the anchor is misplaced in windows shorter than the batch's longest."""
    pooling: Literal["exact", "released"] = "exact"
    """Temporal RoI pooling: snippet i centred at i + 0.5 and one sample a bin; or snippet i at i, with
    ceil(length / 16) samples a bin (``losses/roi_pooling.py``)."""
    detach_negatives: bool = False
    inner_iou: tuple[Fraction, Fraction] = (0.2, 0.5)
    """Range of the IoU between an instance and the crop inside it (N2); its end is the paper's xi."""
    inner_iou_long: tuple[Fraction, Fraction] | None = None
    """The same for instances longer than 0.75 of a window; ``None``: the same range."""
    temperature: Annotated[float, Field(gt=0)] = 0.07
    bins: Positive = 16
    """Bins of the temporal RoI pooling."""


class Loss(Section):
    """The training objective (section 3.4, equation 10)."""

    auxiliary: bool = True
    """Losses at every decoder layer, not only at the last."""
    overlap: Literal["exact", "released"] = "exact"
    """IoU and gIoU of segments as they are, or as in the released code cut to the window first."""
    classification: Classification = Classification()
    segment: Segment = Segment()
    quality: Quality = Quality()
    iou_decay: IouDecay = IouDecay()
    ace_enc: AceEnc = AceEnc()
