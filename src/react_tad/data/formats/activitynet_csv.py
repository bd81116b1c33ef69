"""ActivityNet TSN features as BSN published them (``csv_mean_100``), and as BMN, G-TAD and others use them.

One file ``v_VIDEO.csv`` a video, in a folder or in a zip archive: a line with the names of the columns (``f0`` to
``f399``: 200 class scores of the spatial and 200 of the temporal network), then 100 rows, one a snippet. The rows
divide the frames that have features into 100 equal parts.
"""

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError

SNIPPETS, DIMENSION = 100, 400
PREFIX, SUFFIX = "v_", ".csv"
LARGEST = 1 << 24
"""Bytes of a table: 400 for each of its numbers."""


def features(path: str | Path) -> dict[str, LazyFeatures]:
    """The features of every video of a folder or a zip archive, ``[100, 400]`` each, in the order of the names.

    An archive stays as it is: nothing is unpacked.

    Raises:
        FeatureError: it is neither, is damaged, or has no file ``v_VIDEO.csv``, or one name in two of its folders.
            What is in a file is checked when it is read.

    """
    path = Path(path)
    found: dict[str, LazyFeatures] = {}
    for name, load in _members(path):
        file = PurePosixPath(name).name
        if file.startswith(PREFIX) and file.endswith(SUFFIX):
            video = file.removeprefix(PREFIX).removesuffix(SUFFIX)
            if video in found:
                raise FeatureError(f"{path}: video '{video}' has two files, the second is {name}; keep one of them")
            found[video] = LazyFeatures((SNIPPETS, DIMENSION), load)
    if not found:
        raise FeatureError(f"{path}: no file {PREFIX}VIDEO{SUFFIX} in it; there should be one a video")
    return found


def _members(path: Path) -> Iterator[tuple[str, partial]]:
    """Names of the files, sorted, and what reads each."""
    if path.is_dir():
        for file in sorted(path.rglob(f"{PREFIX}*{SUFFIX}")):
            yield str(file.relative_to(path).as_posix()), partial(_read_file, file)
        return
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # of damaged archives zipfile raises many kinds
        raise FeatureError(f"{path} is neither a folder nor a whole zip archive ({error})") from error
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        yield info.filename, partial(_read_member, archive, path, info)


def _read_file(path: Path) -> np.ndarray:
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise FeatureError(f"{path}: no regular file of at most {LARGEST} bytes, as a table is")
    return _parse(path.read_bytes(), str(path))


def _read_member(archive: zipfile.ZipFile, path: Path, info: zipfile.ZipInfo) -> np.ndarray:
    where = f"{path}, {info.filename}"
    if info.file_size > LARGEST:
        raise FeatureError(f"{where}: {info.file_size} bytes; a table has at most {LARGEST}")
    try:
        content = archive.read(info)
    except Exception as error:
        raise FeatureError(f"{where}: damaged ({error}); get the archive anew") from error
    return _parse(content, where)


def _parse(content: bytes, where: str) -> np.ndarray:
    """Read one table, float32 ``[100, 400]``."""
    handle = io.BytesIO(content)
    names = handle.readline().decode("utf-8", "replace").split(",")
    if not names[0].strip().lstrip('"').startswith("f"):
        raise FeatureError(
            f"{where}: the first line begins with {names[0].strip()!r}; it should name the columns: f0,f1,..."
        )
    try:
        table = np.loadtxt(handle, delimiter=",", dtype=np.float32, ndmin=2)
    except ValueError as error:
        raise FeatureError(f"{where}: {error}") from error
    if table.shape != (SNIPPETS, DIMENSION):
        rows, columns = table.shape
        raise FeatureError(f"{where}: {rows} rows of {columns} columns; should be {SNIPPETS} rows of {DIMENSION}")
    return table
