"""Folders that were moved elsewhere and linked, and folders on other file systems."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from tiny_project import ROOT, Project, finished

sys.path.insert(0, str(ROOT / "workflow"))
from variants import DETECTIONS, WEIGHTS

pytestmark = pytest.mark.workflow

RUN = {"place": "results/toy", "variant": "full", "seed": 0}
ARCHIVE = ROOT.parent / "shared/data/hapt/hapt_rawdata.tar.xz"
MEMORY = Path("/dev/shm")


def move_and_link(project: Project, name: str, target: Path, *, relative: bool = False) -> None:
    """Move a folder of the project to ``target``, and link it."""
    shutil.move(project.folder / name, target)
    to = os.path.relpath(target, (project.folder / name).parent) if relative else target
    (project.folder / name).symlink_to(to)


@pytest.mark.parametrize(
    ("names", "relative"),
    [
        (["results/toy"], True),
        (["data/toy"], False),
        (["data", "results", ".snakemake"], False),
        (["data", "results", ".snakemake"], True),
    ],
)
def test_edits_behind_links_are_noticed(project, tmp_path, names, relative):
    for name in names:
        move_and_link(project, name, tmp_path / f"moved_{name.strip('.').replace('/', '_')}", relative=relative)
    assert project.planned() == {}
    edited = project.folder / ("data/toy/annotations/test.json" if names == ["data/toy"] else DETECTIONS.format(**RUN))
    before = edited.read_bytes()
    edited.write_bytes(before + b" ")
    rule = "compute_features" if names == ["data/toy"] else "suppress_duplicates"
    assert project.planned()[rule] == 1
    output = project.make()
    assert finished(output)[rule] == 1
    assert edited.read_bytes() == before
    assert all((project.folder / name).is_symlink() for name in names)
    assert project.planned() == {}
    # DVC records nothing behind links, and that is said.
    assert "dvc.lock is left as it is: `dvc commit` failed" in output
    assert "is outside of git repository" in output
    assert names[0] in output


def test_a_file_that_is_a_link(project, tmp_path):
    weights = project.folder / WEIGHTS.format(**RUN)
    before = weights.read_bytes()
    shutil.move(weights, tmp_path / "weights")
    weights.symlink_to(tmp_path / "weights")
    assert project.planned() == {}
    (tmp_path / "weights").write_bytes(before[:-1] + b"x")
    assert project.planned()["train_network"] == 1
    project.make("train")
    assert weights.read_bytes() == before


def test_a_project_that_is_reached_through_a_link(project, tmp_path):
    (tmp_path / "link").symlink_to(project.folder)
    through = Project(tmp_path / "link")
    environment = {"env": os.environ | {"PWD": str(through.folder)}}
    done = through.run(sys.executable, "-m", "snakemake", "-n", "all", **environment)
    assert "Nothing to be done" in done.stdout, done.stdout
    through.params(lambda params: params["soft_nms"].update(sigma=0.5))
    through.make()
    assert project.planned() == {}
    assert project.status() == {}


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"needs {ARCHIVE.name} in ../shared/data/hapt")
@pytest.mark.skipif(not MEMORY.is_dir(), reason=f"needs another file system, {MEMORY}")
def test_downloads_on_another_file_system(project, monkeypatch, tmp_path):
    """Raw files are links to downloads where that is possible, else copies."""
    monkeypatch.setenv("REACT_TAD_MIRROR", str(ARCHIVE.parent))
    elsewhere = MEMORY / tmp_path.parent.name / tmp_path.name
    elsewhere.mkdir(parents=True)
    try:
        assert elsewhere.stat().st_dev != project.folder.stat().st_dev
        (project.folder / "data/hapt").mkdir()
        (project.folder / "data/hapt/downloads").symlink_to(elsewhere)
        project.make("fetch", "--config", "dataset=hapt")
        archive = project.folder / "data/hapt/raw/archive"
        assert archive.read_bytes() == ARCHIVE.read_bytes()
        assert archive.stat().st_nlink == 1 and not archive.is_symlink()
    finally:
        shutil.rmtree(elsewhere)


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"needs {ARCHIVE.name} in ../shared/data/hapt")
def test_why_a_raw_file_could_not_be_made_is_in_the_log(project, monkeypatch):
    """Here another file lies where the copy should go, and is no place to write."""
    monkeypatch.setenv("REACT_TAD_MIRROR", str(ARCHIVE.parent))
    project.make("fetch", "--config", "dataset=hapt")
    assert (project.folder / "data/hapt/raw/archive").stat().st_nlink == 2  # the same file system
    project.edit(
        "workflow/rules/data.smk", "downloads/$(basename $file)", "downloads/$(basename $file)_that_is_not_there"
    )
    done = project.run("snakemake", "--cores", "8", "fetch", "--config", "dataset=hapt")
    assert done.returncode == 1
    log = (project.folder / "logs/hapt/fetch.txt").read_text()
    assert "_that_is_not_there" in log
