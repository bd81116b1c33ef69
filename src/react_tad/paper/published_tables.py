"""Tables 1 and 2 as CSV, JSON, Markdown, LaTeX and HTML.

CSV and JSON hold fractions, unrounded; the others per cent, the paper's numbers with one decimal as it prints them.
"""

from collections.abc import Sequence
from typing import Any

from react_tad.evaluation.summary import Spread
from react_tad.paper import markup
from react_tad.paper.numbers import TABLES
from react_tad.paper.published import NOT_RUN, SIZES, Line

WORDS = ("kind", "method", "cited")


def as_records(name: str, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """A line each as named values; None where there is no number."""
    records = []
    for line in lines:
        record: dict[str, Any] = {"kind": line.kind, "method": line.method, "cited": line.cited}
        record["source"] = "this project" if line.ours else "the paper"
        spreads = {threshold: line.maps.get(threshold) for threshold in SIZES[name].columns} | {"average": line.average}
        for threshold, spread in spreads.items():
            record[f"map_{threshold}"] = spread and spread.mean
            record[f"map_{threshold}_std"] = spread and spread.std
        record |= {"seeds": line.average.count if line.ours and line.average else None, "gflops": line.gflops}
        records.append(record | {"setting": line.setting})
    return records


def as_csv(name: str, lines: Sequence[Line]) -> str:
    """A line a row."""
    return markup.as_csv(as_records(name, lines))


def as_dict(name: str, lines: Sequence[Line]) -> dict[str, Any]:
    """What the JSON file holds."""
    table = TABLES[name]
    return {"name": name, "title": table.title, "rows": as_records(name, lines), "notes": list(_notes(name, lines))}


def as_markdown(name: str, lines: Sequence[Line]) -> str:
    """A table for readers, with footnotes."""
    return markup.as_markdown(_table(name, [markup.Line(cells) for cells in _cells(name, lines)], lines))


def as_html(name: str, lines: Sequence[Line]) -> str:
    """A page of its own; the paper's rows are in its own style."""
    rows = zip(_cells(name, lines), lines, strict=True)
    return markup.as_html(_table(name, [markup.Line(cells, slanted=not line.ours) for cells, line in rows], lines))


def as_latex(name: str, lines: Sequence[Line]) -> str:
    """A ``table`` environment with booktabs rules, ours below a line of their own."""
    first_of_ours = sum(not line.ours for line in lines)
    rows = [markup.Line(cells, rule=place == first_of_ours) for place, cells in enumerate(_cells(name, lines))]
    table = _table(name, rows, lines)
    return markup.as_latex(table, "l" * len(WORDS) + "r" * (len(table.header) - len(WORDS)))


def _table(name: str, rows: Sequence[markup.Line], lines: Sequence[Line]) -> markup.Table:
    header = [*WORDS, *SIZES[name].columns, "average", "GFLOPs"]
    return markup.Table(name, TABLES[name].title, header, rows, _notes(name, lines), text_columns=len(WORDS))


def _cells(name: str, lines: Sequence[Line]) -> list[list[str]]:
    return [
        [
            line.kind,
            line.method,
            line.cited,
            *(_cell(line, line.maps.get(threshold)) for threshold in SIZES[name].columns),
            _cell(line, line.average, blank=NOT_RUN if line.ours else ""),
            "" if line.gflops is None else f"{line.gflops:.2f}" if line.ours else f"{line.gflops:g}",
        ]
        for line in lines
    ]


def _cell(line: Line, spread: Spread | None, blank: str = "") -> str:
    if spread is None:
        return blank
    if not line.ours:
        return f"{100 * spread.mean:.1f}"
    mean = f"{100 * spread.mean:.2f}"
    return mean if spread.std is None else f"{mean} ± {100 * spread.std:.2f}"


def _notes(name: str, lines: Sequence[Line]) -> list[str]:
    """What each row of ours is, how GFLOPs were counted, and what has to be known of the paper's rows."""
    return [
        "mAP in per cent at each tIoU threshold. Numbers in brackets are the paper's list of references; its rows are "
        "copied as it prints them, each a single number; methods differ in their features.",
        *(f"{line.method}: {line.setting}." for line in lines if line.ours),
        "Ours: mean ± sample standard deviation over seeds. GFLOPs of ours are 1e9 multiply-accumulates of one window "
        "without the extraction of features, counted while it runs.",
        *TABLES[name].notes,
    ]
