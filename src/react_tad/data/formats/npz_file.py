"""One ``.npz`` file, the zip archive that ``numpy.savez`` writes: the features of one video.

It holds one array, one called ``features`` beside others, or two called ``rgb`` and ``flow``, which are joined in that
order.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from react_tad.data.features import FeatureError
from react_tad.data.formats import arrays, npy_file, streams
from react_tad.data.formats.streams import OwnFeatures

INFLATION = 2_000
"""A compressed file that would become this many times as large is refused; zip's method reaches 1,032."""
END_BYTES, MANY = 22, 0xFFFF
"""Length of the record at the end, and its number of files where there are more than it can say."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def features(path: Path, where: str) -> OwnFeatures:
    """The features of one file; the checksums in it are compared when the numbers are read.

    Raises:
        FeatureError: it is no whole zip archive, what is in it is not as above, or is not of numbers
            ``[snippets >= 1, dimension >= 1]``.

    """
    with _reading(path, where), zipfile.ZipFile(path) as archive:
        _check_count(path, archive)
        members = {}
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name in members:
                raise FeatureError(f"{where}: two arrays called '{name}' in it; keep one of them")
            members[name] = info
    chosen = streams.choose(members)
    if not chosen:
        found = streams.listed(members, "array") if members else "nothing"
        raise FeatureError(f"{where}: {found} in it; it should hold {streams.SHOULD}")
    return streams.join([_member(path, members[name], where) for name in chosen], where, chosen)


def _check_count(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse a directory that lists fewer files than the archive's end says, which zipfile takes as it is."""
    with open(path, "rb") as handle:
        handle.seek(-END_BYTES - len(archive.comment), 2)
        end = handle.read(END_BYTES)
    count = int.from_bytes(end[10:12], "little")
    if not end.startswith(b"PK\x05\x06"):
        raise zipfile.BadZipFile("there is something after its end")
    if count not in (len(archive.infolist()), MANY):
        raise zipfile.BadZipFile(f"{len(archive.infolist())} of its {count} files are listed")


def _member(path: Path, info: zipfile.ZipInfo, where: str) -> OwnFeatures:
    where = f"{where}, array '{info.filename.removesuffix('.npy')}'"
    check_member(info, path, where)
    with _reading(path, where):
        return npy_file.features_of_member(partial(_opened, path, info, where), info.file_size, path, where)


def check_member(info: zipfile.ZipInfo, path: Path, where: str) -> None:
    """Refuse what would take much more memory than it has bytes, before it is read.

    Raises:
        FeatureError: another compression than zip's own, or sizes that cannot be.

    """
    if info.compress_type not in METHODS or info.flag_bits & 1:
        raise FeatureError(f"{where}: compressed or encrypted in a way that is not read; write it anew")
    if info.compress_size > path.stat().st_size or info.file_size > INFLATION * info.compress_size:
        raise FeatureError(
            f"{where}: {info.file_size} bytes, packed into {info.compress_size} in a file of {path.stat().st_size}; "
            "that cannot be"
        )


@contextmanager
def _opened(path: Path, info: zipfile.ZipInfo, where: str) -> Iterator[IO[bytes]]:
    with _reading(path, where), zipfile.ZipFile(path) as archive, archive.open(info.filename) as handle:
        yield handle


@contextmanager
def _reading(path: Path, where: str) -> Iterator[None]:
    """Name the file in whatever goes wrong: zip archives that are damaged raise many kinds of exceptions."""
    try:
        yield
    except FeatureError:
        raise
    except Exception as error:
        with open(path, "rb") as handle:
            kind = arrays.kind_of_file(handle.read(32))
        reason = f"it is {kind}" if kind and "zip" not in kind else str(error) or type(error).__name__
        raise FeatureError(f"{where}: not a whole .npz file of numbers ({reason}); write it anew") from error
