"""Metrics of several variants and seeds in one table: mean and sample standard deviation over the seeds of each
variant.

The difference with the first variant of the same data set is paired: over the seeds that both have, the mean and sample
standard deviation of the difference in average mAP. One seed has no standard deviation.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from react_tad.evaluation.folds import check_fold
from react_tad.files import csv_text, markdown_row, markdown_text, read_json
from react_tad.params.section import checked

SETTING = ("dataset", "profile", "subset", "definition", "fold")
"""What two numbers must share to be compared. Most have no fold (:mod:`react_tad.evaluation.folds`)."""
AVERAGE = "average"


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation of ``count`` numbers; ``std`` is None for a single one."""

    mean: float
    std: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Spread of one number or more."""
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))


@dataclass(frozen=True)
class Row:
    """One variant on one data set."""

    setting: dict[str, str]
    variant: str
    maps: dict[str, Spread]
    """mAP by threshold, and ``average``, as fractions."""
    difference: Spread | None
    """Average mAP minus that of the first variant of the setting, over common seeds; None for that one itself, and
    where no seed is common."""


class _Metrics(TypedDict):
    """What is read of a metrics file, which holds more."""

    __pydantic_config__ = ConfigDict(extra="allow", allow_inf_nan=False)

    variant: str
    seed: int
    dataset: str
    subset: str
    definition: str
    per_tiou: Annotated[dict[str, float], Field(min_length=1)]
    average_map: float
    per_class: dict[str, dict[str, float]]
    counts: NotRequired[dict[str, int]]


def read_metrics(path: str | Path) -> dict[str, Any]:
    """A metrics file, if it says what it is about; its path is added as ``source``, for messages."""
    metrics = read_json(path)
    needed = ("variant", "seed", "dataset", "subset", "definition", "per_tiou", "average_map", "per_class")
    missing = [key for key in needed if key not in metrics] if isinstance(metrics, Mapping) else needed
    if missing:
        raise ValueError(
            f"{path} has no {', '.join(missing)}; `react-tad evaluate --about` adds dataset, variant and seed"
        )
    check_fold(metrics, str(path))
    return {**checked(_Metrics, metrics, str(path)), "source": str(path)}


def summarize(metrics: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows in the order in which settings and variants first occur in ``metrics`` (of :func:`read_metrics`)."""
    thresholds = list(metrics[0]["per_tiou"])
    runs: dict[tuple[str, ...], dict[str, dict[int, Mapping[str, Any]]]] = {}
    for run in metrics:
        if list(run["per_tiou"]) != thresholds:
            raise ValueError(
                f"{run['source']} has tIoU thresholds {', '.join(run['per_tiou'])}, and {metrics[0]['source']} has "
                f"{', '.join(thresholds)}: evaluate both at the same thresholds"
            )
        setting = tuple(str(run.get(key, "")) for key in SETTING)
        seeds = runs.setdefault(setting, {}).setdefault(run["variant"], {})
        if run["seed"] in seeds:
            other = seeds[run["seed"]]["source"]
            raise ValueError(f"{run['source']} and {other} are both variant '{run['variant']}', seed {run['seed']}")
        seeds[run["seed"]] = run
    return [
        Row(dict(zip(SETTING, setting, strict=True)), variant, _maps(seeds, thresholds), _difference(variants, variant))
        for setting, variants in runs.items()
        for variant, seeds in variants.items()
    ]


def _maps(seeds: Mapping[int, Mapping[str, Any]], thresholds: Sequence[str]) -> dict[str, Spread]:
    maps = {threshold: Spread.of([run["per_tiou"][threshold] for run in seeds.values()]) for threshold in thresholds}
    return maps | {AVERAGE: Spread.of([run["average_map"] for run in seeds.values()])}


def _difference(variants: Mapping[str, Mapping[int, Mapping[str, Any]]], variant: str) -> Spread | None:
    first = next(iter(variants))
    common = variants[first].keys() & variants[variant].keys()
    if variant == first or not common:
        return None
    runs = [(variants[variant][seed], variants[first][seed]) for seed in sorted(common)]
    return Spread.of([run["average_map"] - reference["average_map"] for run, reference in runs])


def as_csv(rows: Sequence[Row], more: Mapping[str, Sequence[Any]] | None = None) -> str:
    """A line a row: fractions with full precision, empty where there is no number.

    ``more`` are further columns, a value a row. There is a column ``fold`` if a row is of one.
    """
    more = more or {}
    setting = [key for key in SETTING if key != "fold" or any(row.setting[key] for row in rows)]
    names = list(rows[0].maps)
    columns = [f"map_{name}_{part}" for name in names for part in ("mean", "std")]
    lines = []
    for position, row in enumerate(rows):
        difference = row.difference or Spread("", None, 0)
        numbers = [number for name in names for number in (row.maps[name].mean, row.maps[name].std)]
        count = row.maps[AVERAGE].count
        about = [*(row.setting[key] for key in setting), row.variant, *(values[position] for values in more.values())]
        lines.append([*about, count, *numbers, difference.mean, difference.std, difference.count])
    of_difference = ["difference_mean", "difference_std", "difference_seeds"]
    return csv_text([*setting, "variant", *more, "seeds", *columns, *of_difference], lines)


def as_json(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Mean mAP by variant and threshold, as fractions: small enough for ``dvc metrics diff``. One setting only."""
    if len({tuple(row.setting.items()) for row in rows}) > 1:
        raise ValueError("metrics of several data sets, subsets or definitions cannot share one JSON summary")
    return {row.variant: {name: spread.mean for name, spread in row.maps.items()} for row in rows}


def as_markdown(rows: Sequence[Row]) -> str:
    """A table for readers, one for each setting, in per cent."""
    blocks = []
    for setting in dict.fromkeys(tuple(row.setting.items()) for row in rows):
        own = [row for row in rows if tuple(row.setting.items()) == setting]
        names = list(own[0].maps)
        title = ", ".join(f"{key} {markdown_text(value)}" for key, value in setting if value)
        header = ["variant", "seeds", *names, f"average minus {markdown_text(own[0].variant)}"]
        lines = [
            f"{title[0].upper() + title[1:]}. mAP in per cent at each tIoU threshold: mean ± sample standard deviation",
            "over seeds. The last column is over the seeds that both variants have, their number in brackets.",
            "",
            markdown_row(header),
            "|" + "---|" * len(header),
        ]
        for row in own:
            cells = [
                markdown_text(row.variant),
                str(row.maps[AVERAGE].count),
                *(spread_in_per_cent(row.maps[name]) for name in names),
            ]
            paired = (
                f"{spread_in_per_cent(row.difference, sign='+')} ({row.difference.count})" if row.difference else ""
            )
            lines.append(markdown_row([*cells, paired]))
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def spread_in_per_cent(spread: Spread, sign: str = "") -> str:
    """``mean ± std`` of fractions in per cent, with two decimals; ``sign="+"`` shows the sign of a positive mean."""
    mean = format(100 * spread.mean, f"{sign}.2f")
    return mean if spread.std is None else f"{mean} ± {100 * spread.std:.2f}"
