"""The user's own files: they are read where they are, and their content decides what has to be made anew.

A file is looked into when it is first seen, and again only where its size or one of its dates differs from then. So a
start of the workflow reads no features, a file with another date or in another folder and the same content changes
nothing, and one with another content makes what depends on it run. Nothing is copied and nothing is written to these
files.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from react_tad.data.readable_names import readable
from react_tad.files import read_json, sha256, write_json
from react_tad.params.section import canonical

MEMORY = "own_checksums.json"
"""In the folder of downloads: what was seen in each file, and when."""


class OwnFileError(ValueError):
    """A file of the user's that is missing, cannot be used or was changed; names it and says what to do."""


class OwnFilesAway(OwnFileError):
    """None of the user's files is here, as where only results were brought to."""


def remembered(
    files: Mapping[str, Path], directory: Path, look: Callable[[str, Path], Any], *, memory: str = MEMORY
) -> dict[str, Any]:
    """What ``look(name, path)`` tells of each file, by its name; asked again only where the file may have changed.

    Args:
        files: names and paths.
        directory: folder that remembers what was told; what cannot be read there is asked again.
        look: gives something that JSON can hold, which depends on the file's content and ``name``.
        memory: name of the file there; it holds what this call is about and nothing else.

    Raises:
        OwnFileError: a file is not there, or ``look`` raised a :class:`ValueError`; all such files at once.

    """
    before = _read(directory / memory)
    known: dict[str, Any] = {}
    faults = []
    for name, path in tqdm(files.items(), "checksums of own files", unit="file", delay=2):
        _check_there(name, path)
        stat, key = path.stat(), readable(path.absolute())
        state = [name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
        entry = before.get(key)
        try:
            known[key] = entry if entry and entry["state"] == state else {"state": state, "seen": look(name, path)}
        except ValueError as error:
            faults.append(str(error))
    if known != before:
        write_json(directory / memory, known, indent=None)
    if faults:
        raise OwnFileError("\n".join(faults))
    return {name: known[readable(path.absolute())]["seen"] for name, path in files.items()}


def _check_there(name: str, path: Path) -> None:
    if not path.is_file():
        raise OwnFileError(f"{path} is not there; it should be the {name} of the own data")


def _read(memory: Path) -> dict[str, Any]:
    try:
        entries = read_json(memory)
        return {key: entry for key, entry in entries.items() if {"state", "seen"} <= entry.keys()}
    except (OSError, ValueError, AttributeError):  # nothing is lost: the files are looked into again
        return {}


def digest(content: Any) -> str:
    """One checksum of anything that JSON can hold."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def check(path: Path, recorded: str) -> None:
    """Refuse a file whose sha256 is not the recorded one.

    Raises:
        OwnFileError: it is not there, or was changed since.

    """
    _check_there("features", path)
    if (found := sha256(path)) != recorded:
        raise changed(str(path), found, recorded)


def changed(where: str, found: str, recorded: str) -> OwnFileError:
    """The error for something that was recorded with another checksum."""
    return OwnFileError(f"{where}: sha256 {found}, and {recorded} when 'react-tad fetch' recorded it; run it again")
