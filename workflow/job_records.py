"""What Snakemake remembers of each output: with which parameters, inputs and command its job made it.

:class:`Store` are the records of this working folder, :class:`Travelled` those that lie with the results in DVC. Only
this module touches Snakemake's own classes; the format they have is checked, and a record that cannot be read means
that the file is made anew.
"""

import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
from snakemake.persistence.file import FilePersistence

from react_tad.files import sha256, write_json

KNOWN_FORMAT = 6
"""Snakemake's record format that this module was written for; with another one its triggers switch off silently."""

TRIGGERS = (
    "rule",
    "input",
    "log",
    "shellcmd",
    "params",
    "code",
    "record_format_version",
    "conda_env",
    "container_img_url",
    "software_stack_hash",
    "input_checksums",
)
"""What is kept of a record: all that Snakemake compares. Times and process ids would make equal results differ."""

LEFT = "sha256_left"
"""In a record of the store: sha256 of the output as its job left it. Snakemake ignores it, and drops it when the next
job makes the file."""

Record = dict[str, Any]


class Store:
    """The records in ``.snakemake``, by output file, read and written as Snakemake does."""

    def __init__(self) -> None:
        if RECORD_FORMAT_VERSION != KNOWN_FORMAT:
            raise WorkflowError(
                f"this Snakemake keeps records in format {RECORD_FORMAT_VERSION}, and workflow/job_records.py knows "
                f"{KNOWN_FORMAT}: install the version that requirements.txt names"
            )
        self.files = FilePersistence()
        self.folder = self.files._metadata_path

    def read(self, path: str) -> Record | None:
        """The record of an output; ``None`` if there is none that can be read in the known format."""
        try:
            record = self.files._io_read(self.folder, path)
        except (OSError, ValueError, RecursionError):
            return None
        return record if readable(record) else None

    def write(self, path: str, record: Record, found: str, seconds: float) -> None:
        """Keep ``record`` for an output that has the sha256 ``found`` and the time stamp ``seconds``."""
        begin = min(record.get("starttime") or seconds, seconds)
        more = {"starttime": begin, "endtime": seconds, "incomplete": False, LEFT: found}
        self.files._io_write(self.folder, record | more, path)

    def keep(self, path: str, record: Record, found: str, seconds: float) -> None:
        """The same, if that is not what stands there."""
        if record.get(LEFT) != found or record.get("endtime") != seconds:
            self.write(path, record, found, seconds)

    def forget(self, path: str) -> None:
        """Delete the record of an output."""
        self.files._io_delete(self.folder, path)

    def outputs(self, since: float = 0) -> Iterator[str]:
        """Outputs whose record was written at the time ``since`` or later.

        A record's file name is the output's in base64, split into folders where it is long.
        """
        for file in [file for file in Path(self.folder).rglob("*") if file.is_file()]:
            name = "".join(part.removeprefix("@") for part in file.relative_to(self.folder).parts)
            try:
                if file.stat().st_mtime >= since:
                    yield urlsafe_b64decode(name).decode()
            except (ValueError, FileNotFoundError):
                continue

    def being_made(self, path: str) -> bool:
        """Whether a job on this output began and did not end; Snakemake itself makes it anew."""
        return bool(self.files._filter_incomplete_keys([path]))

    def locked(self) -> bool:
        """Whether a run is going on, or was killed and not unlocked."""
        return any(True for _ in self.files._read_locks())


class Travelled:
    """The records that lie in ``results/D/records``, and which of these files this working folder has not seen yet."""

    def __init__(self) -> None:
        self.note = Path(".snakemake/records_seen.json")
        self.records: dict[str, tuple[Record, str]] = {}  # output -> record, sha256 of the output
        self.brought: set[str] = set()  # outputs whose records came from elsewhere since the last run
        seen = read_mapping(self.note)
        for file in record_files():
            for record, outputs in read_jobs(file):
                self.records |= {path: (record, checksum) for path, checksum in outputs.items()}
                if seen.get(str(file)) != sha256(file):
                    self.brought |= outputs.keys()

    def take_note(self) -> None:
        """Remember the files as they are now."""
        write_json(self.note, {str(file): sha256(file) for file in record_files()})


def readable(record: Any) -> bool:
    """Whether Snakemake and this module understand a record."""
    try:
        valid = MetadataRecord.model_validate(record)
    except ValueError:
        return False
    checksums = (valid.input_checksums or {}).values()
    strings = all(isinstance(value, str) for value in [*checksums, *(valid.params or [])])
    return isinstance(record, dict) and valid.record_format_version == KNOWN_FORMAT and strings


def recorded_inputs(record: Record) -> dict[str, str]:
    """Checksums (``sha256:...``) of a job's inputs when it ended; those too large to be compared are not there."""
    return record.get("input_checksums") or {}


def left_as_it_is(record: Record, path: str, found: str) -> bool:
    """Whether an output, whose sha256 is ``found``, is as the job of ``record`` left it.

    Before its checksum was taken for the first time, its date has to do.
    """
    return record[LEFT] == found if LEFT in record else record.get("endtime") == os.lstat(path).st_mtime


def record_files() -> list[Path]:
    """All files of travelling records."""
    return sorted(file for file in Path("results").glob("*/records/*.json") if file.is_file())


def read_jobs(file: Path) -> list[tuple[Record, dict[str, str]]]:
    """Record and outputs (with their sha256) of each job in a file of travelling records; none if it is damaged."""
    try:
        jobs = [(job["record"], dict(job["outputs"])) for job in read_mapping(file)["jobs"]]
        return [(record, outputs) for record, outputs in jobs if readable(record) and all(map(may_be_made, outputs))]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def may_be_made(path: str) -> bool:
    """Whether a path is one that rules make files at: nothing else is touched, whatever a record says."""
    parts = Path(path).parts
    return len(parts) > 2 and parts[0] in ("data", "results") and ".." not in parts


def read_mapping(file: Path) -> dict[str, Any]:
    """A JSON object; empty if it cannot be read, so that what it speaks of is made anew."""
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
