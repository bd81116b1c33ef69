"""Other ways to start: without an activated environment, in another folder, without a home to write in."""

import os
import sys
from pathlib import Path

import pytest
from tiny_project import environment, finished

pytestmark = pytest.mark.workflow

BARE = {"PATH": os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"])}


def draw(project) -> None:
    """Leave something to do that takes little time."""
    (project.folder / "results/toy/figures/full/ap.svg").unlink()


def test_without_an_activated_environment(project):
    """The jobs find the commands of the Python that runs Snakemake."""
    draw(project)
    snakemake = str(Path(sys.executable).with_name("snakemake"))
    done = project.run(snakemake, "--cores", "8", "all", env=environment() | BARE)
    assert done.returncode == 0, done.stdout
    assert finished(done.stdout)["draw_ap"] == 1
    assert project.status() == {}


def test_in_another_folder_it_says_where_to_go(run, tmp_path):
    done = run.run("snakemake", "-s", str(run.folder / "Snakefile"), "-d", str(tmp_path), "-n", "all")
    assert done.returncode == 1
    assert f"cd {run.folder}" in done.stdout and "links" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_home_that_cannot_be_written(project):
    """As docs/workflow.md has it: Snakemake needs a cache folder, everything else does without."""
    draw(project)
    homeless = environment() | {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": str(project.folder / ".snakemake/cache")}
    done = project.run("snakemake", "--cores", "8", "all", env=homeless)
    assert done.returncode == 0, done.stdout
    assert finished(done.stdout)["draw_ap"] == 1
    assert "dvc.lock" not in done.stdout
    assert project.status() == {}


def test_recording_by_hand_from_anywhere(project, tmp_path):
    command = str(project.folder / "workflow/records.py")
    assert project.run("python", command, "commit", cwd=tmp_path).returncode == 0
