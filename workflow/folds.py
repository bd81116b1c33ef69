"""Folds of the chosen data set, by the names that stand for ``{dataset}`` in the rules.

``hapt`` is the data set with its published splits, ``hapt/folds/3`` the same recordings with the splits of the third
fold, ``hapt/folds/all`` what is made of the detections of all folds together, in which each recording was tested once.
So one rule serves all of them: ``results/{dataset}/metrics/...`` is ``results/hapt/folds/3/metrics/...``.
"""

import re
from functools import cached_property
from typing import Any

import asked
from react_tad.data.folds import number_of_folds
from react_tad.params.experiment import Experiment

FOLDER = "folds"
"""In ``data/D``, ``results/D`` and ``logs/D``; DVC follows nothing in it."""
ALL = "all"
OF_ONE = ("features", "windows", "train", "detect")
"""Steps of which there is nothing of all folds together."""


class FoldNames:
    """The names of an experiment's data set and of its folds."""

    def __init__(self, experiment: Experiment):
        self.experiment, self.dataset = experiment, experiment.dataset
        self.pooled = f"{self.dataset}/{FOLDER}/{ALL}"
        """All folds together."""

    @property
    def there(self) -> bool:
        """Whether the data set says how it is cut."""
        return self.experiment.folds is not None

    @cached_property
    def count(self) -> int:
        """How many folds there are. Raises ValueError if the data set has none, or fewer groups than folds."""
        folds, experiment = self.experiment.folds, self.experiment
        if folds is None:
            raise experiment.without_folds()
        dataset, options = asked.chosen_data_set(experiment)
        return number_of_folds(dataset, options, folds, f"{experiment.where}: datasets.{self.dataset}.folds")

    @property
    def each(self) -> list[str]:
        """The folds, one by one."""
        return [f"{self.dataset}/{FOLDER}/{number}" for number in range(1, self.count + 1)]

    @property
    def chosen(self) -> str:
        """What everything is reported of: the data set, or all folds together."""
        return self.pooled if self.experiment.folded else self.dataset

    @property
    def pattern(self) -> str:
        """Regular expression for ``{dataset}``."""
        return re.escape(self.dataset) + (rf"(/{FOLDER}/([1-9]\d*|{ALL}))?" if self.there else "")

    @property
    def pattern_of_one(self) -> str:
        """The same for single folds."""
        return rf"{re.escape(self.dataset)}/{FOLDER}/[1-9]\d*"

    def fold(self, name: str) -> int | str | None:
        """What ``name`` is: the number of a fold, ``all``, or None for the data set itself."""
        last = name.rpartition("/")[2]
        return None if name == self.dataset else ALL if last == ALL else int(last)

    def parameters(self, name: str) -> dict[str, Any]:
        """The fold that ``name`` is, as the step features reads it; nothing for the data set itself."""
        if name == self.dataset:
            return {}
        return {"fold": {"by": self.experiment.folds.by, "count": self.count, "number": self.fold(name)}}

    def holding(self, step: str, name: str) -> list[str]:
        """The names under which a step's files of ``name`` are: networks and what is made by one are in the folds."""
        return self.each if name == self.pooled and step in OF_ONE else [name]

    def making(self, step: str, name: str) -> list[str]:
        """The names under which a step makes files for ``name``: for all together, in each fold and then of all."""
        return list(dict.fromkeys([*self.each, *self.holding(step, name)])) if name == self.pooled else [name]
