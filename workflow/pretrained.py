"""What ``rules/pretrained.smk`` asks for: the settings of the preset ``released``, as its authors have them."""

import json

from react_tad.data.released_checkpoint import CHECKPOINT, DATASET, other_than_theirs, released_params
from react_tad.params.experiment import Experiment, Resolved

FILE = CHECKPOINT.name
"""The checkpoint as it is published."""
RELEASED_PROFILE = "ssn"
"""The ground-truth profile that the released code is measured under (docs/evaluation.md)."""


def check(experiment: Experiment) -> None:
    """Refuse data that the authors' checkpoint is not for, by a ValueError that says what would be right."""
    if experiment.dataset != DATASET:
        raise ValueError(
            f"pretrained: the authors' checkpoint is for {DATASET}, and the data set is {experiment.dataset}; "
            f"add --config dataset={DATASET}"
        )
    if wrong := other_than_theirs(experiment.variants[experiment.main[0]].params):
        raise ValueError(f"pretrained: the authors' weights were trained on something else: {'; '.join(wrong)}")


def page(experiment: Experiment) -> str:
    """What the target ``pretrained`` prints; raises where :func:`check` does."""
    check(experiment)
    return f"results/{experiment.dataset}/pretrained/comparison.md"


def settings(step: str) -> str:
    """The ``--cfg`` of a step under the preset ``released``."""
    return Resolved(released_params(), {}).step(step)


def about(dataset: str) -> str:
    """What the metrics file is about, as JSON; the authors do not tell their seed."""
    return json.dumps({"variant": "pretrained", "seed": 0, "dataset": dataset})
