"""What happens in the middle of training: a kill with -9 and the documented recovery, and an edit of the sources."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tiny_project import Project, copy

pytestmark = pytest.mark.workflow

WEIGHTS = "results/toy/trained/full/seed0/model.safetensors"


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


def test_source_edited_while_training_runs(project):
    shutil.rmtree(project.folder / "results/toy/trained")
    process = project.start("snakemake", "--cores", "8", "train")
    wait_for_training(project, process)
    with open(project.folder / "src/react_tad/training/trainer.py", "a") as source:
        source.write("# edited\n")
    assert process.wait() == 0
    assert project.planned("train") == {"train_network": 1}
