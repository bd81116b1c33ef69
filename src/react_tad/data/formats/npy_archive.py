"""Features as one ``.npy`` file a video, ``VIDEO.npy`` with ``[snippets, dimension]``, in a tar archive.

ActionFormer publishes the I3D features of THUMOS14 so: ``thumos.tar.gz`` with ``i3d_features/VIDEO.npy``. Nothing is
unpacked.
"""

import io
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from react_tad.data.datasets import LazyFeatures
from react_tad.data.problems import Problem


def open_npy_archive(path: str | Path) -> tuple[dict[str, LazyFeatures], list[Problem]]:
    """Lazy features ``[snippets, dimension]`` by video, and what is wrong.

    The videos are in the archive's order: of a compressed one, read in that order they cost one pass, in any other as
    many passes as there are steps back.

    Raises:
        ValueError: it is no whole tar archive.

    """
    videos, problems = {}, []
    for name, opened in _members(Path(path)):
        with opened() as handle:
            shape = _shape(handle)
        if len(shape) != 2 or not all(shape):
            problems.append(Problem(str(path), name, f"features of shape {list(shape)}", "[snippets, dimension]"))
        else:
            videos[name] = LazyFeatures(shape, _reader(opened))
    if not videos:
        problems.append(Problem(str(path), "", "no features", "files VIDEO.npy"))
    return videos, problems


def _members(path: Path) -> list[tuple[str, Callable[[], IO[bytes]]]]:
    """Name of each video and a function that opens its file."""
    try:
        archive = tarfile.open(path)  # noqa: SIM115 - as long as the features may be read
        members = [member for member in archive if member.isfile() and member.name.endswith(".npy")]
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{path} is not a whole tar archive ({error})") from error
    return [(PurePosixPath(member.name).stem, partial(archive.extractfile, member)) for member in members]


def _shape(handle: IO[bytes]) -> tuple[int, ...]:
    """Shape from the header alone; ``()`` if it is no such file."""
    try:
        version = np.lib.format.read_magic(handle)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        return read(handle)[0]
    except (ValueError, KeyError):
        return ()


def _reader(opened: Callable[[], IO[bytes]]) -> Callable[[], np.ndarray]:
    def read() -> np.ndarray:
        with opened() as handle:
            return np.load(io.BytesIO(handle.read()), allow_pickle=False)  # NumPy takes no file inside a tar

    return read
