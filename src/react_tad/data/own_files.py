"""The user's own files: they are read where they are, and their content decides what has to be made anew.

The checksum of a file is computed when it is first seen, and again only where its size or one of its dates differs from
then. So a start of the workflow reads no features, a file with another date and the same content changes nothing, and
one with another content makes what depends on it run. Nothing is copied and nothing is written to these files.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm
from typing_extensions import TypedDict

from react_tad.files import read_json, sha256, write_json
from react_tad.params.section import canonical, checked

MEMORY = "own_checksums.json"
"""In the folder of downloads: what each checksum was computed at."""


class OwnFile(TypedDict):
    """What is recorded of a file."""

    sha256: str
    bytes: int


class _Remembered(TypedDict):
    """What is remembered of a file: size and dates, and the checksum at that time."""

    state: list[int]
    sha256: str


class OwnFileError(ValueError):
    """A file of the user's that is missing or was changed; names it and says what to do."""


class OwnFilesAway(OwnFileError):
    """None of the user's files is here, as where only results were brought to."""


def checksums(files: Mapping[str, Path], directory: Path) -> dict[str, OwnFile]:
    """Size and sha256 of each file, by its name.

    Args:
        files: names and paths.
        directory: folder that remembers the checksums; what cannot be read there is computed again.

    Raises:
        OwnFileError: a file is not there.

    """
    remembered = _remembered(directory / MEMORY)
    known: dict[str, Any] = {}
    for name, path in tqdm(files.items(), "checksums of own files", unit="file", delay=2):
        _check_there(name, path)
        stat, key = path.stat(), str(path.absolute())
        state = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
        before = remembered.get(key)
        known[key] = before if before and before["state"] == state else {"state": state, "sha256": sha256(path)}
    if known != remembered:
        write_json(directory / MEMORY, known, indent=None)
    found = {name: known[str(path.absolute())] for name, path in files.items()}
    return {name: OwnFile(sha256=entry["sha256"], bytes=entry["state"][0]) for name, entry in found.items()}


def _check_there(name: str, path: Path) -> None:
    if not path.is_file():
        raise OwnFileError(f"{path} is not there; it should be the {name} of the own data")


def _remembered(memory: Path) -> dict[str, Any]:
    try:
        return checked(dict[str, _Remembered], read_json(memory), str(memory))
    except (OSError, ValueError):  # nothing is lost: the checksums are computed again
        return {}


def digest(listing: Mapping[str, OwnFile]) -> str:
    """One checksum of names and contents together."""
    return hashlib.sha256(canonical(dict(listing)).encode()).hexdigest()


def summary(listing: Mapping[str, OwnFile]) -> dict[str, Any]:
    """How many files, how many bytes, and the digest: what a feature manifest says of them."""
    return {
        "own_files": len(listing),
        "bytes": sum(file["bytes"] for file in listing.values()),
        "sha256": digest(listing),
    }


def recorded(raw_directory: Path) -> dict[str, OwnFile]:
    """What ``react-tad fetch`` recorded in the manifest of a raw folder.

    Raises:
        OwnFileError: there is no such record.

    """
    path = raw_directory / "manifest.json"
    manifest = checked(dict[str, Any], read_json(path), str(path)) if path.is_file() else {}
    if manifest.get("own_files") is None:
        raise OwnFileError(f"{path} does not list the files of own data; run 'react-tad fetch' first")
    return checked(dict[str, OwnFile], manifest["own_files"], f"{path}: own_files")


def check(name: str, path: Path, listing: Mapping[str, OwnFile]) -> None:
    """Refuse a file that is not the recorded one.

    Raises:
        OwnFileError: it is not there, or was added or changed since.

    """
    _check_there(name, path)
    if name not in listing:
        raise OwnFileError(f"{path} was added since 'react-tad fetch'; run it again")
    found = sha256(path)
    if found != listing[name]["sha256"]:
        raise OwnFileError(
            f"{path}: sha256 {found}, and {listing[name]['sha256']} when 'react-tad fetch' recorded it; run it again"
        )
