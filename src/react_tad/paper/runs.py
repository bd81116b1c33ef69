"""The runs behind the rows of a study or the points of a sweep: metrics, and average mAP on resampled test sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.detection.detections import read_detections
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.evaluation.profiles.catalogue import under_profile
from react_tad.evaluation.summary import SETTING, read_metrics
from react_tad.paper.statistics import ResampledMap, UnitKind, Units, resampled_videos
from react_tad.paper.studies import Measured

RESAMPLED_DEFINITION = "activitynet"
TOLERANCE = 1e-9
"""How far the average mAP of a detections file may be from that of the metrics file that it is said to belong to."""

Metrics = Mapping[str, Any]
"""A metrics file, with its path as ``source``."""


@dataclass(frozen=True)
class Resampled:
    """Average mAP on resampled test sets."""

    average_maps: Mapping[str, Mapping[int, np.ndarray]]
    """[R] by row and seed, for the rows that give their detections."""
    resamples: int
    """R; 0 if nothing was resampled."""
    kind: UnitKind = "videos"
    """What was drawn."""
    units: int = 0
    """How many of these there are; 0 if no row gives its detections. A single one cannot be resampled."""


@dataclass(frozen=True)
class Measurements:
    """What is measured of the rows of a study or the points of a sweep."""

    rows: Mapping[str, Measured]
    runs: Mapping[str, Mapping[int, Metrics]]
    """Metrics by row and seed."""

    @classmethod
    def read(cls, rows: Mapping[str, Measured]) -> "Measurements":
        """Read the metrics files. Raises ValueError if they cannot be compared (see :func:`read_runs`)."""
        return cls(rows, read_runs(rows))

    @property
    def setting(self) -> dict[str, str]:
        """What all runs share."""
        return setting_of(self.runs)

    def resample(self, ground_truth: GroundTruth | None, resamples: int) -> Resampled:
        """Resample what the metrics were measured on, by groups or videos; nothing without ground truth.

        Where there is a single one to draw, every resample would be the same and say nothing: none is made.
        """
        if ground_truth is None or all(row.detections is None for row in self.rows.values()):
            return Resampled({}, 0)
        ground_truth = measured_part(ground_truth, self.setting)
        units = Units.of(ground_truth)
        weights = resampled_videos(ground_truth, resamples=resamples)
        found = resample_runs(self.rows, self.runs, ground_truth, weights)
        if units.count < 2:
            return Resampled({}, 0, units.kind, units.count)
        return Resampled(found, resamples, units.kind, units.count)


def read_runs(rows: Mapping[str, Measured]) -> dict[str, dict[int, Metrics]]:
    """Metrics of every row by seed, in the order of the files.

    Raises ValueError that names the file if two files of a row are of one seed, or if files differ in data set,
    profile, subset, definition, fold or tIoU thresholds.
    """
    runs: dict[str, dict[int, Metrics]] = {}
    first: Metrics | None = None
    for name, row in rows.items():
        own = runs.setdefault(name, {})
        for path in row.metrics:
            metrics = read_metrics(path)
            first = first or metrics
            _check_comparable(metrics, first)
            if metrics["seed"] in own:
                raise ValueError(f"{path}: row '{name}' has seed {metrics['seed']} twice")
            own[metrics["seed"]] = metrics
    return runs


def setting_of(runs: Mapping[str, Mapping[int, Metrics]]) -> dict[str, str]:
    """Data set, profile, subset, definition and fold, which all runs share; empty where files do not say."""
    metrics = next(iter(next(iter(runs.values())).values()))
    return {key: str(metrics.get(key, "")) for key in SETTING}


def measured_part(ground_truth: GroundTruth, setting: Mapping[str, str]) -> GroundTruth:
    """What the profile of ``setting`` leaves of the ground truth: what the metrics were measured on."""
    return under_profile(ground_truth, setting["dataset"], setting["profile"]) if setting["profile"] else ground_truth


def _check_comparable(metrics: Metrics, first: Metrics) -> None:
    for key in SETTING:
        if metrics.get(key) != first.get(key):
            raise ValueError(
                f"{metrics['source']}: {key} {metrics.get(key)}, but {first['source']}: {key} {first.get(key)}; "
                "only numbers of one setting can be compared"
            )
    if list(metrics["per_tiou"]) != list(first["per_tiou"]):
        raise ValueError(
            f"{metrics['source']}: tIoU thresholds {', '.join(metrics['per_tiou'])}, but {first['source']}: "
            f"{', '.join(first['per_tiou'])}; evaluate both at the same thresholds"
        )


def resample_runs(
    rows: Mapping[str, Measured],
    runs: Mapping[str, Mapping[int, Metrics]],
    ground_truth: GroundTruth,
    weights: np.ndarray,
) -> dict[str, dict[int, np.ndarray]]:
    """Average mAP [R] of every run on resampled test sets, for the rows that give their detections.

    ``weights`` [R, V] say how often each video of ``ground_truth`` counts. A file that several rows name is read once.
    Raises ValueError if a detections file does not reproduce the average mAP of its metrics file.
    """
    known: dict[Path, tuple[float, np.ndarray]] = {}
    resampled: dict[str, dict[int, np.ndarray]] = {}
    everything_once = np.ones((1, len(ground_truth.videos)), dtype=np.int64)
    for name, row in rows.items():
        if row.detections is None:
            continue
        for path, (seed, metrics) in zip(row.detections, runs[name].items(), strict=True):
            _check_resampled(metrics, ground_truth)
            if path not in known:
                tiou = [float(threshold) for threshold in metrics["per_tiou"]]
                average_map = ResampledMap(ground_truth, read_detections(path), tiou)
                known[path] = float(average_map(everything_once)[0]), average_map(weights)
            measured, values = known[path]
            if abs(measured - metrics["average_map"]) > TOLERANCE:
                raise ValueError(
                    f"{path}: average mAP {measured}, but {metrics['source']} says {metrics['average_map']}: "
                    "these metrics are not of these detections and annotations"
                )
            resampled.setdefault(name, {})[seed] = values
    return resampled


def _check_resampled(metrics: Metrics, ground_truth: GroundTruth) -> None:
    if metrics["definition"] != RESAMPLED_DEFINITION:
        raise ValueError(
            f"{metrics['source']}: definition {metrics['definition']}; videos are resampled for definition "
            f"{RESAMPLED_DEFINITION} only, leave the detections out"
        )
    if metrics["subset"].casefold() != ground_truth.subset.casefold():
        raise ValueError(f"{metrics['source']}: subset {metrics['subset']}, but {ground_truth.subset} is resampled")
