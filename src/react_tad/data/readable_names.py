"""Names of files as they can be printed: bytes that are not UTF-8, and control characters, are written as escapes."""

import os
from pathlib import Path


def readable(name: str | bytes | Path) -> str:
    r"""A name for a message or a record: ``Stra\xdfe`` where the file system has Latin-1."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def is_unicode(name: str | bytes) -> bool:
    """Whether a name is UTF-8, as names in JSON are."""
    try:
        os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
