"""Writing files whole or not at all, and telling what is in them."""

import csv
import fcntl
import hashlib
import io
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give an empty file in the folder of ``path`` to write to; rename it to ``path`` when the block ends well.

    Its name keeps the suffix of ``path``, is nobody else's meanwhile, and is gone when the block fails; what a killed
    process leaves is overwritten by the next one. Data reach the disk before the rename, so that a power cut leaves the
    old file or the new one. Its mode is that of any new file.

    Raises:
        OSError: it cannot be written; names ``path``, as "no space left" alone would not.

    """
    path = Path(path)
    temporary, lock = None, -1
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, lock = _own_temporary(path)
        yield temporary
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, path)
        temporary = None  # the name is free for the next writer
    except OSError as error:
        if error.errno is not None and error.filename is None:
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)
        if lock >= 0:
            os.close(lock)


def _own_temporary(path: Path) -> tuple[Path, int]:
    """An empty file that no other writer of ``path`` has, and the descriptor that locks it.

    Names are numbered. One that is there and not locked was left by a killed writer, and is used again.
    """
    for number in itertools.count():
        temporary = path.with_name(f".{path.stem[:100]}{f'.{number}' if number else ''}.part{path.suffix}")
        lock = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if temporary.stat().st_ino == os.fstat(lock).st_ino:  # else its writer has just given it its final name
                os.ftruncate(lock, 0)
                return temporary, lock
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
    raise AssertionError("there is always a next number")


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV: a line of names, and a line a row; empty where a value is None."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


_MARKDOWN = re.compile(r"[\\`*\[\]<>|~]|&(?=[A-Za-z#])|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown reads as more than itself; an underscore within a word is one."""


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it stands, in one line: no emphasis, no link, no HTML, no cell of a table ends."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))


def markdown_row(cells: Iterable[str]) -> str:
    """A line of a table; the cells are Markdown already."""
    return "| " + " | ".join(cells) + " |"


def write_json(path: str | Path, value: Any, *, indent: int | None = 1) -> None:
    """Write JSON whole; NaN and infinity are refused, since JSON has no such numbers."""
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read JSON; an error names the file.

    A key that stands twice in one object, such as a video, is an error too: by itself JSON would keep the last one.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
    return parse_json(text, str(path))


def parse_json(text: str, where: str) -> Any:
    """Parse JSON as :func:`read_json` does; ``where`` names it in errors."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where} is not valid JSON: {error}") from error
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"'{twice}' stands there twice; every key should stand once")
    return value


def sha256(path: str | Path) -> str:
    """Hexadecimal sha256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
