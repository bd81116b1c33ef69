"""Tables 1 and 2 as CSV, JSON, Markdown, LaTeX and HTML.

CSV and JSON hold fractions, unrounded; the others per cent, the paper's numbers with one decimal as it prints them.
"""

import csv
import io
from collections.abc import Sequence
from html import escape
from typing import Any

from react_tad.paper.numbers import TABLES
from react_tad.paper.published import NOT_RUN, SIZES, Line
from react_tad.paper.tables import HTML_STYLE, latex, latex_row, markdown
from react_tad.summary import Spread


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
    records = as_records(name, lines)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return buffer.getvalue()


def as_dict(name: str, lines: Sequence[Line]) -> dict[str, Any]:
    """What the JSON file holds."""
    table = TABLES[name]
    return {"name": name, "title": table.title, "rows": as_records(name, lines), "notes": list(_notes(name, lines))}


def as_markdown(name: str, lines: Sequence[Line]) -> str:
    """A table for readers, with footnotes."""
    header = _header(name)
    rows = ["| " + " | ".join(map(markdown, cells)) + " |" for cells in [header, *_cells(name, lines)]]
    rows.insert(1, "|---|---|---|" + "---:|" * (len(header) - 3))
    notes = [f"- {markdown(note)}" for note in _notes(name, lines)]
    return "\n".join([f"**{markdown(TABLES[name].title)}**", "", *rows, "", *notes]) + "\n"


def as_html(name: str, lines: Sequence[Line]) -> str:
    """A page of its own; the paper's rows are in its own style."""

    def row(cells: Sequence[str], tag: str = "td", kind: str = "") -> str:
        inside = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
        return f'<tr class="{kind}">{inside}</tr>' if kind else f"<tr>{inside}</tr>"

    title = escape(TABLES[name].title)
    body = [row(_header(name), "th")]
    for line, cells in zip(lines, _cells(name, lines), strict=True):
        body.append(row(cells, kind="" if line.ours else "paper"))
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f"<style>{HTML_STYLE}</style></head><body>",
            f"<h1>{title}</h1>\n<table>",
            *body,
            "</table>\n<ul>",
            *(f"<li>{escape(note)}</li>" for note in _notes(name, lines)),
            "</ul></body></html>\n",
        ]
    )


def as_latex(name: str, lines: Sequence[Line]) -> str:
    """A ``table`` environment with booktabs rules, ours below a line of their own."""
    header = _header(name)
    rows = [latex_row(cells, latex) for cells in _cells(name, lines)]
    first_of_ours = sum(not line.ours for line in lines)
    rows.insert(first_of_ours, r"\midrule")
    return (
        "\n".join(
            [
                r"% needs \usepackage{booktabs}",
                r"\begin{table}",
                r"\centering",
                rf"\caption{{{latex(TABLES[name].title)}}}",
                rf"\label{{tab:{name}}}",
                r"\begin{tabular}{lll" + "r" * (len(header) - 3) + "}",
                r"\toprule",
                latex_row(header, latex),
                r"\midrule",
                *rows,
                r"\bottomrule",
                r"\end{tabular}",
                r"\par\smallskip\footnotesize\raggedright",
                *(latex(note) + r"\par" for note in _notes(name, lines)),
                r"\end{table}",
            ]
        )
        + "\n"
    )


def _header(name: str) -> list[str]:
    return ["kind", "method", "cited", *SIZES[name].columns, "average", "GFLOPs"]


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
