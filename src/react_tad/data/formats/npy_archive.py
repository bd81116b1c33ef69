"""Features as one ``.npy`` file a video, ``VIDEO.npy`` with ``[snippets, dimension]``, in a tar archive.

ActionFormer publishes the I3D features of THUMOS14 so: ``thumos.tar.gz`` with ``i3d_features/VIDEO.npy``. Nothing is
unpacked.
"""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError
from react_tad.data.formats import npy_file
from react_tad.data.problems import Problem
from react_tad.data.readable_names import readable


def open_npy_archive(path: str | Path) -> tuple[dict[str, LazyFeatures], list[Problem]]:
    """Lazy features ``[snippets, dimension]`` by video, and what is wrong.

    The videos are in the archive's order: of a compressed one, read in that order they cost one pass, in any other as
    many passes as there are steps back.

    Raises:
        FeatureError: it is no whole tar archive.

    """
    path = Path(path)
    videos, problems = {}, []
    with _reading(path):
        archive = tarfile.open(path)  # noqa: SIM115 - as long as the features may be read
        members = [member for member in archive if member.isfile() and member.name.endswith(".npy")]
    for member in members:
        name = readable(PurePosixPath(member.name).stem)
        try:
            if member.issparse():
                raise FeatureError("features: a file with holes, which is not read")
            opened = partial(_opened, archive, member, path)
            videos[name] = npy_file.features_of_member(opened, member.size, path, "features")
        except FeatureError as error:
            problems.append(Problem(str(path), name, str(error), "[snippets, dimension]"))
    if not members:
        problems.append(Problem(str(path), "", "no features", "files VIDEO.npy"))
    return videos, problems


@contextmanager
def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> Iterator[IO[bytes]]:
    with _reading(path), archive.extractfile(member) as handle:
        yield handle


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the archive in whatever goes wrong: damaged ones raise many kinds of exceptions."""
    try:
        yield
    except FeatureError:
        raise
    except Exception as error:
        raise FeatureError(f"{readable(path)} is not a whole tar archive ({error})") from error
