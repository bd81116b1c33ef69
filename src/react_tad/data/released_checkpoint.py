"""The checkpoint that ReAct's authors publish, for THUMOS14 on TSN features, and the settings that it is for.

No checksum is published.
"""

from react_tad.data.published import Published
from react_tad.params import PRESETS, Params, flatten, unflatten, validated

DATASET = "thumos14"
CHECKPOINT = Published(
    name="react_thumos_pretrained_weight.pth",
    url="https://drive.google.com/file/d/1pcfJ6G5SC_zNeWG11cxtXAhj2rJVrz8q/view",
)
DIMENSION = 2048
"""Features a snippet: RGB and flow."""


def released_params() -> Params:
    """The preset ``released`` at the size of THUMOS14, for which the authors' weights are.

    They trained on all official validation videos.
    """
    changes = dict(flatten(PRESETS["released"])) | {"dataset": "thumos14", "preset": "released"}
    changes["train.include_validation"] = True
    changes["train.select"] = "last"  # theirs is chosen on the test set, for which there is no value here
    return validated(Params, unflatten(changes), "preset released")
