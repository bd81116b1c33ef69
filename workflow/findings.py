"""Fill the tables of ``docs/findings.md`` and ``README.md`` with the numbers of ``results/reference``.

    python workflow/findings.py

A page has lines ``<!-- measured: WHAT DATA ... -->`` and ``<!-- end -->``; what stands between them is written here, so
that no number in it was typed. WHAT is ``levels STUDY``, ``differences STUDY`` or ``sweeps``, DATA are folders of
``results/reference``. ``STUDY:ROW,ROW`` is a study with these rows only.
"""

import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from react_tad.files import markdown_row, write_text

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("docs/findings.md", "README.md")
REFERENCE = ROOT / "results" / "reference"
NAMES = {
    "hapt": "`hapt`, published split",
    "hapt/validation": "`hapt`, published split, validation",
    "hapt/folds/all": "`hapt`, six folds",
    "hapt/folds/validation": "`hapt`, six folds, validation",
}
"""What data are called, where it is not the name of their folder."""
Row = dict[str, str]


def filled(text: str, reference: Path = REFERENCE) -> str:
    """A page with its tables as they are measured. Raises ValueError for a table that there is not."""
    return re.sub(
        r"(<!-- measured: (.+?) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{table(found[2], reference)}\n{found[3]}",
        text,
        flags=re.DOTALL,
    )


def table(asked: str, reference: Path) -> str:
    """The lines of one table; ``asked`` is what its mark says."""
    what, *of = asked.split()
    makers = {"levels": levels, "differences": differences, "sweeps": sweeps}
    header, *rows = makers[what](reference, *of)
    lines = [markdown_row(header), markdown_row(["---"] * len(header)), *map(markdown_row, rows)]
    return "".join(f"{line}\n" for line in lines)


def read(reference: Path, data: str, study: str) -> dict[str, Row]:
    """The rows of a kept table by name; none where it is not kept."""
    path = reference / data / f"{study}.csv"
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as handle:
        return {row.get("row") or row["value"]: row for row in csv.DictReader(handle)}


def levels(reference: Path, study: str, *data: str) -> Iterable[list[str]]:
    """Average mAP of a study's rows, mean and standard deviation over seeds, and the paper's, where it prints any. A
    study of two rows has their difference below.
    """
    tables = read_all(reference, study, data)
    rows = next(filter(None, tables))
    printed = any(row["paper_average"] for row in rows.values())
    yield ["average mAP", *(["paper, THUMOS14"] if printed else []), *heads(data, tables)]
    for name, row in rows.items():
        paper = f"{100 * float(row['paper_average']):.1f}" if row["paper_average"] else ""
        if paper or not printed:
            yield [row["label"], *([paper] if printed else []), *(_level(own.get(name)) for own in tables)]
    if len(rows) == 2 and ":" not in study:
        for label, *cells in list(differences(reference, study, *data))[1:]:
            yield [f"{label}, difference", *cells]


def differences(reference: Path, study: str, *data: str) -> Iterable[list[str]]:
    """A row of the study each: the paper's difference, where it prints any, and on each data the difference, both
    intervals, and what they say.
    """
    tables = read_all(reference, study, data)
    rows = next(filter(None, tables))
    printed = any(row["paper_difference"] for row in rows.values())
    yield ["difference", *(["paper, THUMOS14"] if printed else []), *heads(data, tables)]
    for name, row in rows.items():
        if row["difference"]:
            paper = _points(row["paper_difference"]) if row["paper_difference"] else ""
            yield [row["label"], *([paper] if printed else []), *(_cell(own.get(name)) for own in tables)]


def sweeps(reference: Path, *data: str) -> Iterable[list[str]]:
    """The points of both sweeps of Figure 5 that are best and worst; those of ``hapt`` may be of ``hapt_figure5a``."""
    yield ["Figure 5", "data", "seeds", "lowest", "highest", "standard deviation over seeds"]
    for figure, parameter in (("figure5a", "gamma"), ("figure5b", "tau")):
        for each in data:
            own = f"{each.split('/')[0]}_{figure}"
            rows = (read(reference, each, figure) or read(reference, each, own)).values()
            if not rows:
                continue
            low, high = (pick(rows, key=lambda row: float(row["average_map_mean"])) for pick in (min, max))
            ends = [f"{100 * float(row['average_map_mean']):.2f} at {parameter} {row['value']}" for row in (low, high)]
            spreads = [100 * float(row["average_map_std"]) for row in rows if row["average_map_std"]]
            spread = f"{min(spreads):.2f} to {max(spreads):.2f}" if spreads else ""
            yield [parameter, NAMES.get(each, f"`{each}`"), low["seeds"], *ends, spread]


def read_all(reference: Path, study: str, data: Iterable[str]) -> list[dict[str, Row]]:
    """A study on each data, or the rows of it that are asked for; refused where none is kept."""
    study, _, asked = study.partition(":")
    tables = [read(reference, each, study) for each in data]
    if not any(tables):
        raise ValueError(f"{study}: there is no {study}.csv for any of {', '.join(data)} in {reference}")
    if not asked:
        return tables
    known = next(filter(None, tables))
    if unknown := [name for name in asked.split(",") if name not in known]:
        raise ValueError(f"{study}: there is no row {', '.join(unknown)}; rows: {', '.join(known)}")
    return [{name: rows[name] for name in asked.split(",") if name in rows} for rows in tables]


def heads(data: Iterable[str], tables: Iterable[dict[str, Row]]) -> list[str]:
    """What stands above the columns of data."""
    seeds = [next(iter(rows.values()))["seeds"] if rows else "" for rows in tables]
    return [
        f"{NAMES.get(each, f'`{each}`')}, " + (f"{count} seed{'s' * (count != '1')}" if count else "not run")
        for each, count in zip(data, seeds, strict=True)
    ]


def verdict(row: Row) -> str:
    """What both intervals say: nothing unless each excludes 0. Of a claim of the paper, whether it holds."""
    settled = row["over_seeds_excludes_zero"] == row["resampled_excludes_zero"] == "True"
    if not settled:
        return "open"
    lower = float(row["difference"]) < 0
    if not row["paper_difference"]:
        return "**lower**" if lower else "**higher**"
    return "**holds**" if lower == (float(row["paper_difference"]) < 0) else "**does not hold**"


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    if float(row["difference"]) == 0 and not float(row["difference_std"] or 0):
        return "the same"
    intervals = [_interval(row, kind) for kind in ("over_seeds", "resampled")]
    return " ".join([_points(row["difference"]), *filter(None, intervals), verdict(row)])


def _interval(row: Row, kind: str) -> str:
    low, high = (row[f"{kind}_{end}"] for end in ("low", "high"))
    return f"[{_points(low)}, {_points(high)}]" if low else ""


def _level(row: Row | None) -> str:
    if row is None:
        return ""
    spread = f" ± {100 * float(row['map_average_std']):.2f}" if row["map_average_std"] else ""
    return f"{100 * float(row['map_average_mean']):.2f}{spread}"


def _points(value: str) -> str:
    """A difference of fractions in points."""
    return f"{100 * float(value):+.2f}".replace("-", "−")


def main() -> None:
    """Fill all pages."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        write_text(ROOT / page, filled(text))


if __name__ == "__main__":
    main()
