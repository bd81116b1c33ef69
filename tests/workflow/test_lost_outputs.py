"""Outputs that are gone, corrupt, replaced or of another date: made anew, named or recognized; never used silently."""

import os
import re
import shutil
import sys

import pytest
from ruamel.yaml import YAML
from tiny_project import FROM_TRAINING, NOTHING, ROOT, finished

sys.path.insert(0, str(ROOT / "workflow"))
from variants import LOG, RAW, WEIGHTS

pytestmark = pytest.mark.workflow

RUN = {"place": "results/toy", "variant": "full", "seed": 0}
SUMMARY = "results/toy/summary.md"


def flip_a_bit_and_keep_the_date(file) -> None:
    stat, content = file.stat(), bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def recorded_models(project) -> dict:
    """What ``dvc.lock`` says of the trained networks."""
    stages = YAML(typ="safe").load(project.folder / "dvc.lock")["stages"]
    return next(out for out in stages["train"]["outs"] if WEIGHTS.format(**RUN).startswith(out["path"]))


def test_a_corrupt_model_of_the_old_date_is_trained_anew(project):
    """Its consumers do not run on it."""
    before = project.results()
    flip_a_bit_and_keep_the_date(project.folder / WEIGHTS.format(**RUN))
    assert project.planned() == FROM_TRAINING
    project.make("suppress")
    assert project.results() == before


def test_corrupt_features_of_the_old_date_are_made_anew(project):
    array = project.folder / "data/toy/features/test.npy"
    before = array.read_bytes()
    flip_a_bit_and_keep_the_date(array)
    assert project.planned()["compute_features"] == 1
    project.make("features")
    assert array.read_bytes() == before
    assert "compute_features" not in project.planned()


def test_an_output_that_is_gone_is_made_anew(project):
    """Though all that was made of it is there, and something else is to be done."""
    before, models = project.results(), recorded_models(project)
    (project.folder / WEIGHTS.format(**RUN)).unlink()
    with (project.folder / SUMMARY).open("a") as summary:
        summary.write("x\n")
    done = project.run("python", "workflow/records.py", "commit")
    assert done.returncode == 1
    assert "not everything is up to date" in done.stdout
    assert recorded_models(project) == models
    made = finished(project.make())
    assert made["train_network"] == made["summarize_metrics"] == 1
    assert project.results() == before
    assert recorded_models(project) == models
    assert project.status() == {}


def test_every_output_of_a_stage_is_asked_for(studies):
    """So none can be gone without being made anew."""
    made = {line.split("\t")[0] for line in studies.ok("snakemake", "--summary", "all").splitlines() if "\t" in line}
    made = {path for path in made if path.startswith(("data/", "results/"))}
    plan = studies.ok("snakemake", "-n", "--forceall", "all")
    asked = set(re.search(r"^(?:local)?rule all:\n    input: (.*)$", plan, re.MULTILINE)[1].split(", "))
    assert made - asked == set()
    assert len(made) > 50


def test_a_stage_of_dvc_makes_what_is_gone(project):
    log = project.folder / LOG.format(**RUN)
    before = log.read_bytes()
    log.unlink()
    assert "train_network" in finished(project.ok("dvc", "repro", "train"))
    assert log.read_bytes() == before


def test_a_folder_in_the_place_of_an_output_is_named(project):
    summary = project.folder / SUMMARY
    summary.unlink()
    summary.mkdir()
    done = project.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert f"{SUMMARY} is a folder" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_dangling_link_is_named(project):
    """What it leads to may be on a disk that is not mounted."""
    raw = project.folder / RAW.format(**RUN)
    raw.unlink()
    raw.symlink_to("/nowhere/to/be/found")
    done = project.run("snakemake", "--cores", "8", "all")
    assert done.returncode == 1
    assert f"{RAW.format(**RUN)} is a link to /nowhere/to/be/found" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_snakemakes_folder_records_that_travelled_do(project):
    shutil.rmtree(project.folder / ".snakemake")
    assert project.planned() == {}
    project.gamma(0.3)
    assert project.planned() == FROM_TRAINING


def test_results_copied_with_new_dates_are_recognized(project):
    for top in ("data", "results"):
        (project.folder / top).rename(project.folder / f"{top}_before")
        project.ok("cp", "-r", f"{top}_before", top)
        shutil.rmtree(project.folder / f"{top}_before")
    assert project.planned() == {}
    flip_a_bit_and_keep_the_date(project.folder / WEIGHTS.format(**RUN))
    assert project.planned()["train_network"] == 1


@pytest.mark.parametrize("date", [1, 4 * 10**9])
def test_a_clock_that_is_wrong_hides_nothing(project, date):
    """Sources as archives date them, and results from the future."""
    for file in (project.folder / "src").rglob("*.py"):
        os.utime(file, (date, date))
    assert NOTHING in project.ok("snakemake", "-n", "all")
    with (project.folder / SUMMARY).open("a") as summary:
        summary.write("x\n")
    os.utime(project.folder / SUMMARY, (date, date))
    assert project.planned() == {"summarize_metrics": 1}
    with (project.folder / "src/react_tad/evaluation/profile_summary.py").open("a") as source:
        source.write("# edited\n")
    os.utime(project.folder / "src/react_tad/evaluation/profile_summary.py", (date, date))
    assert project.planned() == {"summarize_metrics": 1}


def test_a_stale_lock_keeps_results_from_being_recorded(project):
    """While it is there, nothing looks at what is in the files."""
    (project.folder / ".snakemake/locks").mkdir(exist_ok=True)
    (project.folder / ".snakemake/locks/0.output.lock").write_text(f"{SUMMARY}\n")
    done = project.run("python", "workflow/records.py", "commit")
    assert done.returncode == 1
    assert "snakemake --unlock" in done.stdout


def test_files_of_the_users_are_not_pruned(project):
    own = project.folder / "results/toy/notes.txt"
    own.write_text("mine")
    output = project.ok("python", "workflow/records.py", "commit", "--prune")
    assert own.read_text() == "mine"
    assert "left results/toy/notes.txt" in output
