"""One set of detections measured under several ground-truth profiles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from react_tad.detection.detections import Detections
from react_tad.evaluation.average_precision import Metrics, evaluate
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.evaluation.profiles.catalogue import choose, read_profiles, read_video_names
from react_tad.evaluation.profiles.profile import DoesNotFit, Profile, apply


@dataclass(frozen=True, eq=False)
class Measured:
    """Metrics by profile; the first is the headline."""

    metrics: Mapping[str, Metrics]
    not_these: Mapping[str, str]
    """Profiles that do not fit the annotations, each with the reason."""

    def as_dict(self) -> dict[str, Any]:
        """What a metrics file holds: the headline's metrics, and under ``profiles`` those of each, without classes."""
        headline, *_ = (metrics.as_dict() for metrics in self.metrics.values())
        short = {name: _short(metrics) for name, metrics in self.metrics.items()}
        return headline | {"profiles": short | {name: {"refused": why} for name, why in self.not_these.items()}}


def measure(
    ground_truth: GroundTruth,
    detections: Detections,
    profiles: Mapping[str, Profile],
    names: Sequence[str],
    tiou: Sequence[float],
    definition: str,
    *,
    with_features: Collection[str] | None = None,
    unknown_labels: str = "refuse",
) -> Measured:
    """Metrics under each of ``names``, of which ``all`` stands for the rest of ``profiles``.

    A named profile that does not fit the annotations is an error (:class:`DoesNotFit`). Of those that ``all`` stands
    for, only the first is asserted so, and only where no name stands before it. ``with_features`` is that of
    :func:`react_tad.evaluation.profiles.profile.apply`.
    """
    named = [name for name in names if name != "all"]
    rest = [name for name in profiles if name not in named] if "all" in names else []
    asserted = named or rest[:1]
    metrics: dict[str, Metrics] = {}
    not_these: dict[str, str] = {}
    for name in (*named, *rest):
        try:
            kept = apply(profiles[name], name, ground_truth, with_features)
        except DoesNotFit as error:
            if name in asserted:
                raise
            not_these[name] = str(error)
            continue
        metrics[name] = evaluate(kept, detections, tiou, definition, unknown_labels=unknown_labels)
    return Measured(metrics, not_these)


def measure_named(
    ground_truth: GroundTruth,
    detections: Detections,
    dataset: str,
    names: Sequence[str],
    tiou: Sequence[float],
    definition: str,
    *,
    videos: Path | None = None,
    unknown_labels: str = "refuse",
) -> Measured:
    """:func:`measure` for profiles of ``dataset``, which is a name or a file of profiles.

    ``videos`` is a file that names those with features, for profiles that need it.
    """
    subset = ground_truth.subset
    profiles = read_profiles(dataset, subset)
    if not profiles:
        raise ValueError(f"data set '{dataset}' has no profiles of subset '{subset}'; leave out --profile")
    chosen = [name if name == "all" else choose(dataset, subset, name) for name in names]
    if None in chosen:
        raise ValueError("--profile none is what is measured without --profile; leave it out")
    with_features = read_video_names(videos) if videos else None
    return measure(
        ground_truth,
        detections,
        profiles,
        chosen,
        tiou,
        definition,
        with_features=with_features,
        unknown_labels=unknown_labels,
    )


def _short(metrics: Metrics) -> dict[str, Any]:
    """Metrics without what is the same under every profile, and without classes."""
    full = metrics.as_dict()
    return {key: full[key] for key in ("counts", "per_tiou", "average_map")}
