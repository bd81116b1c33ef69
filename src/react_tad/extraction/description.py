"""How features were extracted: a description that travels with them.

A network that was trained on features can so refuse others, and extract the right ones from a new video: the
description holds all that decides what comes out, and nothing else.
"""

from typing import Literal

from react_tad.data.sidecars import what_counts
from react_tad.extraction.backbone import BackboneDescription
from react_tad.extraction.clips import Clips
from react_tad.params.section import Section


class Extraction(Section):
    """How features were extracted."""

    backbone: BackboneDescription
    clips: Clips
    dtype: Literal["float32", "float16"] = "float32"
    """What the features are stored in."""

    def differences(self, other: "Extraction") -> list[str]:
        """What is not the same, a line each; empty if both make the same features of a video."""
        ours, theirs = (what_counts(item.model_dump(mode="json")) for item in (self, other))
        return [
            f"{key} is {ours.get(key)!r} and {theirs.get(key)!r}"
            for key in dict.fromkeys([*ours, *theirs])
            if ours.get(key) != theirs.get(key)
        ]
