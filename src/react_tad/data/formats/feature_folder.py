"""A folder of features: one file ``VIDEO.npy`` or ``VIDEO.npz`` a video, or HDF5 files, in it and its subfolders.

A video is called as its file is, whatever subfolder that is in; so a name can be there once. Suffixes may be written
large. What begins with a dot is left alone, and links to folders are followed. Names are compared in Unicode's composed
form (NFC), since file systems and editors write an accent in two ways.
"""

import os
import stat
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from react_tad.data.features import FeatureError
from react_tad.data.formats.streams import listed, raise_all
from react_tad.data.readable_names import is_unicode, readable

ONE_VIDEO = (".npy", ".npz")
HDF5 = (".h5", ".hdf5", ".hdf")

TO_NUMPY = {
    (".pt", ".pth"): "torch.load(file, weights_only=True).numpy()",
    (".pkl", ".pickle"): "pickle.load(open(file, 'rb')), of files that you wrote yourself only",
    (".csv", ".txt", ".tsv"): "numpy.loadtxt(file, delimiter=',')",
    (".mat",): "scipy.io.loadmat(file)['features'], of version 7.3 h5py.File(file)['features'][()].T",
    (".parquet", ".feather"): "pandas.read_parquet(file).to_numpy()",
}
"""How to read what is not read here, by suffix."""


@dataclass(frozen=True)
class Listing:
    """What a folder has."""

    videos: dict[str, Path] = field(default_factory=dict)
    """Files with one video, by its name."""
    many: dict[str, Path] = field(default_factory=dict)
    """HDF5 files, by their path in the folder."""
    others: tuple[Path, ...] = ()
    """Files of other kinds."""
    without_prefix: tuple[Path, ...] = ()


def files(folder: str | Path, *, prefix: str = "") -> Listing:
    """The files of a folder and its subfolders, in the order of their paths; ``prefix`` precedes each video's name.

    Raises:
        FeatureError: there is no such folder, no features in it (says what there is), or what cannot be a video: a name
            twice or not in UTF-8, a link to nothing, a pipe; all at once.

    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FeatureError(f"{readable(folder)} is not a folder; it should hold one file VIDEO.npy a video")
    videos: dict[str, Path] = {}
    many: dict[str, Path] = {}
    others, without_prefix, faults = [], [], []
    for path, usable in sorted(_walk(folder)):
        suffix = path.suffix.lower()
        if suffix not in ONE_VIDEO + HDF5:
            others.append(path)
            continue
        fault = _fault(path, usable)
        if fault:
            faults.append(f"{readable(path)} {fault}")
        elif suffix in HDF5:
            many[unicodedata.normalize("NFC", path.relative_to(folder).as_posix())] = path
        elif not path.name.startswith(prefix):
            without_prefix.append(path)
        else:
            video = video_of(path, prefix)
            if video in videos:
                faults.append(_twice(folder, videos[video], path))
            videos.setdefault(video, path)
    raise_all(faults)
    found = Listing(videos, many, tuple(others), tuple(without_prefix))
    if not videos and not many:
        raise FeatureError(f"{readable(folder)}: {_nothing(found, prefix)}")
    return found


def video_of(path: Path, prefix: str = "") -> str:
    """The video whose features a file has.

    Raises:
        FeatureError: the name does not begin with the prefix, or is nothing else.

    """
    if not path.stem.startswith(prefix) or path.stem == prefix:
        raise FeatureError(f"{readable(path)}: its name should be '{prefix}' and that of a video")
    return unicodedata.normalize("NFC", path.stem.removeprefix(prefix))


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """All files that are not hidden, and whether each is a regular one; every folder once, wherever links lead."""
    seen, waiting = set(), [folder]
    while waiting:
        place = waiting.pop()
        status = place.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(place) as entries:
            for item in entries:
                if item.name.startswith("."):
                    continue
                if item.is_dir():
                    waiting.append(Path(item.path))
                else:
                    yield Path(item.path), item.is_file()


def _fault(path: Path, usable: bool) -> str:
    if not is_unicode(path.name):
        return "has a name that is not UTF-8, as names in annotations are; rename it"
    if usable:
        return ""
    return "is a link to nothing" if stat.S_ISLNK(path.lstat().st_mode) else "is no regular file"


def _twice(folder: Path, first: Path, second: Path) -> str:
    text = f"{readable(folder)}: "
    one, other = (readable(path.relative_to(folder)) for path in (first, second))
    if first.parent == second.parent and first.suffix == second.suffix:
        return f"{text}{first.name!r} and {second.name!r} are the same name; keep one of them"
    streams = "" if first.parent == second.parent else ", or give the subfolders as a list if they are RGB and flow"
    return f"{text}{one} and {other} are of the same video; keep one of them{streams}"


def _nothing(found: Listing, prefix: str) -> str:
    """What is said of a folder without features: what is there, and what can be done."""
    text = f"no file {prefix}VIDEO.npy in it; there should be one a video, or an .npz or HDF5 file"
    if found.without_prefix:
        return (
            f"{text}. In it are {listed([path.name for path in found.without_prefix], 'file')} without the prefix "
            f"'{prefix}': leave the option prefix out, or correct it"
        )
    if not found.others:
        return f"{text}. It is empty"
    text += f". In it are {by_suffix(found.others)}"
    how = how_to_convert({path.suffix.lower() for path in found.others})
    return f"{text}. {how}" if how else text


def how_to_convert(suffixes: Collection[str]) -> str:
    """How to make ``.npy`` files of those with one of the suffixes; empty where that is not known."""
    for known, how in TO_NUMPY.items():
        if set(suffixes) & set(known):
            return f"To convert a {' or '.join(known)} file: 'array = {how}', then 'numpy.save(new_file, array)'"
    return ""


def by_suffix(paths: Collection[Path]) -> str:
    """Files for a message: how many of each suffix, and examples."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(path.suffix.lower() or "no suffix", []).append(path.name)
    largest = sorted(groups.items(), key=lambda item: -len(item[1]))
    shown = "; ".join(
        f"{len(names)} of {suffix} ({', '.join(map(readable, sorted(names)[:3]))}{', ...' * (len(names) > 3)})"
        for suffix, names in largest[:5]
    )
    return shown + f"; and {len(largest) - 5} more suffixes" * (len(largest) > 5)


def notes(found: Listing, folder: Path, prefix: str) -> Iterator[str]:
    """What the user may want to see: files that are not read."""
    beside = {path.with_suffix(".json") for path in found.videos.values()}  # says when its snippets were
    others = [path for path in found.others if path not in beside]
    if others:
        yield f"not read in {readable(folder)}: {by_suffix(others)}"
    if found.without_prefix:
        names = listed([path.name for path in found.without_prefix], "file")
        yield f"not read in {readable(folder)}, without the prefix '{prefix}': {names}"
