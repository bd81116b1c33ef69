"""What is in the project's files: their sha256, computed once for each state of a file, and which files there are.

The state of a file is its size, its dates and its inode. The date of change (ctime) is set by the file system at every
write; no program sets it back, as one can do with the date of modification. So a file in a known state need not be read
again, and one that was changed is, whatever date it shows.

Folders and files may be links, to other file systems too.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from snakemake.exceptions import WorkflowError

from job_records import read_mapping
from react_tad.files import sha256, write_json

MEMORY = Path(".snakemake/checksums.json")
SETTLED = 2 * 10**9
"""Nanoseconds after which another change gives another date on any file system: what is younger is read each time."""

THIRTY_YEARS = 30 * 365 * 24 * 3600 * 10**9  # in nanoseconds
LONG_AGO = 946684800 * 10**9  # the year 2000

KEPT = ("downloads", "checkpoints", "records", "reference")
"""Folders of ``data/D`` and ``results/D`` that hold no outputs of rules."""


def state(path: str | Path) -> list[int] | None:
    """Size, dates of modification and of change, and inode of what ``path`` leads to; ``None`` if there is nothing."""
    try:
        stat = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


class Contents:
    """The sha256 of files, with a memory of what was computed before."""

    def __init__(self) -> None:
        self.known = read_mapping(MEMORY)
        self.changed = False
        self.inputs: dict[str, str | None] = {}

    def of_input(self, path: str) -> str | None:
        """``sha256:...`` as Snakemake records it, ``None`` if there is no file. Looked at once: many jobs read it."""
        if path not in self.inputs:
            self.inputs[path] = f"sha256:{self.sha256(path)}" if os.path.isfile(path) else None
        return self.inputs[path]

    def sha256(self, path: str) -> str:
        """Hexadecimal sha256 of a file. Raises WorkflowError that names a file which cannot be read."""
        now, known = state(path), self.known.get(path)
        if isinstance(known, dict) and known.get("state") == now and isinstance(known.get("sha256"), str):
            return known["sha256"]
        begin = time.time_ns()
        try:
            found = sha256(path)
        except OSError as error:
            raise unreadable(path, error) from None
        if now and now == state(path) and max(now[1:3]) + SETTLED < begin:
            self.known[path] = {"state": now, "sha256": found}
            self.changed = True
        return found

    def remember(self) -> None:
        """Keep what was computed, for the next start."""
        if self.changed:
            write_json(MEMORY, {path: known for path, known in self.known.items() if os.path.exists(path)}, indent=None)


def unreadable(path: str, error: OSError) -> WorkflowError:
    """The error for what is there and cannot be read."""
    return WorkflowError(
        f"{path} cannot be read ({error.strerror}). Make it readable, or remove it: it is made anew then."
    )


def generated_files(made_by_a_rule: Callable[[str], bool]) -> Iterator[str]:
    """The files in ``data`` and ``results`` that a rule makes.

    Raises WorkflowError where something else than a file is in the place of one.
    """
    for path in filter(made_by_a_rule, below("data", "results")):
        check_is_a_file(path)
        yield path


def check_link(path: str) -> None:
    """Refuse a link that leads nowhere: what it leads to may be away for a while only."""
    if os.path.islink(path) and not os.path.exists(path):
        raise WorkflowError(
            f"{path} is a link to {os.readlink(path)}, which is not there. Bring that back, or remove the link: what "
            "should be there is made anew then."
        )


def check_is_a_file(path: str) -> None:
    """Refuse a folder, a pipe or a dangling link in the place of a file: Snakemake would take it for the file."""
    check_link(path)
    if os.path.exists(path) and not os.path.isfile(path):
        kind = "a folder" if os.path.isdir(path) else "no regular file"
        raise WorkflowError(f"{path} is {kind}; a file should be there. Move it away: the file is made anew then.")


def below(*tops: str) -> Iterator[str]:
    """Everything below folders, links to folders entered; those that lead back are left out."""
    waiting: list[tuple[str, tuple]] = [(top, ()) for top in tops if os.path.isdir(top)]
    while waiting:
        folder, above = waiting.pop()
        stat = os.stat(folder)
        if (stat.st_dev, stat.st_ino) in above:
            continue
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise unreadable(folder, error) from None
        for entry in entries:
            yield entry.path
            if entry.is_dir() and not (entry.name in KEPT and folder.count("/") == 1):
                waiting.append((entry.path, (*above, (stat.st_dev, stat.st_ino))))


def date_back(path: str, before: int = LONG_AGO) -> None:
    """Date a file before the time ``before`` in nanoseconds since 1970, and before the year 2000 in any case.

    Relative to its own date: caches take equal dates for equal contents. Of a link the link itself is dated, which is
    what Snakemake looks at, not what it leads to.
    """
    stat = os.lstat(path)
    date = stat.st_mtime_ns
    while date >= min(before, LONG_AGO):
        date -= THIRTY_YEARS
    if date != stat.st_mtime_ns:
        os.utime(path, ns=(stat.st_atime_ns, date), follow_symlinks=False)


def date_of(path: str) -> float:
    """The date that Snakemake takes for an output's: of a link that of the link itself."""
    return os.lstat(path).st_mtime
