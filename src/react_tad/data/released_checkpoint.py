"""The checkpoint that ReAct's authors publish, for THUMOS14 on TSN features, and the settings that it is for.

No checksum is published.
"""

from react_tad.data.datasets import thumos14
from react_tad.data.published import Published
from react_tad.params.experiment import Params
from react_tad.params.presets import PRESETS
from react_tad.params.section import flatten, unflatten, validated

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


def other_than_theirs(params: Params) -> list[str]:
    """What an experiment's windows and features have that the authors' weights were not trained on, a line each."""
    theirs = released_params()
    options = validated(thumos14.OPTIONS, params.options, "options of thumos14")
    pairs = {
        "windows.length": (params.windows.length, theirs.windows.length),
        "windows.stride": (params.windows.stride, theirs.windows.stride),
        "options.features": (options.features, "tsn"),
        "options.step": (options.step, 5),
    }
    return [f"{name} is {found}, should be {wanted}" for name, (found, wanted) in pairs.items() if found != wanted]
