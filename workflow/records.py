"""Snakemake's records travel with the results in DVC, and ``dvc.lock`` follows a run of Snakemake.

Snakemake knows from its records (``.snakemake/metadata``) with which parameters, inputs and command a file was made.
Files that DVC brings back have none, or those of another version. Here the records of each DVC stage are kept in
``results/D/records/STAGE.json``, one of the stage's own outputs, together with the sha256 of every file they speak of.

Before each run :func:`prepare` takes over what DVC brought, forgets the record of any file that is not what its job
left, and dates far back the files that cannot be trusted: Snakemake then makes them anew, or compares contents. After a
run :func:`after_success` writes the records and commits to DVC, but only if Snakemake has nothing left to do: a bare
``dvc commit --force`` would seal old results under new parameters.

By hand, after work that was not recorded: ``python workflow/records.py commit [--prune]``.

``job_records.py`` says what a record is, ``contents.py`` what is in files, and ``edits.py`` which jobs ran while their
inputs were edited.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
import edits
from contents import KEPT, LONG_AGO, Contents, below, check_is_a_file, check_link, date_back, date_of, generated_files
from folds import FOLDER
from job_records import TRIGGERS, Record, Store, Travelled, left_as_it_is, read_mapping, recorded_inputs
from react_tad.files import write_json

STAGES = {
    "fetch_recordings": "fetch",
    "compute_features": "features",
    "fetch_own_recordings": "fetch",
    "compute_own_features": "features",
    "cut_windows": "windows",
    "train_network": "train",
    "detect_segments": "detect",
    "suppress_duplicates": "suppress",
    "evaluate_detections": "evaluate",
    "summarize_metrics": "evaluate",
    "compare_profiles": "evaluate",
    "package_model": "evaluate",
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
    "extract_features",
    "detect_in_new_recordings",
    "suppress_new_duplicates",
    "compute_fold_features",
    "pool_annotations",
    "pool_detections",
    "pool_study_detections",
    "summarize_folds",
)
"""Rules whose outputs most data sets do not have: DVC has no stage for them, and their records stay here. So do those
of all that lies in the folders of folds, whichever rule makes it.
"""


Makes = Callable[[str], bool]
"""Says of a path whether a rule makes it."""


def made_by(rules: Iterable[Any]) -> Makes:
    """What Snakemake's ``rules`` make, for the data set and the variants of this run."""
    outputs = [output for rule in rules for output in rule.output]
    return lambda path: any(output.match(path) for output in outputs)


def of_fold(path: str) -> bool:
    """Whether a file lies in ``data/D/folds`` or ``results/D/folds``, which DVC does not follow."""
    return Path(path).parts[2:3] == (FOLDER,)


def prepare(makes: Makes) -> None:
    """Make Snakemake's records and the dates of files tell the truth, before Snakemake looks at them."""
    store = Store()
    if store.locked():
        return
    distrust_disturbed(store)  # by a run that was killed
    travelled = Travelled()
    contents, files = check_files(store, travelled, makes)
    edits.note_inputs(files, contents)
    contents.remember()
    stage = dvc_stage()
    if stage:  # where nothing has to be done, `after_success` is not called
        write_records(stage)
    else:
        travelled.take_note()


def check_files(store: Store, travelled: Travelled, makes: Makes) -> tuple[Contents, list[str]]:
    """Forget the records of files that are not what their jobs left, and date them back, as those with other inputs.

    What is not made by a rule, and no record speaks of, is let alone.
    """
    contents, oldest = Contents(), oldest_source()
    files = files_to_check(store, travelled, makes)
    for path in tqdm(files, "checking results", unit="file", delay=2):
        if store.being_made(path):
            continue
        record = trusted_record(store, travelled, contents, path)
        if record is None:
            store.forget(path)
            date_back(path, oldest)
        elif differing := inputs_that_differ(record, contents):
            date_back(path, min(os.stat(name).st_mtime_ns for name in differing))
            store.write(path, record, contents.sha256(path), date_of(path))
    return contents, files


def files_to_check(store: Store, travelled: Travelled, makes: Makes) -> list[str]:
    """Files that a rule makes, and those that a record speaks of though no rule makes them now."""
    for path in linked_folders():
        check_link(path)
    recorded = [path for path in {*store.outputs(), *travelled.records} if os.path.exists(path)]
    for path in filter(makes, recorded):
        check_is_a_file(path)
    return sorted({*generated_files(makes), *filter(os.path.isfile, recorded)})


def oldest_source() -> int:
    """Date of the oldest source file, in nanoseconds since 1970: every step reads some, so what is older is old."""
    return min((os.stat(path).st_mtime_ns for path in edits.source_files()), default=LONG_AGO)


def distrust_disturbed(store: Store) -> list[str]:
    """Delete the records of jobs whose inputs were changed while they ran, and date back what they made.

    Returns these files.
    """
    disturbed: dict[str, list[str]] = defaultdict(list)
    for path, changed in list(edits.Changes(store).disturbed()):
        store.forget(path)
        if os.path.exists(path):
            date_back(path, oldest_source())
        disturbed[changed].append(path)
    for changed, paths in disturbed.items():
        logger.warning(
            f"{changed} was changed while jobs ran that read it. What they made is not trusted, and made anew by the "
            f"next run: {', '.join(paths[:3])}{f' and {len(paths) - 3} more' if paths[3:] else ''}"
        )
    return [path for paths in disturbed.values() for path in paths]


def trusted_record(store: Store, travelled: Travelled, contents: Contents, path: str) -> Record | None:
    """The record that is true of a file as it is now, kept in the store; ``None`` if there is none."""
    found, seconds = contents.sha256(path), date_of(path)
    own = store.read(path)
    own_is_true = own is not None and left_as_it_is(own, path, found)
    if not own_is_true or path in travelled.brought:
        record, checksum = travelled.records.get(path, (None, None))
        if record is not None and checksum == found:
            own, own_is_true = record, True
            store.write(path, record, found, seconds)
    if not own_is_true or own["rule"] not in (*STAGES, *APART):
        return None
    store.keep(path, own, found, seconds)
    return own


def inputs_that_differ(record: Record, contents: Contents) -> list[str]:
    """Inputs that are there and have another content than when the record was made.

    Snakemake looks only at inputs that are newer than the outputs.
    """
    recorded = recorded_inputs(record)
    return [path for path in recorded if contents.of_input(path) not in (None, recorded[path])]


def write_records(only: str | None = None) -> None:
    """Write ``results/D/records/STAGE.json`` of every stage, or of one, from Snakemake's records."""
    store, contents = Store(), Contents()
    stages: dict[Path, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for path in sorted(store.outputs()):
        record = store.read(path)
        if record is None or not os.path.isfile(path):
            continue
        found = contents.sha256(path)
        if not left_as_it_is(record, path, found):
            continue
        store.keep(path, record, found, date_of(path))
        stage = None if of_fold(path) else STAGES.get(record["rule"])
        if stage and only in (None, stage):
            file = Path("results", Path(path).parts[1], "records", f"{stage}.json")
            kept = json.dumps({name: record.get(name) for name in TRIGGERS}, sort_keys=True)
            stages[file][kept][path] = found
    for file, jobs in stages.items():
        content = {"jobs": [{"record": json.loads(kept), "outputs": outputs} for kept, outputs in jobs.items()]}
        if read_mapping(file) != content:
            write_json(file, content)
    contents.remember()
    Travelled().take_note()


def dvc_stage() -> str | None:
    """The DVC stage that this process runs in."""
    return os.environ.get("DVC_STAGE", "").rpartition(":")[2] or None


def after_failure() -> None:
    """Take the checksums of what was made before a run failed, and distrust what ran while its inputs were edited."""
    store, contents = Store(), Contents()
    distrust_disturbed(store)
    edits.forget_note()
    for path in list(store.outputs()):
        record = store.read(path)
        if record is not None and os.path.isfile(path) and left_as_it_is(record, path, contents.sha256(path)):
            store.keep(path, record, contents.sha256(path), date_of(path))
    contents.remember()


def after_success(makes: Makes, *, comparable: bool) -> None:
    """Write the records; bring ``dvc.lock`` up to date if the run was of ``params.yaml`` as it is (``comparable``).

    What keeps DVC from it is a warning, not an error: the results are there in any case. In a stage of DVC's it is an
    error, since DVC would record them.
    """
    store, stage = Store(), dvc_stage()
    disturbed = distrust_disturbed(store)
    edits.forget_note()
    write_records(stage)
    if stage and disturbed:
        raise WorkflowError("DVC should not record what was made while inputs were changed: start it again.")
    if stage or not Path(".dvc/config").exists() or not Path(".git").exists():
        return
    if not comparable:
        logger.warning("dvc.lock is left as it is: this run had --config, and DVC knows params.yaml only.")
        return
    check_files(store, Travelled(), makes)  # what was edited while jobs ran is not recorded
    problem = commit()
    if problem:
        logger.warning(f"dvc.lock is left as it is: {problem}")


def commit() -> str | None:
    """Record the results in ``dvc.lock`` if they are all up to date; otherwise say why not."""
    problem = left_to_do()
    if problem:
        return problem
    write_records()
    done = run_tool("dvc", "commit", "--force")
    if done.returncode:
        again = "try again by `python workflow/records.py commit`"
        links = linked_folders()
        if links:
            again = f"it follows no links, and {', '.join(links)} is one. Everything else works; docs/workflow.md"
        return f"`dvc commit` failed; {again}:\n{(done.stderr.strip() or done.stdout.strip())}"
    return None


def linked_folders() -> list[str]:
    """What of ``data``, ``results`` and the folders in them is a link."""
    places = [Path(top) for top in ("data", "results")]
    return [str(path) for top in places for path in [top, *top.glob("*"), *top.glob("*/*")] if path.is_symlink()]


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


def prune() -> tuple[list[str], list[str]]:
    """Delete what no rule makes any more for the data set in ``params.yaml``: results of variants that were removed.

    Only files that have a record are deleted, since a job made them. Returns those, and the others, which are left.
    """
    summary = run_tool("snakemake", "--summary", "all", "on_request")
    if summary.returncode:
        raise SystemExit(f"`snakemake --summary all on_request` failed:\n{summary.stderr.strip()}")
    wanted = {line.split("\t")[0] for line in summary.stdout.splitlines()[1:]}
    used = {tuple(Path(path).parts[:2]) for path in wanted}
    store, travelled = Store(), Travelled()
    recorded = {path: store.read(path) or {} for path in store.outputs()}
    recorded = {path: record for path, (record, _) in travelled.records.items()} | recorded
    there = [path for path in {*below("data", "results")} - wanted if os.path.isfile(path)]
    there = sorted(
        path for path in there if Path(path).parts[:2] in used and not set(Path(path).parts[2:3]) & set(KEPT)
    )
    there = [path for path in there if not of_fold(path)]
    superfluous = [path for path in there if path in recorded and recorded[path].get("rule") not in APART]
    for path in superfluous:
        os.remove(path)
        store.forget(path)
    return superfluous, [path for path in there if path not in recorded and not Path(path).name.startswith(".")]


def main() -> int:
    """The guarded command."""
    parser = argparse.ArgumentParser(description="Record results in dvc.lock, if they are all up to date.")
    parser.add_argument("action", choices=["commit"])
    parser.add_argument("--prune", action="store_true", help="first delete results that nothing asks for any more")
    arguments = parser.parse_args()
    os.chdir(Path(__file__).resolve().parents[1])
    if Store().locked():
        print("a run is going on; if it was killed, say `snakemake --unlock` and start it again", file=sys.stderr)
        return 1
    if arguments.prune:
        deleted, left = prune()
        for path in deleted:
            print(f"deleted {path}")
        for path in left:
            print(f"left {path}: no record says that a job made it")
    problem = commit()
    if problem:
        print(f"dvc.lock is left as it is: {problem}", file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
