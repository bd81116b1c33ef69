"""Killed with -9 in the middle of training, then recovered as documented: the end is that of an undisturbed run."""

import os
import shutil
import signal
import subprocess
import time

import pytest
from tiny_project import Project, copy

pytestmark = pytest.mark.workflow

WEIGHTS = "results/toy/models/full/seed0/model.safetensors"


def kill_in_training(project: Project, process: subprocess.Popen) -> None:
    """Kill the whole process group as soon as training has left a checkpoint."""
    checkpoints = project.folder / "results/checkpoints/toy/full/seed0"
    deadline = time.monotonic() + 180
    while not (checkpoints.is_dir() and any(checkpoints.iterdir())):
        assert process.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline, "no checkpoint in three minutes"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert any(checkpoints.iterdir()), "ended before it could be killed"
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
