"""The whole diagnosis of one set of detections, and its table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from react_tad.detection.detections import Detections
from react_tad.evaluation.diagnosis.characteristics import Characteristic, characteristics
from react_tad.evaluation.diagnosis.false_positives import BANDS, ERRORS, Kind, kinds, profile, removal_gain
from react_tad.evaluation.diagnosis.matching import Matches, match
from react_tad.evaluation.diagnosis.missed import missed, missed_by_bucket
from react_tad.evaluation.diagnosis.normalized_ap import mean_ap, usual_instances
from react_tad.evaluation.diagnosis.sensitivity import normalized_map_by_bucket
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.files import csv_text, write_text

COLUMNS = ("analysis", "of", "name", "low", "high", "count", "measure", "tiou", "value")
TOP = f"1G-{BANDS}G"
"""The detections that kinds of false positives are told for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """What depends on one characteristic, in B buckets at T thresholds."""

    characteristic: Characteristic
    normalized_map: np.ndarray
    """[B, T] fractions; NaN for a bucket without instances."""
    missed: np.ndarray
    """[B, T] fractions of the bucket's instances; NaN for a bucket without instances."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Diagnosis:
    """Everything measured at T thresholds; fractions, unrounded."""

    subset: str
    tiou: tuple[float, ...]
    instances: int
    detections: int
    left_out: int
    """Detections in other subsets or of classes without an instance."""
    usual_instances: float
    """N of normalized AP."""
    overall: dict[str, np.ndarray]
    """[T] each: ``map`` and ``normalized_map`` of all detections, the same with ``_top`` of the best 10 G of each
    class, and ``missed``, the share of instances."""
    profile: np.ndarray
    """[10, T, 6] int: detections by band and kind."""
    gain: dict[str, dict[Kind, np.ndarray]]
    """[T] each: the rise of ``map`` and of ``normalized_map`` of the best 10 G without the errors of one kind."""
    sensitivities: tuple[Sensitivity, ...]

    @property
    def shares(self) -> np.ndarray:
        """[10, 6]: share of each kind in each band, mean over thresholds; NaN for a band without detections."""
        return _shares(self.profile).mean(1)

    @property
    def top_shares(self) -> np.ndarray:
        """[6]: the same over all bands together."""
        return _shares(self.profile.sum(0)).mean(0)

    def rows(self) -> Iterator[dict[str, object]]:
        """The table of :meth:`write_csv`, one number a row."""
        for measure, values in self.overall.items():
            yield from self._by_tiou({"analysis": "overall", "count": self.instances, "measure": measure}, values)
        bands = {f"{index + 1}G": table for index, table in enumerate(self.profile)} | {TOP: self.profile.sum(0)}
        for band, table in bands.items():
            about = {"analysis": "false_positives", "of": band, "count": int(table[0].sum()), "measure": "share"}
            for kind in Kind:
                yield from self._by_tiou(about | {"name": kind.name.lower()}, _shares(table)[:, kind])
        for measure, gains in self.gain.items():
            about = {"analysis": "removal", "of": TOP, "count": int(self.profile[:, 0].sum())}
            for kind, values in gains.items():
                yield from self._by_tiou(about | {"name": kind.name.lower(), "measure": f"{measure}_gain"}, values)
        for measure in ("normalized_map", "missed"):
            for part in self.sensitivities:
                yield from self._buckets(part, measure)

    def _buckets(self, part: Sensitivity, measure: str) -> Iterator[dict[str, object]]:
        own = part.characteristic
        analysis = "missed" if measure == "missed" else "sensitivity"
        for index, name in enumerate(own.buckets):
            low, high = own.limits(index)
            about = {"analysis": analysis, "of": own.name, "name": name, "low": low, "high": high}
            about |= {"count": int(own.counts[index]), "measure": measure}
            yield from self._by_tiou(about, getattr(part, measure)[index])

    def _by_tiou(self, about: Mapping[str, object], values: np.ndarray) -> Iterator[dict[str, object]]:
        """A row a threshold and one for their mean; a value that does not exist is blank."""
        for tiou, value in zip((*self.tiou, "average"), (*values.tolist(), float(values.mean())), strict=True):
            yield {**about, "tiou": tiou, "value": None if np.isnan(value) else value}

    def write_csv(self, path: str | Path) -> None:
        """Write one number a row: columns COLUMNS.

        ``analysis`` is overall, false_positives, removal, sensitivity or missed; ``of`` a band of detections or a
        characteristic; ``name`` a kind or a bucket, which holds values over ``low`` up to ``high``; ``count`` how many
        detections (false_positives, removal) or instances it is measured on; ``tiou`` a threshold or "average".
        """
        rows = ([row.get(column) for column in COLUMNS] for row in self.rows())
        write_text(path, csv_text(COLUMNS, rows))


def diagnose(
    ground_truth: GroundTruth,
    detections: Detections,
    tiou: Sequence[float] = (0.3, 0.4, 0.5, 0.6, 0.7),
    *,
    buckets: str = "auto",
    bounds: Mapping[str, Sequence[float]] | None = None,
    unknown_labels: str = "refuse",
) -> Diagnosis:
    """All analyses. ``buckets`` and ``bounds`` are those of :func:`react_tad.evaluation.diagnosis.characteristics`."""
    split = characteristics(ground_truth, buckets, bounds)
    matches = match(ground_truth, detections, tiou, unknown_labels=unknown_labels)
    top = matches.where(matches.band < BANDS)
    kind, missing = kinds(top), missed(matches)
    normalized = {"map": False, "normalized_map": True}
    return Diagnosis(
        subset=ground_truth.subset,
        tiou=matches.tiou,
        instances=len(ground_truth.label),
        detections=len(matches.video),
        left_out=len(detections) - len(matches.video),
        usual_instances=usual_instances(matches),
        overall={
            **{name: _map(matches, normalized=wanted) for name, wanted in normalized.items()},
            **{f"{name}_top": _map(top, normalized=wanted) for name, wanted in normalized.items()},
            "missed": missing.mean(0),
        },
        profile=profile(top, kind),
        gain={
            name: {error: removal_gain(top, kind, error, normalized=wanted) for error in ERRORS}
            for name, wanted in normalized.items()
        },
        sensitivities=tuple(
            Sensitivity(
                characteristic=own,
                normalized_map=normalized_map_by_bucket(matches, own),
                missed=missed_by_bucket(missing, own),
            )
            for own in split
        ),
    )


def _map(matches: Matches, *, normalized: bool) -> np.ndarray:
    """mAP at each threshold, [T]."""
    usual = usual_instances(matches) if normalized else None
    return mean_ap(matches, matches.true, ~matches.true, matches.instances, usual)


def _shares(counts: np.ndarray) -> np.ndarray:
    """Counts [..., 6] as shares of their sum; NaN where there is nothing."""
    total = counts.sum(-1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.nan)
