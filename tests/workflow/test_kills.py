"""What happens in the middle of training: a kill with -9 and the documented recovery, and an edit of the sources."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_project import FROM_TRAINING, ROOT, Project, copy

pytestmark = pytest.mark.workflow

sys.path.insert(0, str(ROOT / "workflow"))
from variants import WEIGHTS as PATTERN  # noqa: E402

WEIGHTS = PATTERN.format(place="results/toy", variant="full", seed=0)


def wait_for_training(project: Project, process: subprocess.Popen) -> Path:
    """Wait until training has left a checkpoint."""
    checkpoints = project.folder / "results/checkpoints/toy/full/seed0"
    deadline = time.monotonic() + 180
    while not any(file.is_file() for file in checkpoints.rglob("*")):
        assert process.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline, "no checkpoint in three minutes"
        time.sleep(0.005)
    return checkpoints


def kill_in_training(project: Project, process: subprocess.Popen) -> None:
    """Kill the whole process group as soon as training has left a checkpoint."""
    checkpoints = wait_for_training(project, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert any(file.is_file() for file in checkpoints.rglob("*")), "ended before it could be killed"
    assert not (project.folder / WEIGHTS).exists()


def test_snakemake_killed(unrun, run, tmp_path):
    project = copy(unrun, tmp_path)
    kill_in_training(project, project.start("snakemake", "--cores", "8", "all"))
    assert project.run("snakemake", "--cores", "8", "all").returncode != 0  # locked
    project.ok("snakemake", "--unlock")
    project.make()
    assert project.results() == run.results()
    assert project.planned() == {}
    assert project.status() == {}


def test_dvc_killed(project, run):
    shutil.rmtree(project.folder / "results/toy")
    kill_in_training(project, project.start("dvc", "repro"))
    lock = project.folder / ".dvc/tmp/rwlock"
    if lock.exists() and not lock.read_bytes():  # may be left empty: "JSON structure is corrupted"
        lock.unlink()
    project.ok("snakemake", "--unlock")
    project.ok("dvc", "repro")
    assert project.results() == run.results()
    assert project.planned() == {}
    assert project.status() == {}


def test_source_edited_and_put_back_while_training_runs(project):
    """The training that was going on is made anew, though the source is at the end what it was at the start."""
    lock = (project.folder / "dvc.lock").read_bytes()
    source = project.folder / "src/react_tad/training/trainer.py"
    before, dates = source.read_bytes(), source.stat()
    project.gamma(0.3)
    shutil.rmtree((project.folder / WEIGHTS).parents[2])
    with (project.folder / "run.txt").open("w") as said:
        process = project.start("snakemake", "--cores", "8", "all", stdout=said, stderr=said)
        wait_for_training(project, process)
        source.write_bytes(before + b"# edited\n")
        time.sleep(0.1)
        source.write_bytes(before)
        os.utime(source, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        assert process.wait() == 0
    said = (project.folder / "run.txt").read_text()
    assert "src/react_tad/training/trainer.py was changed while jobs ran" in said
    assert "dvc.lock is left as it is: not everything is up to date" in said
    assert (project.folder / "dvc.lock").read_bytes() == lock
    assert project.planned().items() >= FROM_TRAINING.items()
    project.make()
    assert project.planned() == {}
    assert project.status() == {}


def test_source_edited_and_put_back_while_dvc_trains(project):
    """DVC would record what the stage made."""
    source = project.folder / "src/react_tad/training/trainer.py"
    project.gamma(0.3)
    shutil.rmtree((project.folder / WEIGHTS).parents[2])
    process = project.start("dvc", "repro", "train")
    wait_for_training(project, process)
    source.write_bytes(source.read_bytes())
    assert process.wait() != 0
    assert project.planned("train") == {"train_network": 1}


def test_source_checked_out_back_and_forth_between_runs(project):
    source = project.folder / "src/react_tad/training/trainer.py"
    before = source.read_bytes()
    project.gamma(0.3)
    project.make("train")
    source.write_bytes(before + b"# edited\n")
    assert project.planned("train") == {"train_network": 1}
    source.write_bytes(before)
    assert project.planned("train") == {}


def test_source_edited_while_training_runs(project):
    shutil.rmtree((project.folder / WEIGHTS).parents[2])
    process = project.start("snakemake", "--cores", "8", "train")
    wait_for_training(project, process)
    with open(project.folder / "src/react_tad/training/trainer.py", "a") as source:
        source.write("# edited\n")
    assert process.wait() == 0
    assert project.planned("train") == {"train_network": 1}
