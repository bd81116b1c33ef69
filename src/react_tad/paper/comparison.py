"""A study computed: mean and spread of every row, and its paired difference with the reference row."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.evaluation.summary import Spread
from react_tad.paper.runs import Measurements, Metrics
from react_tad.paper.statistics import (
    RESAMPLES,
    Interval,
    UnitKind,
    percentile_interval,
    t_interval,
)
from react_tad.paper.studies import Study


@dataclass(frozen=True)
class Difference:
    """Average mAP of a row minus that of the reference row, over the seeds that both have."""

    spread: Spread
    over_seeds: Interval | None
    """None with fewer than two common seeds."""
    resampled: Interval | None
    """Over groups or videos (:attr:`Comparison.kind`); None where detections of one of the rows are not given, and
    where there is a single group or video."""


@dataclass(frozen=True)
class ComparedRow:
    """One row; mAP and average mAP are fractions."""

    label: str
    seeds: tuple[int, ...]
    per_tiou: Mapping[str, Spread]
    average: Spread
    difference: Difference | None
    """None for the reference row itself, and where no seed is common."""


@dataclass(frozen=True)
class Comparison:
    """All rows of one study."""

    study: Study
    setting: Mapping[str, str]
    """Data set, profile, subset, definition and fold; empty where the files do not say."""
    rows: Mapping[str, ComparedRow]
    resamples: int
    """Resamples of the test set; 0 if none were drawn."""
    kind: UnitKind
    """What is drawn: groups where the annotations have them."""
    units: int
    """How many of these there are; 0 if no row gives its detections."""

    @property
    def tiou(self) -> tuple[str, ...]:
        """Thresholds, as the metrics files spell them."""
        return tuple(next(iter(self.rows.values())).per_tiou)


def compare(study: Study, ground_truth: GroundTruth | None = None, *, resamples: int = RESAMPLES) -> Comparison:
    """Read the files of a study and compare its rows.

    With ``ground_truth``, groups or videos are resampled for the rows that give their detections. Raises ValueError if
    files cannot be compared (see :func:`react_tad.paper.runs.read_runs`).
    """
    found = Measurements.read(study.rows)
    runs, resampled = found.runs, found.resample(ground_truth, resamples)
    maps = resampled.average_maps
    rows = {}
    for name, own in runs.items():
        rows[name] = ComparedRow(
            label=study.label(name),
            seeds=tuple(own),
            per_tiou={
                threshold: Spread.of([run["per_tiou"][threshold] for run in own.values()])
                for threshold in next(iter(own.values()))["per_tiou"]
            },
            average=Spread.of([run["average_map"] for run in own.values()]),
            difference=None if name == study.reference else _difference(runs, maps, name, study.reference),
        )
    return Comparison(
        study=study,
        setting=found.setting,
        rows=rows,
        resamples=resampled.resamples,
        kind=resampled.kind,
        units=resampled.units,
    )


def _difference(
    runs: Mapping[str, Mapping[int, Metrics]],
    resampled: Mapping[str, Mapping[int, np.ndarray]],
    row: str,
    reference: str,
) -> Difference | None:
    common = [seed for seed in runs[row] if seed in runs[reference]]
    if not common:
        return None
    differences = [runs[row][seed]["average_map"] - runs[reference][seed]["average_map"] for seed in common]
    interval = None
    if row in resampled and reference in resampled:
        per_seed = [resampled[row][seed] - resampled[reference][seed] for seed in common]
        interval = percentile_interval(np.mean(per_seed, axis=0))
    return Difference(Spread.of(differences), t_interval(differences), interval)
