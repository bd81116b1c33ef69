"""Writing files whole or not at all, and reading the text files that people and other programs write.

Text is UTF-8, with or without a byte order mark, plain or gzip-compressed, and its lines end in any way. What is no
such text, or no JSON that everything here can work with, is a ValueError that names the file and the place.
"""

import csv
import fcntl
import gzip
import hashlib
import io
import itertools
import json
import math
import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEPTH = 100
"""Levels of lists and objects that a JSON or YAML document may have; what is written for a purpose has ten at most."""
YAML_VALUES = 100_000
"""Values on one level of a YAML document, aliases written out; nobody writes as many by hand."""

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MOST = 1.7976931348623157e308
"""The largest number that is one in double precision."""


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


_WRITE_LOCK = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
"""Of a whole file, held by whoever opened it (C's ``struct flock``). Another kind of lock than the one that HDF5 takes
of a file that it writes."""


def _own_temporary(path: Path) -> tuple[Path, int]:
    """An empty file that no other writer of ``path`` has, and the descriptor that locks it.

    Names are numbered. One that is there and not locked was left by a killed writer, and is used again.
    """
    for number in itertools.count():
        temporary = path.with_name(f".{path.stem[:100]}{f'.{number}' if number else ''}.part{path.suffix}")
        lock = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK, _WRITE_LOCK)
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
    """Write a text file whole; compressed if its name ends in ``.gz``: the same bytes for the same text."""
    content = text.encode("utf-8")
    with whole(path) as temporary:
        if Path(path).suffix == ".gz":
            with open(temporary, "wb") as handle, gzip.GzipFile("", "wb", fileobj=handle, mtime=0) as compressed:
                compressed.write(content)
        else:
            temporary.write_bytes(content)


def read_text(path: str | Path) -> str:
    """Read a text file, compressed or not (its content says which), without its byte order mark; line ends stay.

    Raises ValueError that names the file: it is not UTF-8, or damaged gzip.
    """
    if "\0" in str(path):
        raise ValueError(f"{str(path)!r} cannot be the name of a file")
    content = Path(path).read_bytes()
    if content[:2] == _GZIP:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is compressed (gzip) and damaged: {error}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        other = "UTF-16" if content[:2] in _UTF16 else "another encoding, or no text at all"
        raise ValueError(
            f"{path} is not UTF-8: line {line} has a byte {byte:#04x} ({other}); save it as UTF-8"
        ) from error


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV: a line of names, and a line a row; empty where a value is None."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


_MARKDOWN = re.compile(
    r"[\\`*\[\]<>|~$@]|&(?=[A-Za-z#])"
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word is one
    r"|:(?=/)|(?<=www)\."  # what is made a link by itself
)
"""What Markdown reads as more than itself."""


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it stands, in one line: no emphasis, no link, no HTML, no cell of a table ends."""
    shown = "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
    return _MARKDOWN.sub(r"\\\g<0>", shown)


def markdown_row(cells: Iterable[str]) -> str:
    """A line of a table; the cells are Markdown already."""
    return "| " + " | ".join(cells) + " |"


def write_json(path: str | Path, value: Any, *, indent: int | None = 1) -> None:
    """Write JSON whole; NaN and infinity are refused, since JSON has no such numbers."""
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read JSON, as text by :func:`read_text`; an error names the file.

    Also errors, which Python by itself would pass: a key that stands twice in one object, such as a video (the last
    one would be kept); NaN, Infinity and numbers beyond double precision; half of a surrogate pair, which is no
    character; more than ``DEPTH`` levels.
    """
    return parse_json(read_text(path), str(path))


def parse_json(text: str, where: str, *, convert: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Parse JSON as :func:`read_json` does; ``where`` names it in errors.

    What ``convert`` gives for an object is kept in its place, from the innermost ones on; so that a file need not be in
    memory as objects all at once.
    """
    unique = _unique if convert is None else lambda pairs: convert(_unique(pairs))
    if not text.strip():
        raise ValueError(f"{where} is not valid JSON: it is empty")
    try:
        value = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where} is not valid JSON: {error}{_table_hint(text)}") from error
    except RecursionError:
        raise ValueError(f"{where}: lists and objects are nested more than {DEPTH} deep") from None
    except ValueError as error:
        long = "a number has thousands of digits" if "digits" in str(error) else error
        raise ValueError(f"{where}: {long}") from error
    check_tree(value, where, characters=bool(_SURROGATE.search(text)))
    return value


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML 1.2 (``1e-4`` is a number and ``on`` a string, as DVC reads it; PyYAML is YAML 1.1).

    Errors as for :func:`parse_json`, and for what is nested within itself or stands for too many values.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:  # a ValueError is that of a date that there is not
        raise ValueError(f"{where} is not valid YAML: {error}") from error
    except RecursionError:
        raise ValueError(f"{where}: lists and mappings are nested more than {DEPTH} deep") from None
    check_tree(loaded, where, most=YAML_VALUES)
    return loaded


def _table_hint(text: str) -> str:
    header = text.lstrip().partition("\n")[0].casefold()
    return ". The name of a table should end in .csv" if header.startswith(("video,", '"video"')) else ""


def check_tree(value: Any, where: str, *, characters: bool = True, most: float = math.inf) -> None:
    """Refuse dicts and lists that are nested too deep, numbers that are none and, with ``characters``, half characters.

    Goes level by level, so that a value that contains itself is one that is too deep. A level of more than ``most``
    values is refused too: where a few lines can stand for any number of them, as aliases in YAML do.
    """
    level = [value]
    for _ in range(DEPTH):
        below: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is float or kind is int:
                if not -_MOST <= each <= _MOST:
                    raise ValueError(f"{where}: {_at(value, each)}{_short(each)} should be a finite number")
            elif kind is dict:
                below.extend(each.values())
                if characters:
                    _check_characters(each, where)
            elif kind is list:
                below.extend(each)
            elif kind is str and characters:
                _check_characters([each], where)
        if len(below) > most:
            raise ValueError(f"{where} stands for more than {most:,} values; do its aliases multiply?")
        level = below
        if not level:
            return
    if any(isinstance(each, dict | list) for each in level):
        raise ValueError(f"{where}: lists and objects are nested more than {DEPTH} deep")
    check_tree(level, where, characters=characters)  # what the deepest hold


def _check_characters(texts: Iterable[Any], where: str) -> None:
    for text in texts:
        if isinstance(text, str) and not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:
                raise ValueError(
                    f"{where}: {text!a} has half of a surrogate pair in it, which is no character"
                ) from None


def _at(tree: Any, wanted: Any) -> str:
    """Where a value stands in a tree, as keys and positions from its root; empty for the root itself."""
    waiting = [((), tree)]
    while waiting:
        path, value = waiting.pop()
        if value is wanted:
            return " / ".join(map(str, path)) + " = " * bool(path)
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [((*path, key), below) for key, below in pairs]
    return ""


def _short(number: float) -> str:
    return str(number) if isinstance(number, float) else f"a whole number of {len(str(abs(number)))} digits"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"{twice!r} stands there twice; every key should stand once")
    return value


def sha256(path: str | Path) -> str:
    """Hexadecimal sha256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
