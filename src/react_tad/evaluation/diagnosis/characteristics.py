"""Characteristics of instances, and the buckets XS to XL that they fall into.

``length`` in seconds; ``coverage``, its share of the video's duration; ``instances``, how many of its class there are
in its video. A bucket is open below and closed above: bounds 30 and 60 make (.., 30], (30, 60], (60, ..).

DETAD gives absolute bounds for ActivityNet, and others for THUMOS14. On another data set they may put nearly all
instances into one bucket. The scheme ``auto`` therefore takes for each characteristic the first that fits: DETAD's
bounds for ActivityNet, those for THUMOS14, or quantiles of the instances at hand. Bounds fit if at least three buckets
hold 5 % of the instances or more. The choice depends on the annotations alone, so runs on one subset stay comparable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from react_tad.evaluation.ground_truth import GroundTruth

BUCKETS = {1: ("all",), 2: ("S", "L"), 3: ("S", "M", "L"), 4: ("XS", "S", "M", "L"), 5: ("XS", "S", "M", "L", "XL")}
"""Names of buckets by their number."""
BOUNDS = {
    "activitynet": {"length": (30, 60, 120, 180), "coverage": (0.2, 0.4, 0.6, 0.8), "instances": (1, 4, 8)},
    "thumos14": {"length": (3, 6, 12, 18), "coverage": (0.02, 0.04, 0.06, 0.08), "instances": (1, 40, 80)},
}
"""DETAD's bounds by data set."""
SCHEMES = ("auto", *BOUNDS, "quantiles")
UNITS = {"length": "s", "coverage": "share of the video", "instances": "of the class in the video"}
FITTING_BUCKETS, FITTING_SHARE = 3, 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Characteristic:
    """One characteristic of G instances, in B buckets."""

    name: str
    values: np.ndarray
    """[G] float64; NaN where unknown."""
    bounds: tuple[float, ...]
    """B - 1 ascending bounds between the buckets."""
    scheme: str
    """Where the bounds come from: a key of BOUNDS, "quantiles" or "given"."""

    @property
    def buckets(self) -> tuple[str, ...]:
        """[B], the buckets' names."""
        return BUCKETS[len(self.bounds) + 1]

    @property
    def bucket(self) -> np.ndarray:
        """[G] int, the bucket of each instance; -1 where its value is unknown."""
        return np.where(np.isnan(self.values), -1, np.searchsorted(self.bounds, self.values, side="left"))

    @property
    def counts(self) -> np.ndarray:
        """[B] int, the number of instances in each bucket."""
        return np.bincount(self.bucket + 1, minlength=len(self.buckets) + 1)[1:]

    def limits(self, bucket: int) -> tuple[float | None, float | None]:
        """What a bucket lies between, the upper one included; None where it is open."""
        return ((None, *self.bounds)[bucket], (*self.bounds, None)[bucket])

    def span(self, bucket: int) -> str:
        """What a bucket holds beyond the one before it, for readers: "≤ 3", "≤ 6" and, the last, "> 6"."""
        low, high = self.limits(bucket)
        return f"≤ {high:.3g}" if high is not None else f"> {low:.3g}" if low is not None else "any"


def characteristics(
    ground_truth: GroundTruth, scheme: str = "auto", given: Mapping[str, Sequence[float]] | None = None
) -> tuple[Characteristic, ...]:
    """Length, coverage and number of instances of every instance, with their buckets.

    ``scheme`` is one of SCHEMES; ``given`` has bounds, one to four, for single characteristics, which win over the
    scheme. Coverage is unknown where the file has no duration. Raises ValueError that shows a wrong scheme or bounds.
    """
    given = given or {}
    if scheme not in SCHEMES or not given.keys() <= UNITS.keys():
        raise ValueError(
            f"buckets '{scheme}' should be one of {', '.join(SCHEMES)}, and bounds for {', '.join(given) or 'nothing'} "
            f"be for any of {', '.join(UNITS)}"
        )
    return tuple(
        Characteristic(name=name, values=values, bounds=bounds, scheme=used)
        for name, values in _values(ground_truth).items()
        for bounds, used in [_bounds(name, values, scheme, given.get(name))]
    )


def _values(ground_truth: GroundTruth) -> dict[str, np.ndarray]:
    """Values [G] of each characteristic."""
    length = ground_truth.start_end[:, 1] - ground_truth.start_end[:, 0]
    duration = ground_truth.durations[ground_truth.video]
    key = ground_truth.video * len(ground_truth.classes) + ground_truth.label
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return {
        "length": length,
        "coverage": length / np.where(duration > 0, duration, np.nan),
        "instances": counts[inverse].astype(float),
    }


def _bounds(name: str, values: np.ndarray, scheme: str, given: Sequence[float] | None) -> tuple[tuple[float, ...], str]:
    """Bounds of one characteristic and where they come from."""
    if given is not None:
        most = max(BUCKETS) - 1
        if not 1 <= len(given) <= most or not (np.isfinite(given).all() and (np.diff(given) > 0).all()):
            raise ValueError(f"bounds of {name} {list(given)} should be one to {most} ascending numbers")
        return tuple(map(float, given)), "given"
    known = values[~np.isnan(values)]
    for source, published in BOUNDS.items():
        if scheme == source or (scheme == "auto" and _fit(published[name], known)):
            return tuple(map(float, published[name])), source
    return _quantiles(known, len(BOUNDS["activitynet"][name]) + 1), "quantiles"


def _fit(bounds: Sequence[float], values: np.ndarray) -> bool:
    """Whether enough buckets hold enough of ``values``."""
    counts = np.bincount(np.searchsorted(bounds, values, side="left"))
    return (counts >= max(FITTING_SHARE * len(values), 1)).sum() >= FITTING_BUCKETS


def _quantiles(values: np.ndarray, buckets: int) -> tuple[float, ...]:
    """Values that split ``values`` as evenly as can be into at most that many buckets, none of them empty."""
    if not len(values):
        return ()
    bounds = np.unique(np.quantile(values, np.arange(1, buckets) / buckets, method="inverted_cdf"))
    return tuple(bounds[bounds < values.max()].tolist())
