"""Parameters of the suppression in the step ``suppress``."""

from typing import Annotated, Literal

from pydantic import Field

from react_tad.params.section import Fraction, Positive, Section, Weight


class SoftNms(Section):
    """Suppression of duplicates (Soft-NMS, Bodla et al. 2017)."""

    method: Literal["gaussian", "linear", "hard", "none"] = "gaussian"
    sigma: Annotated[float, Field(gt=0)] = 0.4
    """Width of the Gaussian decay exp(-IoU^2 / sigma)."""
    iou_threshold: Fraction = 0.5
    """Linear and hard suppression touch only pairs with a larger IoU."""
    class_wise: bool = False
    keep: Positive = 1000
    """Detections a recording at most."""
    floor: Weight = 1e-6
    """Detections whose score falls below are dropped."""
