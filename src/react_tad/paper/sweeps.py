"""A sweep computed: average mAP against one parameter (Figure 5), with a band that says how sure each point is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.evaluation.summary import Spread
from react_tad.files import csv_text
from react_tad.paper.runs import Measurements
from react_tad.paper.statistics import RESAMPLES
from react_tad.paper.studies import Sweep


@dataclass(frozen=True)
class CurvePoint:
    """Average mAP, as fractions, at one value of the parameter."""

    value: float
    by_seed: Mapping[int, float]
    average: Spread
    deviation: float | None
    """Half the height of the band; see :attr:`Curve.band`."""


@dataclass(frozen=True)
class Curve:
    """All points of one sweep, by ascending value."""

    sweep: Sweep
    setting: Mapping[str, str]
    points: tuple[CurvePoint, ...]
    band: Literal["seeds", "videos", "groups", "none"]
    """What the band is one standard deviation of, to either side of the mean: ``seeds``, of the seeds; ``videos`` or
    ``groups`` (where videos have them), of the mean over bootstrapped ones of the test set, where some point has a
    single seed and all give their detections."""
    band_units: int | None = None
    """How many videos or groups there are; None where none were drawn."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds of any point, ascending."""
        return tuple(sorted({seed for point in self.points for seed in point.by_seed}))


def follow(sweep: Sweep, ground_truth: GroundTruth | None = None, *, resamples: int = RESAMPLES) -> Curve:
    """Read the files of a sweep. ``ground_truth`` is needed for a band over videos or groups only.

    Raises ValueError if files cannot be compared (see :func:`react_tad.paper.runs.read_runs`).
    """
    measured = {str(point.value): point for point in sorted(sweep.points, key=lambda point: point.value)}
    found = Measurements.read(measured)
    runs = found.runs
    spreads = {name: Spread.of([run["average_map"] for run in own.values()]) for name, own in runs.items()}
    band: Literal["seeds", "videos", "groups", "none"] = "none"
    units = None
    deviations: dict[str, float] = {}
    if all(spread.std is not None for spread in spreads.values()):
        band, deviations = "seeds", {name: spread.std for name, spread in spreads.items()}
    elif ground_truth is not None and all(point.detections for point in sweep.points):
        resampled = found.resample(ground_truth, resamples)
        if resampled.resamples:
            band, units = resampled.kind, resampled.units
        deviations = {
            name: float(np.std(sum(own.values()) / len(own), ddof=1)) for name, own in resampled.average_maps.items()
        }
    points = tuple(
        CurvePoint(
            point.value,
            {seed: run["average_map"] for seed, run in runs[name].items()},
            spreads[name],
            deviations.get(name),
        )
        for name, point in measured.items()
    )
    return Curve(sweep, found.setting, points, band, units)


def as_csv(curve: Curve) -> str:
    """A line a point: fractions, unrounded, empty where there is no number."""
    header = ["parameter", "value", "seeds", "average_map_mean", "average_map_std", "band", "band_units", "band_std"]
    header += [f"average_map_seed_{seed}" for seed in curve.seeds]
    lines = []
    for point in curve.points:
        spread = [point.average.count, point.average.mean, point.average.std]
        by_seed = [point.by_seed.get(seed) for seed in curve.seeds]
        lines.append(
            [curve.sweep.parameter, point.value, *spread, curve.band, curve.band_units, point.deviation, *by_seed]
        )
    return csv_text(header, lines)
