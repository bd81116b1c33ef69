"""Validation classification loss by epoch over seeds (supplement, Figure 3; there it is the test loss).

The loss is the queries' own focal loss, measured alike whatever the setting was trained with. Epochs of a contrastive
stage, in which it is not measured, are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from react_tad.files import csv_text
from react_tad.paper.studies import LogStudy
from react_tad.training.log import read_log

COLUMN = "validation_classification"


@dataclass(frozen=True, eq=False)
class LossCurve:
    """One setting: E epochs, S seeds."""

    name: str
    label: str
    epochs: np.ndarray
    """[E], numbers of the epochs at which all seeds were measured."""
    by_seed: np.ndarray
    """[S, E]."""

    @property
    def mean(self) -> np.ndarray:
        """[E]."""
        return self.by_seed.mean(0)

    @property
    def std(self) -> np.ndarray | None:
        """[E], sample standard deviation over seeds; None for one seed."""
        return self.by_seed.std(0, ddof=1) if len(self.by_seed) > 1 else None


def follow_classification(study: LogStudy) -> list[LossCurve]:
    """Read the logs of every setting. Raises ValueError that names the log that does not measure the loss."""
    curves = []
    for name, row in study.rows.items():
        seeds = []
        for path in row.logs:
            log = read_log(path)
            if COLUMN not in log or not np.isfinite(log[COLUMN]).any():
                raise ValueError(f"{path}: no number in a column '{COLUMN}'; Figure S3 needs the validation loss")
            known = np.isfinite(log[COLUMN])
            seeds.append(dict(zip(log["epoch"][known].tolist(), log[COLUMN][known].tolist(), strict=True)))
        epochs = sorted(set.intersection(*map(set, seeds)))
        if not epochs:
            raise ValueError(f"row '{name}': no epoch is measured in all of {', '.join(map(str, row.logs))}")
        values = np.array([[own[epoch] for epoch in epochs] for own in seeds])
        curves.append(LossCurve(name, study.label(name), np.array(epochs), values))
    return curves


def as_csv(curves: Sequence[LossCurve]) -> str:
    """A line an epoch of a setting: unrounded, no standard deviation for one seed."""
    lines = []
    for curve in curves:
        deviations = [None] * len(curve.epochs) if curve.std is None else curve.std.tolist()
        for epoch, mean, std in zip(curve.epochs.tolist(), curve.mean.tolist(), deviations, strict=True):
            lines.append([curve.name, curve.label, f"{epoch:g}", len(curve.by_seed), mean, std])
    return csv_text(["row", "label", "epoch", "seeds", "loss_mean", "loss_std"], lines)
