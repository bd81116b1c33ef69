"""Files of videos: finding them, and what each video is called."""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from react_tad.data.readable_names import is_unicode, readable

SUFFIXES = (".avi", ".mkv", ".mov", ".mp4", ".webm")
"""What is taken from a folder, in small or capital letters; a file that is named is taken whatever it is called."""


class VideoError(ValueError):
    """A video that cannot be used; names the file and what is wrong with it."""


def find_videos(paths: Iterable[str | Path], *, prefix: str = "") -> dict[str, Path]:
    """The videos among files and folders (with all below them), by their names without suffix, in their order.

    Names are in Unicode's composed form (NFC).

    Args:
        paths: files and folders.
        prefix: what precedes a video's name in the names of files; those without it are left out of a folder.

    Raises:
        VideoError: a path is not there, a folder has no video, or two videos have the same name.

    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        for video in [path] if path.is_file() else _below(path, prefix):
            name = video_of(video, prefix)
            if name in found and found[name].absolute() != video.absolute():
                raise VideoError(
                    f"{found[name]} and {video} would both be called '{name}'; rename one of them, or extract them "
                    f"into different folders"
                )
            found.setdefault(name, video)
    return dict(sorted(found.items()))


def video_of(path: Path, prefix: str = "") -> str:
    """What the video in a file is called.

    Raises:
        VideoError: the name does not begin with the prefix, is nothing else, or is not UTF-8.

    """
    if not is_unicode(path.name):
        raise VideoError(f"{readable(path)} has a name that is not UTF-8, as names in annotations are; rename it")
    stem = unicodedata.normalize("NFC", path.stem)
    if not stem.startswith(prefix) or stem == prefix:
        raise VideoError(f"{path}: its name should be '{prefix}' and that of a video")
    return stem.removeprefix(prefix)


def videos_below(folder: Path) -> Iterator[Path]:
    """Files with the suffix of a video in a folder and all below it, but for hidden ones; sorted."""
    for path in _files_below(folder):
        if path.suffix.lower() in SUFFIXES:
            yield path


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _below(folder: Path, prefix: str) -> list[Path]:
    if not folder.is_dir():
        raise VideoError(f"{folder} is not there; it should be a video, or a folder of videos")
    videos = list(videos_below(folder))
    if not videos:
        there = len(_files_below(folder))
        raise VideoError(f"{folder}: no video in it, among {there} files; they should end in {' '.join(SUFFIXES)}")
    with_prefix = [path for path in videos if path.stem.startswith(prefix) and path.stem != prefix]
    if not with_prefix:
        raise VideoError(f"{folder}: none of its {len(videos)} videos has a name that begins with '{prefix}'")
    return with_prefix
