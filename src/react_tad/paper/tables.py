"""A comparison as CSV, JSON, Markdown, LaTeX and HTML: the paper's row beside ours, footnotes on how to read it.

CSV and JSON hold fractions, unrounded; the others per cent. An interval that excludes 0 is marked; nothing is
claimed in words.
"""

import csv
import io
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from react_tad.paper.comparison import ComparedRow, Comparison
from react_tad.paper.numbers import PaperRow
from react_tad.paper.statistics import CONFIDENCE, Interval
from react_tad.summary import Spread

SEEDS_MARK, VIDEOS_MARK = "†", "‡"
PERCENT = f"{100 * CONFIDENCE:.0f} %"
DIFFERENCE_COLUMNS = ("difference", f"{PERCENT} over seeds", f"{PERCENT} over videos")
LATEX = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "−": r"$-$",
    "γ": r"$\gamma$",
    "τ": r"$\tau$",
    SEEDS_MARK: r"$^\dagger$",
    VIDEOS_MARK: r"$^\ddagger$",
}
"""What LaTeX reads in another way, or does not know, by character."""
HTML_STYLE = (
    "body{font:14px sans-serif;margin:1.5em}table{border-collapse:collapse;border-bottom:1px solid}"
    "th{border-top:1px solid;border-bottom:1px solid}td,th{padding:.2em .6em;text-align:right;white-space:nowrap}"
    "td:first-child{text-align:left}.paper{font-style:italic;color:#555}li{max-width:60em}"
)


def as_csv(comparison: Comparison) -> str:
    """A line a row: fractions, empty where there is no number."""
    records = [{"row": name} | _record(comparison, name) for name in comparison.rows]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return buffer.getvalue()


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """What a study's JSON file holds: its setting, and the columns of the CSV file by row, null where it is empty."""
    study = comparison.study
    return {
        "name": study.name,
        "title": study.title,
        "reference": study.reference,
        **comparison.setting,
        "confidence": CONFIDENCE,
        "resamples": comparison.resamples,
        "rows": {name: _record(comparison, name) for name in comparison.rows},
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
    for kind in ("over_seeds", "over_videos"):
        interval = getattr(difference, kind) if difference else None
        record |= {
            f"{kind}_low": interval.low if interval else None,
            f"{kind}_high": interval.high if interval else None,
            f"{kind}_excludes_zero": interval.excludes_zero if interval else None,
        }
    for threshold in comparison.tiou:
        record[f"paper_{threshold}"] = _fraction(paper.maps.get(threshold) if paper else None)
    record["paper_average"] = _fraction(paper.average if paper else None)
    record["paper_difference"] = _fraction(_paper_difference(comparison, name))
    return record


def _fraction(per_cent: float | None) -> float | None:
    return None if per_cent is None else round(per_cent / 100, 6)


def as_markdown(comparison: Comparison) -> str:
    """A table for readers, the paper's row below ours, with footnotes."""
    header = ["row", "seeds", *comparison.tiou, "average", *DIFFERENCE_COLUMNS]
    lines = ["| " + " | ".join(markdown(cell) for cell in header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    for ours, paper in _cells(comparison):
        lines.append("| " + " | ".join(map(markdown, ours)) + " |")
        if paper:
            lines.append("| " + " | ".join(f"*{markdown(cell)}*" if cell else "" for cell in paper) + " |")
    notes = [f"- {markdown(note)}" for note in footnotes(comparison)]
    title = comparison.study.title or comparison.study.name
    return "\n".join([f"**{markdown(title)}**", "", *lines, "", *notes]) + "\n"


def markdown(text: str) -> str:
    """Text that Markdown shows as it stands."""
    for character in "\\|*_<>":
        text = text.replace(character, f"\\{character}")
    return text


def as_html(comparison: Comparison) -> str:
    """A page of its own with the table and its footnotes, as ``snakemake --report`` can show it."""

    def line(cells: Sequence[str], tag: str = "td", kind: str = "") -> str:
        row = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
        return f'<tr class="{kind}">{row}</tr>' if kind else f"<tr>{row}</tr>"

    title = escape(comparison.study.title or comparison.study.name)
    lines = [line(["row", "seeds", *comparison.tiou, "average", *DIFFERENCE_COLUMNS], "th")]
    for ours, paper in _cells(comparison):
        lines += [line(ours)] + ([line(paper, kind="paper")] if paper else [])
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f"<style>{HTML_STYLE}</style></head><body>",
            f"<h1>{title}</h1>\n<table>",
            *lines,
            "</table>\n<ul>",
            *(f"<li>{escape(note)}</li>" for note in footnotes(comparison)),
            "</ul></body></html>\n",
        ]
    )


def as_latex(comparison: Comparison) -> str:
    """A ``table`` environment with booktabs rules; needs ``\\usepackage{booktabs}``."""
    columns = len(comparison.tiou)
    header = ["", "seeds", *comparison.tiou, "average", *DIFFERENCE_COLUMNS]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex(comparison.study.title or comparison.study.name)}}}",
        rf"\label{{tab:{comparison.study.name.replace('_', '-')}}}",
        r"\begin{tabular}{lr" + "r" * (columns + 1) + "rcc}",
        r"\toprule",
        latex_row(header, latex),
        r"\midrule",
    ]
    for ours, paper in _cells(comparison):
        lines.append(latex_row(ours, latex))
        if paper:
            lines.append(latex_row(paper, lambda cell: rf"\textit{{{latex(cell)}}}" if cell else ""))
    lines += [r"\bottomrule", r"\end{tabular}", r"\par\smallskip\footnotesize\raggedright"]
    lines += [latex(note) + r"\par" for note in footnotes(comparison)]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def latex_row(cells: Sequence[str], form: Callable[[str], str]) -> str:
    """A line of a ``tabular``."""
    line = " & ".join(map(form, cells)) + r" \\"
    return "{}" + line if line.startswith("[") else line  # after a line break, a bracket would be its argument


def latex(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(LATEX.get(character, character) for character in text)


def _cells(comparison: Comparison) -> list[tuple[list[str], list[str]]]:
    """The cells of every row of ours, and of the paper's row below it (no cells where the paper has none)."""
    rows = []
    for name, row in comparison.rows.items():
        paper = _paper_row(comparison, name)
        rows.append((_our_cells(row), _paper_cells(comparison, name, paper) if paper else []))
    return rows


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
        _interval(difference.over_videos, VIDEOS_MARK),
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
    where = ", ".join(setting[key] for key in ("dataset", "profile", "subset") if setting[key])
    table = comparison.study.paper_table
    reference = comparison.rows[comparison.study.reference].label
    notes = [
        f"{where}: mAP in per cent at each tIoU threshold (definition {setting['definition']}), mean over seeds; "
        "average: mean over thresholds ± sample standard deviation over seeds.",
        f"Difference: average mAP minus that of “{reference}”, paired by seed. Over seeds: Student's t interval of "
        "the paired differences, where there are two seeds or more.",
        f"{SEEDS_MARK} and {VIDEOS_MARK}: the interval excludes 0. Each is a {PERCENT} interval by itself, not "
        "corrected for the number of rows.",
    ]
    if comparison.resamples:
        notes.append(
            f"Over videos: percentile bootstrap of the {comparison.videos} videos, {comparison.resamples} resamples, "
            "the same ones for both rows, averaged over seeds."
        )
    if table and any(_paper_row(comparison, name) for name in comparison.rows):
        notes.append(f"Paper: as printed for {table.dataset}, one number a cell, no spread given.")
        notes += table.notes
    return notes
