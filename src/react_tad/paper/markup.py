"""One table of cells in Markdown, LaTeX and HTML, and records as CSV. What a table says is the business of others."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from react_tad.files import csv_text, markdown_row, markdown_text

SEEDS_MARK, RESAMPLED_MARK = "†", "‡"
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
    RESAMPLED_MARK: r"$^\ddagger$",
}
"""What LaTeX reads in another way, or does not know, by character."""
HTML_STYLE = (
    "body{font:14px sans-serif;margin:1.5em}table{border-collapse:collapse;border-bottom:1px solid}"
    "th{border-top:1px solid;border-bottom:1px solid}td,th{padding:.2em .6em;text-align:right;white-space:nowrap}"
    "td:first-child,th:first-child{text-align:left}.paper{font-style:italic;color:#555}li{max-width:60em}"
)


class Line(NamedTuple):
    """A row of a table."""

    cells: Sequence[str]
    slanted: bool = False
    """In italics: a row of the paper among rows of ours."""
    rule: bool = False
    """Whether LaTeX draws a rule above."""


class Table(NamedTuple):
    """Cells with what stands around them; all of it plain text."""

    name: str
    title: str
    header: Sequence[str]
    lines: Sequence[Line]
    notes: Sequence[str]
    text_columns: int = 1
    """Columns of words, on the left; the others are numbers."""


def as_markdown(table: Table) -> str:
    """A table for readers, with footnotes."""
    rows = [markdown_row([markdown_text(cell) for cell in table.header])]
    rows.append("|" + "---|" * table.text_columns + "---:|" * (len(table.header) - table.text_columns))
    for line in table.lines:
        cells = [markdown_text(cell) for cell in line.cells]
        rows.append(markdown_row([f"*{cell}*" if cell and line.slanted else cell for cell in cells]))
    notes = [f"- {markdown_text(note)}" for note in table.notes]
    return "\n".join([f"**{markdown_text(table.title)}**", "", *rows, "", *notes]) + "\n"


def as_html(table: Table) -> str:
    """A page of its own with the table and its footnotes, as ``snakemake --report`` can show it."""
    title = escape(table.title)
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f"<style>{HTML_STYLE}</style></head><body>",
            f"<h1>{title}</h1>\n<table>",
            _html_row(table.header, "th"),
            *(_html_row(line.cells, "td", "paper" if line.slanted else "") for line in table.lines),
            "</table>\n<ul>",
            *(f"<li>{escape(note)}</li>" for note in table.notes),
            "</ul></body></html>\n",
        ]
    )


def _html_row(cells: Sequence[str], tag: str, kind: str = "") -> str:
    row = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
    return f'<tr class="{kind}">{row}</tr>' if kind else f"<tr>{row}</tr>"


def as_latex(table: Table, columns: str) -> str:
    """A ``table`` environment with booktabs rules; needs ``\\usepackage{booktabs}``.

    ``columns`` is the argument of ``tabular``.
    """
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex(table.title)}}}",
        rf"\label{{tab:{table.name.replace('_', '-')}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _latex_row([latex(cell) for cell in table.header]),
        r"\midrule",
    ]
    for line in table.lines:
        cells = [latex(cell) for cell in line.cells]
        lines += [r"\midrule"] * line.rule
        lines.append(_latex_row([rf"\textit{{{cell}}}" if cell and line.slanted else cell for cell in cells]))
    lines += [r"\bottomrule", r"\end{tabular}", r"\par\smallskip\footnotesize\raggedright"]
    lines += [latex(note) + r"\par" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _latex_row(cells: Sequence[str]) -> str:
    line = " & ".join(cells) + r" \\"
    return "{}" + line if line.startswith("[") else line  # after a line break, a bracket would be its argument


def latex(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(LATEX.get(character, character) for character in text)


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """A line a record under the names of the first one's values; empty where a value is None."""
    return csv_text(list(records[0]), (record.values() for record in records))
