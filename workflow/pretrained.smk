"""What ``rules/pretrained.smk`` asks for: the settings of the preset ``released``, as its authors have them."""

from react_tad.data.released_checkpoint import (
    CHECKPOINT,
    other_than_theirs,
    released_params,
)
from react_tad.data.released_checkpoint import DATASET as OF_CHECKPOINT
from react_tad.params import Resolved

RELEASED_PROFILE = "ssn"
"""The ground-truth profile that the released code is measured under (docs/evaluation.md)."""


def comparison_of_pretrained(wildcards):
    """The page that the target prints; an error for data that the authors' checkpoint is not for."""
    if experiment.dataset != OF_CHECKPOINT:
        raise WorkflowError(
            f"pretrained: the authors' checkpoint is for {OF_CHECKPOINT}, and the data set is {experiment.dataset}; "
            f"add --config dataset={OF_CHECKPOINT}"
        )
    own = experiment.variants[experiment.main[0]].params
    if wrong := other_than_theirs(own):
        raise WorkflowError(
            "pretrained: the authors' weights were trained on something else: "
            + "; ".join(wrong)
        )
    return of_data("results/{dataset}/pretrained/comparison.md")


def released_settings(step):
    """The ``--cfg`` of a step under the preset ``released``."""
    return Resolved(released_params(), {}).step(step)


def about_pretrained(wildcards):
    """What the metrics file is about, as JSON; the authors do not tell their seed."""
    return json.dumps(
        {"variant": "pretrained", "seed": 0, "dataset": wildcards.dataset}
    )
