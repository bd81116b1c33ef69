"""One array in NumPy's format: a file ``.npy``, or what is called so in a zip or tar archive.

The header is checked against the size of the file before any memory is taken for numbers. Python objects are never
read.
"""

import io
import math
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from react_tad.data.features import FeatureError
from react_tad.data.formats import arrays
from react_tad.data.formats.streams import OwnFeatures

HEADER_BYTES = 12_000
"""Longest header that is read; those of arrays of numbers have 128 bytes."""
LONGEST = 1 << 48
"""Longer than any axis."""
VERSIONS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Those of the format that hold numbers; 3.0 is for records."""


class Header(NamedTuple):
    """What a file says of its array."""

    shape: tuple[int, int]
    dtype: np.dtype
    order: str
    """``C`` or ``F``."""
    offset: int
    """Bytes before the numbers."""


def read_header(handle: IO[bytes], size: int, where: str) -> Header:
    """Read the header of an array of features; ``size`` is that of the whole file.

    Raises:
        FeatureError: it is no ``.npy`` file, not of numbers ``[snippets >= 1, dimension >= 1]``, or has more or fewer
            numbers than its header says.

    """
    head = io.BytesIO(handle.read(HEADER_BYTES))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on headers that Python 2 wrote
            version = np.lib.format.read_magic(head)
            if version not in VERSIONS:
                raise ValueError(f"format {version[0]}.{version[1]}, where numbers have 1.0")
            shape, fortran, dtype = VERSIONS[version](head)
            if any(type(length) is not int or length > LONGEST for length in shape):
                raise ValueError("its header has a shape that no file can have")
    except Exception as error:  # NumPy evaluates the header as Python: the exceptions are those of a parser
        kind = arrays.kind_of_file(head.getvalue())
        reason = f"it is {kind}" if kind and kind != "a .npy file" else _short(error)
        raise FeatureError(f"{where}: not a whole .npy file of numbers ({reason}); write it anew") from error
    if dtype.hasobject:
        raise FeatureError(
            f"{where}: not a whole .npy file of numbers (it holds Python objects, which are never read); write it anew"
        )
    arrays.check(shape, dtype, where)
    expected = head.tell() + math.prod(shape) * dtype.itemsize
    if size != expected:
        several = "; was numpy.save called twice?" if size > expected else ""
        raise FeatureError(
            f"{where}: not a whole .npy file of numbers ({size} bytes, where {dtype} {list(shape)} makes "
            f"{expected}{several}); write it anew"
        )
    return Header(shape, dtype, "F" if fortran else "C", head.tell())


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else f"{text[:120]} ..."


def features(path: Path, where: str) -> OwnFeatures:
    """The features of one file; its numbers are mapped into memory when they are asked for.

    Raises:
        FeatureError: see :func:`read_header`.

    """
    return OwnFeatures(_header_of_file(path, where).shape, partial(_map, path, where), (path,))


def _header_of_file(path: Path, where: str) -> Header:
    with open(path, "rb") as handle:
        return read_header(handle, path.stat().st_size, where)


def _map(path: Path, where: str) -> np.ndarray:
    header = _header_of_file(path, where)
    return np.memmap(path, header.dtype, "r", header.offset, header.shape, header.order)


def features_of_member(opened: Callable[[], IO[bytes]], size: int, path: Path, where: str) -> OwnFeatures:
    """The features of a file in an archive; ``opened()`` reads it from its beginning, ``size`` is its size.

    Raises:
        FeatureError: see :func:`read_header`.

    """
    with opened() as handle:
        header = read_header(handle, size, where)
    return OwnFeatures(header.shape, partial(_read, opened, size, where), (path,))


def _read(opened: Callable[[], IO[bytes]], size: int, where: str) -> np.ndarray:
    with opened() as handle:
        content = handle.read(size)
        header = read_header(io.BytesIO(content), len(content) + len(handle.read(1)), where)
    return np.frombuffer(content, header.dtype, offset=header.offset).reshape(header.shape, order=header.order)
