"""Opening HDF5 files of others: nothing outside the file is read, and no more than is stored in it.

An HDF5 file can point into other files (external links, external storage, virtual data sets); such a file is not what
its checksum says, and could bring any file's bytes into features. What a data set says of its size is compared with
what the file stores of it before any memory is taken: the HDF5 library itself trusts it, and ends the process on some
damaged indexes of chunks.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.data.features import FeatureError
from react_tad.data.formats import arrays
from react_tad.data.readable_names import readable

INFLATION = 2_000
"""A chunk that would become this many times as large is refused; gzip reaches 1,032."""
ALWAYS = 1 << 26
"""Bytes of a chunk that are allowed however small it is stored: some methods pack equal numbers into nothing."""
TURNS = 16
"""Soft links that are followed one after the other, as many as the HDF5 library follows."""
SHUFFLE, FLETCHER32 = 2, 3
"""Numbers of the filters that do not compress; the second adds 4 bytes."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file for reading, as ``h5py.File``; whatever goes wrong in the block is an error that names the file.

    Raises:
        FeatureError: it is no whole HDF5 file, or what the block raised.

    """
    import h5py

    if not path.is_file():
        raise FeatureError(f"{readable(path)} is not a file; it should be an HDF5 file")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FeatureError:
        raise
    except Exception as error:  # of damaged files h5py raises many kinds
        with open(path, "rb") as handle:
            kind = arrays.kind_of_file(handle.read(32))
        reason = kind if kind and "HDF5" not in kind else " ".join(str(error).split()) or type(error).__name__
        raise FeatureError(f"{readable(path)} is not a whole HDF5 file ({reason})") from error


def entry(group: Any, name: str, where: str, turns: int = TURNS) -> Any:
    """The data set or group ``name`` (which may be a path) of a group; only links within the file are followed.

    Raises:
        FeatureError: an external link, or one that leads nowhere.

    """
    import h5py

    at = group.file if name.startswith("/") else group
    for part in filter(None, name.split("/")):
        if part == ".":
            continue
        link = at.get(part, getlink=True) if isinstance(at, h5py.Group) else None
        if isinstance(link, h5py.ExternalLink):
            raise FeatureError(
                f"{where}: a link to {readable(link.path)} in another file, {readable(link.filename)}, which is not "
                "followed; copy the numbers into this file"
            )
        if isinstance(link, h5py.SoftLink):
            if not turns:
                raise FeatureError(f"{where}: links that lead in a circle")
            at = entry(at, readable(link.path), where, turns - 1)
        elif link is None:
            raise FeatureError(f"{where}: a link to {readable(name)}, which is not in the file")
        else:
            at = at[part]
    return at


def check_data_set(data_set: Any, where: str) -> None:
    """Refuse what is not a data set of numbers ``[snippets >= 1, dimension >= 1]`` that are all in its file.

    Raises:
        FeatureError: says what it is.

    """
    import h5py

    if isinstance(data_set, h5py.Group):
        raise FeatureError(f"{where}: a group of {len(data_set)}; it should be a data set of numbers")
    if not isinstance(data_set, h5py.Dataset):
        raise FeatureError(f"{where}: a named type; it should be a data set of numbers")
    creation = data_set.id.get_create_plist()
    if creation.get_external_count():
        raise FeatureError(f"{where}: its numbers are in another file, which is not read; copy them into this file")
    if creation.get_layout() == h5py.h5d.VIRTUAL:
        raise FeatureError(f"{where}: a virtual data set, of parts of others, which is not read; copy the numbers")
    if data_set.shape is None:
        raise FeatureError(f"{where}: an empty data set; it should be of numbers [snippets, dimension]")
    arrays.check(data_set.shape, data_set.dtype, where)
    size = data_set.id.get_type().get_size()
    file_size = Path(data_set.file.filename).stat().st_size
    fault = (
        _fault_of_chunks(data_set, creation, size, file_size)
        if creation.get_layout() == h5py.h5d.CHUNKED
        else _fault_of_block(data_set, size, file_size)
    )
    if fault:
        raise FeatureError(f"{where}: {data_set.dtype} {list(data_set.shape)}, {fault}; write the file anew")


def _fault_of_block(data_set: Any, size: int, file_size: int) -> str:
    """What is wrong with numbers that are stored in one block, if anything."""
    needed, stored = math.prod(data_set.shape) * size, data_set.id.get_storage_size()
    if not stored:
        return "of which nothing was ever written"
    if needed > stored or needed + (data_set.id.get_offset() or 0) > file_size:
        return f"which are {needed} bytes, where {stored} are stored in a file of {file_size}"
    return ""


def _fault_of_chunks(data_set: Any, creation: Any, size: int, file_size: int) -> str:
    """What is wrong with the chunks of a data set, if anything: each has to be there, once, in a size that can be."""
    chunk = data_set.chunks
    if not all(chunk):
        return f"in chunks of {list(chunk)}"
    expected = math.prod(-(-length // step) for length, step in zip(data_set.shape, chunk, strict=True))
    seen: set[tuple[int, ...]] = set()
    faults: list[str] = []
    total = 0

    def look(info: Any) -> bool | None:
        """Look at one chunk; True ends it."""
        nonlocal total
        total += info.size
        seen.add(info.chunk_offset)
        at = zip(info.chunk_offset, data_set.shape, chunk, strict=True)
        if any(place >= length or place % step for place, length, step in at):
            faults.append(f"with a chunk at {list(info.chunk_offset)}")
        elif not _possible(info, creation, math.prod(chunk) * size):
            faults.append(f"with a chunk of {info.size} bytes at {list(info.chunk_offset)}")
        elif total > file_size:
            faults.append(f"which are at least {total} bytes, in a file of {file_size}")
        return True if faults else None

    data_set.id.chunk_iter(look)
    if not faults and len(seen) != expected:
        return f"of whose {expected} chunks {len(seen)} were ever written"
    return faults[0] if faults else ""


def _possible(info: Any, creation: Any, bytes_of_chunk: int) -> bool:
    """Whether a chunk can have the size that it has."""
    filters = {
        creation.get_filter(number)[0]
        for number in range(creation.get_nfilters())
        if not info.filter_mask >> number & 1
    }
    checksum = 4 * (FLETCHER32 in filters)
    if filters <= {SHUFFLE, FLETCHER32}:
        return info.size == bytes_of_chunk + checksum
    return info.size > checksum and bytes_of_chunk <= max(ALWAYS, INFLATION * info.size)


def read(path: Path, name: str, where: str) -> np.ndarray:
    """All numbers of the data set at the path ``name``.

    Raises:
        FeatureError: see :func:`opened`, :func:`entry` and :func:`check_data_set`.

    """
    with opened(path) as file:
        data_set = entry(file, name, where)
        check_data_set(data_set, where)
        return data_set[()]
