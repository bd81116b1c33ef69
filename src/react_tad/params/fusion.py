"""Parameters of the fusion with video-level class scores in the step ``suppress``."""

from typing import Literal

from react_tad.params.section import Positive, Section, Weight


class Fusion(Section):
    """Detections get the classes of a video-level classifier, after Soft-NMS (supplement C, for ActivityNet-1.3)."""

    enabled: bool = False
    source: Literal["cuhk", "untrimmednet"] = "cuhk"
    """Whose scores, which says how their file is read (``react_tad/data/video_scores.py``)."""
    scores: str | None = None
    """The file of scores."""
    video_list: str | None = None
    """``untrimmednet``: file with the names of the array's rows, one a line; without it they are those of THUMOS14."""
    class_list: str | None = None
    """``untrimmednet``: the same of its columns."""
    top_k: Positive = 2
    """Every segment becomes a detection of each of the best ``top_k`` classes of its video."""
    segment_power: Weight = 1.0
    class_power: Weight = 1.0
    """The new score is segment score ^ ``segment_power`` * class score ^ ``class_power``; 1 and 1 is the product."""
    softmax: bool = False
    """Softmax over all classes of the file first: for files of logits."""
    missing: Literal["refuse", "keep"] = "refuse"
    """A video without class scores: an error, or its detections stay as they are and are counted."""
