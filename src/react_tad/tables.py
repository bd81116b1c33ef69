"""Tables that people and other programs write, as CSV: a line of column names, then a row a line.

Nothing is guessed: a cell is the text that stands there (a label may be ``NA``, ``01`` or ``1e5``, and hold commas,
quotes and line breaks where it is quoted), until a number is asked for. Spaces that follow a comma do not count, except
within quotes. Rows without anything are skipped, and columns that are not asked for are not looked at.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from react_tad.files import read_text, write_text

SUFFIXES = (".csv", ".csv.gz")
"""How the name of a table ends."""

LONGEST = 1e12
"""Seconds, 30,000 years: what is longer is no time, and differences of times stay exact enough below it."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class TableError(ValueError):
    """A table that cannot be used; names the file, the line and what would be right."""


class Row(NamedTuple):
    """One row of a table."""

    cells: list[str]
    position: Mapping[str, int]
    """Of each column, by its name."""
    path: str | Path
    line: int
    """Where the row begins."""

    def text(self, column: str) -> str:
        """Give what stands in a cell; empty where there is no such column."""
        return self.cells[self.position[column]] if column in self.position else ""

    def number(self, column: str) -> float:
        """Give a cell as a number; a :class:`TableError` shows a cell that is none."""
        try:
            return number(self.text(column))
        except ValueError as error:
            raise self.error(f"{column} {error}") from None

    def seconds(self, column: str) -> float:
        """Give a cell as a time, likewise."""
        try:
            return seconds(self.text(column))
        except ValueError as error:
            raise self.error(f"{column} {error}") from None

    def error(self, what: str) -> TableError:
        """Give an error that names file and line."""
        return TableError(f"{self.path}, line {self.line}: {what}")


def is_table(path: str | Path) -> bool:
    """Tell whether the name of a file is that of a table."""
    return str(path).casefold().endswith(SUFFIXES)


def number(value: Any) -> float:
    """A finite number in double precision, from a number or from text such as ``1.5`` or ``1e-3``.

    Raises ValueError that shows the value: it is something else (also true and false), text that is no decimal number,
    or beyond double precision.
    """
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            comma = ", with a point and without separators of thousands" if "," in value else ""
            raise ValueError(f"{value!r} should be a number{comma}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} should be a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ValueError(f"{value if isinstance(value, float | str) else 'a huge number'} should be a finite number")
    return found


def seconds(value: Any) -> float:
    """A time, as :func:`number` takes numbers; one beyond ``LONGEST`` is an error too."""
    found = number(value)
    if abs(found) > LONGEST:
        raise ValueError(f"{value!r} should be a time in seconds, {LONGEST:g} at most")
    return found


def read_table(
    path: str | Path, needed: Sequence[str], known: Sequence[str] = ()
) -> tuple[frozenset[str], Iterator[Row]]:
    """Read a table that has the columns ``needed`` and may have those ``known``, in any order.

    Returns:
        Which of these columns there are, and the rows.

    Raises:
        TableError: columns are missing or stand there twice, a row has more or fewer cells than there are columns, or a
            quote does not end; what is wrong with a row, when it is reached.

    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), skipinitialspace=True, strict=True)
    records = _records(reader, path)
    _, header = next(records, (1, []))
    columns = [name.strip().casefold() for name in header]
    _check_columns(path, header, columns, needed, known)
    return frozenset(columns) & {*needed, *known}, _rows(records, columns, path)


def _rows(records: Iterable[tuple[int, list[str]]], columns: list[str], path: str | Path) -> Iterator[Row]:
    position = {name: index for index, name in enumerate(columns)}
    for line, cells in records:
        row = Row(cells, position, path, line)
        if len(cells) != len(columns):
            raise row.error(
                f"{len(cells)} cells, where the first line names {len(columns)} columns; text with a comma in it "
                "should stand in quotes, and numbers have a decimal point"
            )
        yield row


def _records(reader: Any, path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """The line that each record begins on, and its cells."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(f"{path}, line {line}: {error}; does a quote not end?") from error
        if any(cells):
            yield line, cells


def _check_columns(
    path: str | Path, header: list[str], columns: list[str], needed: Sequence[str], known: Sequence[str]
) -> None:
    missing = [name for name in needed if name not in columns]
    if not header:
        raise TableError(f"{path} is empty; its first line should name the columns: {', '.join(needed)}")
    if missing:
        other = next((words for sign, words in _SEPARATORS.items() if any(sign in name for name in header)), None)
        hint = f"; separate them by commas, not by {other}, and write numbers with a decimal point" if other else ""
        raise TableError(
            f"{path}: no column {', '.join(missing)} in its first line, which has {', '.join(map(repr, header))}{hint}"
        )
    twice = [name for name in (*needed, *known) if columns.count(name) > 1]
    if twice:
        raise TableError(f"{path}: the column {twice[0]} stands there twice")


def write_table(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table whole. Text is quoted, numbers have every digit that they need, and None is an empty cell."""
    buffer = io.StringIO()
    buffer.write(",".join(columns) + "\n")
    csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    write_text(path, buffer.getvalue())
