"""Fill the tables of ``docs/findings.md`` and ``README.md`` with the numbers of ``results/reference``.

    python workflow/findings.py

A page has lines ``<!-- measured: WHAT DATA ... -->`` and ``<!-- end -->``; what stands between them is written here, so
that no number in it was typed. WHAT is a study, ``levels`` or ``sweeps``, DATA are folders of ``results/reference``.
"""

import csv
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from react_tad.files import markdown_row, write_text

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("docs/findings.md", "README.md")
REFERENCE = ROOT / "results" / "reference"
NAMES = {"hapt/folds/all": "`hapt`, six folds", "hapt": "`hapt`, published split"}
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
    what, *data = asked.split()
    makers: dict[str, Callable[..., Iterable[list[str]]]] = {"levels": levels, "sweeps": sweeps}
    header, *rows = makers[what](data, reference) if what in makers else differences(what, data, reference)
    lines = [markdown_row(header), markdown_row(["---"] * len(header)), *map(markdown_row, rows)]
    return "".join(f"{line}\n" for line in lines)


def read(reference: Path, data: str, study: str) -> dict[str, Row]:
    """The rows of a kept table by name; none where it is not kept."""
    path = reference / data / f"{study}.csv"
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as handle:
        return {row.get("row") or row["value"]: row for row in csv.DictReader(handle)}


def differences(study: str, data: list[str], reference: Path) -> Iterable[list[str]]:
    """A row of the study each: what the paper's average does, and on each data the difference, both intervals, and what
    they say.
    """
    tables = [read(reference, each, study) for each in data]
    if not any(tables):
        raise ValueError(f"{study}: there is no {study}.csv for any of {', '.join(data)} in {reference}")
    yield [
        study,
        "paper",
        *(f"{NAMES.get(each, f'`{each}`')}{_seeds(rows)}" for each, rows in zip(data, tables, strict=True)),
    ]
    first = next(filter(None, tables))
    for name, row in first.items():
        if not row["difference"]:
            continue
        printed = _points(row["paper_difference"]) if row.get("paper_difference") else ""
        yield [row["label"], printed, *(_cell(rows[name]) if name in rows else "" for rows in tables)]


def levels(data: list[str], reference: Path) -> Iterable[list[str]]:
    """Average mAP of Table 3's rows, mean and standard deviation over seeds."""
    tables = [read(reference, each, "table3") for each in data]
    yield [
        "average mAP",
        "paper, THUMOS14",
        *(f"{NAMES.get(each, f'`{each}`')}{_seeds(rows)}" for each, rows in zip(data, tables, strict=True)),
    ]
    for name, row in next(filter(None, tables)).items():
        if row.get("paper_average"):
            printed = f"{100 * float(row['paper_average']):.1f}"
            yield [row["label"], printed, *(_level(rows[name]) if name in rows else "" for rows in tables)]


def sweeps(data: list[str], reference: Path) -> Iterable[list[str]]:
    """The points of both sweeps of Figure 5 that are best and worst."""
    yield ["Figure 5", "data", "seeds", "lowest", "highest", "standard deviation over seeds"]
    for figure, parameter in (("figure5a", "gamma"), ("figure5b", "tau")):
        for each in data:
            rows = read(reference, each, figure).values()
            if not rows:
                continue
            low, high = (pick(rows, key=lambda row: float(row["average_map_mean"])) for pick in (min, max))
            ends = [f"{100 * float(row['average_map_mean']):.2f} at {parameter} {row['value']}" for row in (low, high)]
            spreads = [100 * float(row["average_map_std"]) for row in rows if row["average_map_std"]]
            spread = f"{min(spreads):.2f} to {max(spreads):.2f}" if spreads else ""
            yield [parameter, NAMES.get(each, f"`{each}`"), low["seeds"], *ends, spread]


def verdict(row: Row) -> str:
    """What both intervals say: nothing unless each excludes 0. Of a claim of the paper, whether it holds."""
    settled = row["over_seeds_excludes_zero"] == row["resampled_excludes_zero"] == "True"
    if not settled:
        return "open"
    lower = float(row["difference"]) < 0
    if not row.get("paper_difference"):
        return "**lower**" if lower else "**higher**"
    return "**holds**" if lower == (float(row["paper_difference"]) < 0) else "**does not hold**"


def _cell(row: Row) -> str:
    if float(row["difference"]) == 0 and not float(row["difference_std"] or 0):
        return "the same"
    intervals = [_interval(row, kind) for kind in ("over_seeds", "resampled")]
    return " ".join([_points(row["difference"]), *filter(None, intervals), verdict(row)])


def _interval(row: Row, kind: str) -> str:
    low, high = (row[f"{kind}_{end}"] for end in ("low", "high"))
    return f"[{_points(low)}, {_points(high)}]" if low else ""


def _level(row: Row) -> str:
    spread = f" ± {100 * float(row['map_average_std']):.2f}" if row["map_average_std"] else ""
    return f"{100 * float(row['map_average_mean']):.2f}{spread}"


def _points(value: str) -> str:
    """A difference of fractions in points."""
    return f"{100 * float(value):+.2f}".replace("-", "−")


def _seeds(rows: dict[str, Row]) -> str:
    row = next(iter(rows.values()), None)
    return f", {row['seeds']} seeds" if row else ", not run"


def main() -> None:
    """Fill all pages."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        write_text(ROOT / page, filled(text))


if __name__ == "__main__":
    main()
