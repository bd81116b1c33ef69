"""Parameters of the optimisation in the step ``train``."""

from typing import Annotated, Literal

from pydantic import Field

from react_tad.params.section import Fraction, Positive, Section, Weight


class Train(Section):
    """Optimisation (section 4.1)."""

    epochs: Positive = 15
    batch_size: Positive = 16
    lr: Annotated[float, Field(gt=0)] = 2e-4
    lr_drops: tuple[Fraction, ...] = (0.5,)
    """Shares of the epochs after which the learning rate is multiplied by ``lr_drop_factor``."""
    lr_drop_factor: Annotated[float, Field(gt=0)] = 0.1
    lr_schedule: Literal["step", "cosine"] = "step"
    """``step``: the drops above; ``cosine``: half a cosine from ``lr`` to 0, in their place."""
    lr_warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the detector's steps in which the learning rate rises evenly to what the schedule says."""
    weight_decay: Weight = 0.01
    deformable_lr_factor: Annotated[float, Field(gt=0)] = 0.1
    """Factor of the learning rate for the weights (not the biases) of offsets and attention weights of the deformable
    attention."""
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the forward passes while training. Losses, matching, validation and inference are float32 in any case."""
    select: Literal["last", "best_validation"] = "last"
    """Which epoch's weights are kept: the last, or the one with the best average mAP on the validation split. That is
    measured in one way whatever else is set (``react_tad/evaluation/validation.py``), so that an edit of the
    suppression never trains anything anew. The test split is never looked at."""
    average_epochs: Positive | None = None
    """Keep the mean of the weights after every step of so many last epochs (needs ``select: last``)."""
    include_validation: bool = False
    """Train on the validation recordings too (once everything is chosen; needs ``select: last``)."""
    start_from: Annotated[str, Field(min_length=1)] | None = None
    """Folder of a trained model to start from, in the place of random weights (``training/start_from.py``)."""
