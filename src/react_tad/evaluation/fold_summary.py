"""Metrics of several variants and seeds by fold of their data set, in one table.

A fold's metrics are of its own test recordings; those of fold ``all`` are of the detections of all folds together, each
recording once, and no mean over folds. Which fold a metrics file is of, ``react-tad evaluate --about`` puts there as
``fold``. Means, spreads and differences are those of :mod:`react_tad.evaluation.summary`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from react_tad.evaluation import summary
from react_tad.evaluation.folds import ALL_FOLDS
from react_tad.evaluation.summary import AVERAGE, SETTING, Row, spread_in_per_cent, summarize
from react_tad.files import markdown_row, markdown_text

COUNTS = ("videos", "groups")
"""What is told of a fold's test recordings, where the metrics files tell it."""


def by_fold(metrics: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Metrics (of :func:`react_tad.evaluation.summary.read_metrics`) ordered by fold, ``all`` last.

    Raises:
        ValueError: names a file without a fold, or two that differ in their setting, or in the recordings of a fold.

    """
    first: dict[Any, Mapping[str, Any]] = {}
    for run in metrics:
        if "fold" not in run:
            raise ValueError(f"{run['source']} has no fold; `react-tad evaluate --about` adds it")
        for key in (key for key in SETTING if key != "fold"):
            if run.get(key) != metrics[0].get(key):
                raise ValueError(
                    f"{run['source']}: {key} {run.get(key)}, but {metrics[0]['source']}: {key} {metrics[0].get(key)}; "
                    "folds are of one setting"
                )
        other = first.setdefault(run["fold"], run)
        for key in COUNTS:
            if _count(run, key) != _count(other, key):
                raise ValueError(
                    f"{run['source']}: {_count(run, key)} {key} in fold {run['fold']}, but {other['source']}: "
                    f"{_count(other, key)}; a fold has the same recordings in all of its metrics"
                )
    return sorted(metrics, key=lambda run: (run["fold"] == ALL_FOLDS, 0 if run["fold"] == ALL_FOLDS else run["fold"]))


def _count(run: Mapping[str, Any], key: str) -> int | None:
    return run.get("counts", {}).get(key)


def _counted(metrics: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> dict[str, list[int | None]]:
    """Numbers of videos and, if a file tells them, of groups, row by row."""
    of_fold = {str(run["fold"]): run for run in metrics}
    counted = {key: [_count(of_fold[row.setting["fold"]], key) for row in rows] for key in COUNTS}
    return {key: values for key, values in counted.items() if any(value is not None for value in values)}


def as_csv(metrics: Sequence[Mapping[str, Any]]) -> str:
    """A line for each fold and variant: fractions with full precision; the difference is within the fold."""
    rows = summarize(by_fold(metrics))
    return summary.as_csv(rows, _counted(metrics, rows))


def as_markdown(metrics: Sequence[Mapping[str, Any]]) -> str:
    """A table for readers, in per cent: of each variant a row a fold, that of all folds last and in bold."""
    rows = summarize(by_fold(metrics))
    counted = _counted(metrics, rows)
    about = {key: markdown_text(str(metrics[0][key])) for key in ("dataset", "subset", "definition")}
    thresholds = list(rows[0].maps)
    lines = [
        f"Dataset {about['dataset']}, subset {about['subset']}, definition {about['definition']}. mAP in per cent at",
        "each tIoU threshold: mean ± sample standard deviation over seeds. A fold's rows are of its own test",
        f"recordings; **{ALL_FOLDS}** is of the detections of all folds together, each recording once.",
        "",
        markdown_row(["variant", "fold", *counted, "seeds", *thresholds]),
        "|" + "---|" * (3 + len(counted) + len(thresholds)),
    ]
    for variant in dict.fromkeys(row.variant for row in rows):
        for position, row in enumerate(rows):
            if row.variant == variant:
                lines.append(_line(row, [values[position] for values in counted.values()]))
    return "\n".join(lines) + "\n"


def _line(row: Row, counts: Sequence[int | None]) -> str:
    fold = row.setting["fold"]
    spreads = [spread_in_per_cent(spread) for spread in row.maps.values()]
    cells = [markdown_text(row.variant), f"**{fold}**" if fold == ALL_FOLDS else fold]
    cells += ["" if count is None else str(count) for count in counts]
    return markdown_row([*cells, str(row.maps[AVERAGE].count), *spreads])
