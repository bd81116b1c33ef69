"""The log of a training as a file: CSV, a row an epoch, every term by name."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.files import read_text, whole


def write_log(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the log as CSV, a row an epoch; what an epoch does not measure stays blank."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with whole(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_log(path: str | Path) -> dict[str, np.ndarray]:
    """Columns of a ``log.csv`` by name, one value a row: floats, NaN where blank; ``stage`` as text."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    rows = list(reader)
    names = reader.fieldnames or []
    if not rows or "epoch" not in names:
        raise ValueError(f"{path}: a training log should have a column 'epoch' and at least one row")
    log = {}
    for name in names:
        values = [row[name] or "" for row in rows]
        try:
            log[name] = np.array(values if name == "stage" else [float(value or "nan") for value in values])
        except ValueError as error:
            raise ValueError(f"{path}: column '{name}': {error}; should be numbers or blank") from error
    return log
