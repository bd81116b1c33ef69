"""Snakemake's records travel with the results in DVC, and ``dvc.lock`` follows a run of Snakemake.

Snakemake knows from its records (``.snakemake/metadata``) with which parameters, inputs and command a file was made.
Files that DVC brings back have none, or those of another version. Here the records of each DVC stage are kept in
``results/D/records/STAGE.json``, one of the stage's own outputs, together with the sha256 of every file they speak of.

Before each run :func:`prepare` takes over what DVC brought, forgets the record of any file that is not what its job
left, and dates far back the files that cannot be trusted: Snakemake then makes them anew, or compares contents. After a
run :func:`after_success` writes the records and commits to DVC, but only if Snakemake has nothing left to do: a bare
``dvc commit --force`` would seal old results under new parameters.

By hand, after work that was not recorded: ``python workflow/records.py commit [--prune]``.

This is the only module that touches Snakemake's own classes; the format they have is checked, and a record that cannot
be read means that the file is made anew.
"""

import argparse
import json
import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.persistence import RECORD_FORMAT_VERSION
from snakemake.persistence.file import FilePersistence

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from react_tad.files import read_json, sha256, write_json

KNOWN_FORMAT = 6
"""Snakemake's record format that this module was written for; with another one its triggers switch off silently."""

STAGES = {
    "fetch_recordings": "fetch",
    "compute_features": "features",
    "cut_windows": "windows",
    "train_network": "train",
    "detect_segments": "detect",
    "suppress_duplicates": "suppress",
    "evaluate_detections": "evaluate",
    "summarize_metrics": "evaluate",
    "compare_profiles": "evaluate",
    "draw_timeline": "figures",
    "draw_losses": "figures",
    "draw_ap": "figures",
    "train_study_network": "studies",
    "detect_study_segments": "studies",
    "suppress_study_duplicates": "studies",
    "evaluate_study_detections": "studies",
    "compare_rows": "studies",
    "compare_with_published": "studies",
    "draw_sweep": "studies",
    "draw_relations": "studies",
    "draw_class_losses": "studies",
    "diagnose_errors": "studies",
    "record_provenance": "studies",
}
"""The DVC stage that the outputs of each rule belong to."""
APART = (
    "fetch_released_weights",
    "import_released_weights",
    "detect_with_released_weights",
    "suppress_released_duplicates",
    "evaluate_released_detections",
    "compare_with_authors",
)
"""Rules that the target ``all`` does not ask for: DVC has no stage for them, and their records stay here."""

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

THIRTY_YEARS = 30 * 365 * 24 * 3600 * 10**9  # in nanoseconds
LONG_AGO = 946684800 * 10**9  # the year 2000

SOURCES_AT_START = Path(".snakemake/sources_at_start.json")

Record = dict[str, Any]


class Store:
    """The records in ``.snakemake``, by output file, read and written as Snakemake does."""

    def __init__(self) -> None:
        if RECORD_FORMAT_VERSION != KNOWN_FORMAT:
            raise WorkflowError(
                f"this Snakemake keeps records in format {RECORD_FORMAT_VERSION}, and workflow/records.py knows "
                f"{KNOWN_FORMAT}: install the version that requirements.txt names"
            )
        self.files = FilePersistence()
        self.folder = self.files._metadata_path

    def read(self, path: str) -> Record | None:
        """The record of an output; ``None`` if there is none that can be read in the known format."""
        try:
            record = self.files._io_read(self.folder, path)
        except (OSError, UnicodeDecodeError):
            return None
        return record if readable(record) else None

    def write(self, path: str, record: Record, seconds: float) -> None:
        """Keep ``record`` for an output that has the time stamp ``seconds``."""
        times = {"starttime": seconds, "endtime": seconds, "incomplete": False}
        self.files._io_write(self.folder, record | times, path)

    def forget(self, path: str) -> None:
        """Delete the record of an output."""
        self.files._io_delete(self.folder, path)

    def outputs(self) -> Iterator[str]:
        """Outputs that have a record. Its file name is the output's in base64, split into folders where it is long."""
        for file in [file for file in Path(self.folder).rglob("*") if file.is_file()]:
            name = "".join(part.removeprefix("@") for part in file.relative_to(self.folder).parts)
            try:
                yield urlsafe_b64decode(name).decode()
            except ValueError:
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


def readable(record: Record) -> bool:
    """Whether Snakemake and this module understand a record."""
    return record.get("record_format_version") == KNOWN_FORMAT and record.get("rule") in (*STAGES, *APART)


def recorded_inputs(record: Record) -> dict[str, str]:
    """Checksums (``sha256:...``) of a job's inputs when it ended; those too large to be compared are not there."""
    return record.get("input_checksums") or {}


def record_files() -> list[Path]:
    """All files of travelling records."""
    return sorted(Path("results").glob("*/records/*.json"))


def read_jobs(file: Path) -> list[tuple[Record, dict[str, str]]]:
    """Record and outputs (with their sha256) of each job in a file of travelling records; none if it is damaged."""
    try:
        jobs = [(job["record"], dict(job["outputs"])) for job in read_mapping(file)["jobs"]]
        return [(record, outputs) for record, outputs in jobs if readable(record)]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def read_mapping(file: Path) -> dict[str, Any]:
    """A JSON object; empty if it cannot be read, so that what it speaks of is made anew."""
    try:
        loaded = read_json(file)
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def generated_files() -> list[str]:
    """Every file that rules may have made: all in ``data`` and ``results`` but what is kept between runs on purpose."""
    found = [path for top in ("data", "results") for path in Path(top).rglob("*") if path.is_file()]
    kept = ("downloads", "records", "checkpoints", "reference")
    return [str(path) for path in found if not path.name.startswith(".") and not set(path.parts[1:3]) & set(kept)]


def prepare() -> None:
    """Make Snakemake's records and the dates of files tell the truth, before Snakemake looks at them."""
    store = Store()
    if store.locked():
        return
    forget_jobs_with_edited_sources(store)
    note_sources()
    travelled = Travelled()
    checksums: dict[str, str | None] = {}
    for path in generated_files():
        if store.being_made(path):
            continue
        record = trusted_record(store, travelled, path)
        if record is None:
            store.forget(path)
            date_back(path)
        elif inputs_differ(record, checksums):
            date_back(path)
            store.write(path, record, os.stat(path).st_mtime)
    stage = dvc_stage()
    if stage:  # where nothing has to be done, `after_success` is not called
        write_records(stage)
    else:
        travelled.take_note()


def note_sources() -> None:
    """Remember what is in the package's source files before jobs start."""
    write_json(SOURCES_AT_START, {str(file): f"sha256:{sha256(file)}" for file in Path("src").rglob("*.py")})


def forget_jobs_with_edited_sources(store: Store) -> None:
    """Delete the records of jobs that ended after their sources were edited in the last run.

    Snakemake records what is in the inputs when a job ends, while Python read the sources when it began.
    """
    if not SOURCES_AT_START.exists():
        return
    started = SOURCES_AT_START.stat().st_mtime
    at_start = read_mapping(SOURCES_AT_START)
    for path in store.outputs():
        record = store.read(path)
        if record is None or (record.get("starttime") or 0) < started:
            continue
        if any(at_start.get(source, found) != found for source, found in recorded_inputs(record).items()):
            store.forget(path)


def trusted_record(store: Store, travelled: Travelled, path: str) -> Record | None:
    """The record that is true of a file as it is now, kept in the store; ``None`` if there is none."""
    own = store.read(path)
    seconds = os.stat(path).st_mtime
    own_is_true = own is not None and own.get("endtime") == seconds
    if own_is_true and path not in travelled.brought:
        return own
    record, checksum = travelled.records.get(path, (None, None))
    if record is not None and sha256(path) == checksum:
        store.write(path, record, seconds)
        return record
    return own if own_is_true else None


def inputs_differ(record: Record, checksums: dict[str, str | None]) -> bool:
    """Whether an input that is there has another content than when the record was made.

    Snakemake looks only at inputs that are newer than the outputs. ``checksums`` remembers what was computed.
    """
    for path, recorded in recorded_inputs(record).items():
        if path not in checksums:
            checksums[path] = f"sha256:{sha256(path)}" if os.path.isfile(path) else None
        if checksums[path] not in (None, recorded):
            return True
    return False


def date_back(path: str) -> None:
    """Date a file before everything else, relative to its own date: caches take equal dates for equal contents."""
    stat = os.stat(path)
    if stat.st_mtime_ns > LONG_AGO:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - THIRTY_YEARS))


def write_records(only: str | None = None) -> None:
    """Write ``results/D/records/STAGE.json`` of every stage, or of one, from Snakemake's records."""
    store = Store()
    forget_jobs_with_edited_sources(store)
    stages: dict[Path, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for path in sorted(store.outputs()):
        record = store.read(path)
        if record is None or not os.path.isfile(path) or record.get("endtime") != os.stat(path).st_mtime:
            continue
        stage = STAGES.get(record["rule"])
        if stage and only in (None, stage):
            file = Path("results", Path(path).parts[1], "records", f"{stage}.json")
            kept = json.dumps({name: record.get(name) for name in TRIGGERS}, sort_keys=True)
            stages[file][kept][path] = sha256(path)
    for file, jobs in stages.items():
        content = {"jobs": [{"record": json.loads(kept), "outputs": outputs} for kept, outputs in jobs.items()]}
        if read_mapping(file) != content:
            write_json(file, content)
    Travelled().take_note()


def dvc_stage() -> str | None:
    """The DVC stage that this process runs in."""
    return os.environ.get("DVC_STAGE", "").rpartition(":")[2] or None


def after_success(*, comparable: bool) -> None:
    """Write the records; bring ``dvc.lock`` up to date if the run was of ``params.yaml`` as it is (``comparable``).

    What keeps DVC from it is a warning, not an error: the results are there in any case.
    """
    stage = dvc_stage()
    write_records(stage)
    if stage or not Path(".dvc/config").exists() or not Path(".git").exists():
        return
    if not comparable:
        logger.warning("dvc.lock is left as it is: this run had --config, and DVC knows params.yaml only.")
        return
    problem = commit()
    if problem:
        logger.warning(f"dvc.lock is left as it is: {problem}")


def commit() -> str | None:
    """Record the results in ``dvc.lock`` if they are all up to date; otherwise say why not."""
    problem = left_to_do()
    if problem:
        return problem
    write_records()
    done = run_tool("dvc", "commit", "--force", "--quiet")
    if done.returncode:
        return f"`dvc commit` failed; try again by `python workflow/records.py commit`:\n{done.stderr.strip()}"
    return None


def left_to_do() -> str | None:
    """Why Snakemake would not say that nothing is to be done; ``None`` if it would."""
    plan = run_tool("snakemake", "--dry-run", "all")
    if plan.returncode:
        return f"`snakemake --dry-run all` failed:\n{plan.stderr.strip()}"
    if NOTHING_TO_BE_DONE_MSG not in plan.stdout + plan.stderr:
        return "not everything is up to date. Run `snakemake --cores 8 all` first."
    return None


def run_tool(module: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run Snakemake or DVC with this Python and keep what it says."""
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)


def prune() -> list[str]:
    """Delete what no rule makes any more for the data set in ``params.yaml``: results of variants that were removed."""
    summary = run_tool("snakemake", "--summary", "all")
    if summary.returncode:
        raise SystemExit(f"`snakemake --summary all` failed:\n{summary.stderr.strip()}")
    wanted = {line.split("\t")[0] for line in summary.stdout.splitlines()[1:]}
    used = {tuple(Path(path).parts[:2]) for path in wanted}
    store = Store()
    superfluous = [path for path in generated_files() if path not in wanted and Path(path).parts[:2] in used]
    superfluous = [path for path in superfluous if (store.read(path) or {}).get("rule") not in APART]
    for path in superfluous:
        os.remove(path)
        store.forget(path)
    return superfluous


def main() -> int:
    """The guarded command."""
    parser = argparse.ArgumentParser(description="Record results in dvc.lock, if they are all up to date.")
    parser.add_argument("action", choices=["commit"])
    parser.add_argument("--prune", action="store_true", help="first delete results that nothing asks for any more")
    if parser.parse_args().prune:
        for path in prune():
            print(f"deleted {path}")
    problem = commit()
    if problem:
        print(f"dvc.lock is left as it is: {problem}", file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
