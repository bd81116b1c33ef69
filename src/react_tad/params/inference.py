"""Parameters of the step ``detect``."""

from typing import Literal

from react_tad.params.section import Positive, Section


class Inference(Section):
    """From a trained model to scored segments in seconds."""

    split: Literal["validation", "test"] = "test"
    batch_size: Positive = 64
    classes_per_query: Positive = 1
    """The best classes of a query that become detections; more than the number of classes means all."""
    cut: Literal["video", "window"] = "video"
    """What segments are cut to: their video only, or as in the released code the window they were detected in too."""
