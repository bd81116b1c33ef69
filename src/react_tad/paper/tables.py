"""A comparison as CSV, JSON, Markdown, LaTeX and HTML: the paper's row beside ours, footnotes on how to read it.

CSV and JSON hold fractions, unrounded; the others per cent. An interval that excludes 0 is marked; nothing is
claimed in words.
"""

from typing import Any

from react_tad.evaluation.folds import ALL_FOLDS
from react_tad.evaluation.summary import Spread
from react_tad.paper import markup
from react_tad.paper.comparison import ComparedRow, Comparison
from react_tad.paper.markup import RESAMPLED_MARK, SEEDS_MARK, Line, Table
from react_tad.paper.numbers import PaperRow
from react_tad.paper.statistics import CONFIDENCE, Interval

PERCENT = f"{100 * CONFIDENCE:.0f} %"


def difference_columns(comparison: Comparison) -> tuple[str, ...]:
    """Heads of the last columns; the last says what was resampled, and how many there are."""
    units = f" ({comparison.units})" if comparison.units else ""
    return "difference", f"{PERCENT} over seeds", f"{PERCENT} over {comparison.kind}{units}"


def as_csv(comparison: Comparison) -> str:
    """A line a row: fractions, empty where there is no number."""
    return markup.as_csv([{"row": name} | _record(comparison, name) for name in comparison.rows])


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """What a study's JSON file holds: its setting, and the columns of the CSV file by row, null where it is empty.

    ``resampled_over`` is ``groups`` or ``videos``, ``resampled_units`` how many there are; null where nothing was
    resampled.
    """
    study = comparison.study
    return {
        "name": study.name,
        "title": study.title,
        "reference": study.reference,
        **comparison.setting,
        "confidence": CONFIDENCE,
        "resamples": comparison.resamples,
        **_units(comparison),
        "rows": {name: _record(comparison, name) for name in comparison.rows},
    }


def _units(comparison: Comparison) -> dict[str, Any]:
    drawn = comparison.resamples > 0
    return {
        "resampled_over": comparison.kind if drawn else None,
        "resampled_units": comparison.units if drawn else None,
    }


def _record(comparison: Comparison, name: str) -> dict[str, Any]:
    """One row as named values."""
    row, paper = comparison.rows[name], _paper_row(comparison, name)
    record: dict[str, Any] = {"label": row.label, "seeds": len(row.seeds)}
    for threshold, spread in (*row.per_tiou.items(), ("average", row.average)):
        record |= {f"map_{threshold}_mean": spread.mean, f"map_{threshold}_std": spread.std}
    difference = row.difference
    record["difference"] = difference.spread.mean if difference else None
    record["difference_std"] = difference.spread.std if difference else None
    record["difference_seeds"] = difference.spread.count if difference else 0
    for kind in ("over_seeds", "resampled"):
        interval = getattr(difference, kind) if difference else None
        record |= {
            f"{kind}_low": interval.low if interval else None,
            f"{kind}_high": interval.high if interval else None,
            f"{kind}_excludes_zero": interval.excludes_zero if interval else None,
        }
    record |= _units(comparison)
    for threshold in comparison.tiou:
        record[f"paper_{threshold}"] = _fraction(paper.maps.get(threshold) if paper else None)
    record["paper_average"] = _fraction(paper.average if paper else None)
    record["paper_difference"] = _fraction(_paper_difference(comparison, name))
    return record


def _fraction(per_cent: float | None) -> float | None:
    return None if per_cent is None else round(per_cent / 100, 6)


def as_markdown(comparison: Comparison) -> str:
    """A table for readers, the paper's row below ours, with footnotes."""
    return markup.as_markdown(_table(comparison))


def as_html(comparison: Comparison) -> str:
    """The same as a page of its own."""
    return markup.as_html(_table(comparison))


def as_latex(comparison: Comparison) -> str:
    """The same as a ``table`` environment."""
    table = _table(comparison, corner="")
    numbers = len(table.header) - 1 - len(difference_columns(comparison))
    return markup.as_latex(table, "l" + "r" * numbers + "rcc")


def _table(comparison: Comparison, corner: str = "row") -> Table:
    """Every row of ours, and the paper's below it, where the paper has one."""
    lines = []
    for name, row in comparison.rows.items():
        lines.append(Line(_our_cells(row)))
        paper = _paper_row(comparison, name)
        if paper:
            lines.append(Line(_paper_cells(comparison, name, paper), slanted=True))
    header = [corner, "seeds", *comparison.tiou, "average", *difference_columns(comparison)]
    study = comparison.study
    return Table(study.name, study.title or study.name, header, lines, footnotes(comparison))


def _our_cells(row: ComparedRow) -> list[str]:
    cells = [row.label, str(len(row.seeds)), *(_number(spread.mean) for spread in row.per_tiou.values())]
    cells.append(_spread(row.average))
    difference = row.difference
    if difference is None:
        return [*cells, "", "", ""]
    seeds = difference.spread.count
    partly = f" ({seeds} seeds)" if seeds < len(row.seeds) else ""
    return [
        *cells,
        _number(difference.spread.mean, sign="+") + partly,
        _interval(difference.over_seeds, SEEDS_MARK),
        _interval(difference.resampled, RESAMPLED_MARK),
    ]


def _paper_cells(comparison: Comparison, name: str, paper: PaperRow) -> list[str]:
    def printed(value: float | None, form: str = ".1f") -> str:
        return "" if value is None else format(value, form).replace("-", "−")

    maps = [printed(paper.maps.get(threshold)) for threshold in comparison.tiou]
    difference = printed(_paper_difference(comparison, name), "+.1f")
    return ["paper", "", *maps, printed(paper.average), difference, "", ""]


def _paper_row(comparison: Comparison, name: str) -> PaperRow | None:
    table = comparison.study.paper_table
    return table.rows.get(name) if table else None


def _paper_difference(comparison: Comparison, name: str) -> float | None:
    """The paper's average minus that of the reference row, in per cent."""
    reference = comparison.study.reference
    rows = [_paper_row(comparison, each) for each in (name, reference)]
    if name == reference or any(row is None or row.average is None for row in rows):
        return None
    return round(rows[0].average - rows[1].average, 6)  # sums of printed decimals


def _number(fraction: float, sign: str = "") -> str:
    return format(100 * fraction, f"{sign}.2f").replace("-", "−")


def _spread(spread: Spread) -> str:
    return _number(spread.mean) if spread.std is None else f"{_number(spread.mean)} ± {_number(spread.std)}"


def _interval(interval: Interval | None, mark: str) -> str:
    if interval is None:
        return ""
    return f"[{_number(interval.low)}, {_number(interval.high)}]{mark if interval.excludes_zero else ''}"


def footnotes(comparison: Comparison) -> list[str]:
    """How the numbers were made, and what has to be known about the paper's."""
    setting = comparison.setting
    parts = [setting[key] for key in ("dataset", "profile", "subset") if setting[key]]
    if setting["fold"]:
        parts.append("all folds together" if setting["fold"] == ALL_FOLDS else f"fold {setting['fold']}")
    where = ", ".join(parts)
    table = comparison.study.paper_table
    reference = comparison.rows[comparison.study.reference].label
    notes = [
        f"{where}: mAP in per cent at each tIoU threshold (definition {setting['definition']}), mean over seeds; "
        "average: mean over thresholds ± sample standard deviation over seeds.",
        f"Difference: average mAP minus that of “{reference}”, paired by seed. Over seeds: Student's t interval of "
        "the paired differences, where there are two seeds or more.",
        f"{SEEDS_MARK} and {RESAMPLED_MARK}: the interval excludes 0. Each is a {PERCENT} interval by itself, not "
        "corrected for the number of rows.",
    ]
    if comparison.resamples:
        whole = ", each with all its videos" if comparison.kind == "groups" else ""
        notes.append(
            f"Over {comparison.kind}: percentile bootstrap of the {comparison.units} {comparison.kind}{whole}, "
            f"{comparison.resamples} resamples, the same ones for both rows, averaged over seeds."
        )
    elif comparison.units:
        notes.append(f"Over {comparison.kind}: no interval, since there is a single one to draw.")
    if table and any(_paper_row(comparison, name) for name in comparison.rows):
        notes.append(f"Paper: as printed for {table.dataset}, one number a cell, no spread given.")
        notes += table.notes
    return notes
