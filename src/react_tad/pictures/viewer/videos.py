"""Which video file belongs to which recording, and how a page refers to it."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

SUFFIXES = (".mp4", ".webm", ".m4v", ".mov", ".ogv", ".mkv", ".avi")
"""What counts as a video, in any case. Of two files of one recording the one that stands first here is taken: what
browsers play stands before what they may not."""


def find_videos(folder: str | Path, recordings: Iterable[str]) -> dict[str, Path]:
    """The files of ``folder`` (not of its subfolders) whose stem is the name of a recording.

    Raises ValueError where no recording has one: the folder is then another one's.
    """
    folder, recordings = Path(folder), list(recordings)
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    found: dict[str, Path] = {}
    for path in sorted(files, key=lambda path: SUFFIXES.index(path.suffix.lower())):
        found.setdefault(path.stem, path)
    chosen = {name: found[name] for name in recordings if name in found}
    if not chosen:
        here = f"{files[0].name} and {len(files) - 1} more" if files else "no video"
        raise ValueError(
            f"{folder}: no video of any of {len(recordings)} recordings; it holds {here}. A video's name should be "
            f"that of its recording, '{recordings[0] if recordings else 'NAME'}', with one of {', '.join(SUFFIXES)}"
        )
    return chosen


def relative_url(path: Path, page: Path) -> str:
    """The address of the file ``path`` relative to that of ``page``: percent-encoded, also what is not UTF-8."""
    steps = Path(os.path.relpath(path.absolute(), page.absolute().parent)).parts
    return "/".join(quote(os.fsencode(step), safe="") for step in steps)
