"""Jobs that ran while a file that they read was changed.

Snakemake records what is in a job's inputs when it ends, while the job read them when it began, and Python its modules
whenever they are imported. So a file that is edited while a job runs, put back or not, makes its record untrue.

At the start of a run the state of all files that jobs may read is noted. A job is distrusted if one of its inputs has
another state at the end of the run, and was changed after the job began. Between runs only contents count. A killed run
has no end: the next start looks instead, and distrusts a job too if its inputs were changed since.
"""

import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from contents import Contents, below, state
from job_records import Record, Store, read_mapping, recorded_inputs
from react_tad.files import write_json

NOTE = Path(".snakemake/inputs_at_start.json")
SLACK = 2.0
"""Seconds that the clocks of two file systems may differ by."""
INODE = 3
"""Where the inode stands in a file's state."""


def source_files() -> list[str]:
    """The package's files, by the names that they have as inputs."""
    return [path for path in below("src") if os.path.isfile(path) and not path.endswith(".pyc")]


def note_inputs(files: Iterable[str], contents: Contents) -> None:
    """Note the state and content of what jobs may read, before they start."""
    noted = {path: [state(path), contents.sha256(path)] for path in [*source_files(), *files]}
    write_json(NOTE, noted, indent=None)


def forget_note() -> None:
    """The run ended, and its jobs were looked at: what is changed from now on disturbs nothing."""
    NOTE.unlink(missing_ok=True)


class Changes:
    """What was changed since the run that is noted began."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.began = NOTE.stat().st_mtime if NOTE.exists() else math.inf
        self.noted = {path: entry for path, entry in read_mapping(NOTE).items() if _valid(entry)}
        sources = [path for path in self.noted if path.startswith("src/")]
        # All files are others than those noted: the project was copied or cloned, which changed nothing.
        self.copied = bool(sources) and not any(self._inode(path) == self.noted[path][0][INODE] for path in sources)
        self.times: dict[str, float] = {}

    def disturbed(self) -> Iterator[tuple[str, str]]:
        """Outputs of the run that cannot be trusted, and for each an input that was changed while its job ran."""
        for path in list(self.store.outputs(since=self.began)):
            record = self.store.read(path)
            if record is None or (record.get("starttime") or 0) < self.began:
                continue
            changed = next((name for name in record.get("input") or () if self.is_changed(name, record)), None)
            if changed:
                yield path, changed

    def is_changed(self, path: str, record: Record) -> bool:
        """Whether an input was changed after the job of ``record`` began."""
        if self.copied:
            at_start = f"sha256:{self.noted[path][1]}" if path in self.noted else None
            recorded = recorded_inputs(record).get(path)
            return None not in (at_start, recorded) and at_start != recorded and not self._made_in_run(path)
        if path not in self.times:
            self.times[path] = self._changed_at(path)
        return self.times[path] + SLACK >= record["starttime"]

    def _changed_at(self, path: str) -> float:
        """Time of the last change since the run began; minus infinity if there was none, infinity if it is unknown."""
        now, noted = state(path), self.noted.get(path)
        if (noted and noted[0] == now) or self._made_in_run(path):
            return -math.inf
        changed = now[2] / 1e9 if now else math.inf
        if noted is None:
            return changed
        return changed if changed + SLACK >= self.began else math.inf  # the clock was set back

    def _made_in_run(self, path: str) -> bool:
        record = self.store.read(path)
        return record is not None and (record.get("starttime") or 0) >= self.began

    @staticmethod
    def _inode(path: str) -> int | None:
        now = state(path)
        return now[INODE] if now else None


def _valid(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], list) and len(entry[0]) == INODE + 1
