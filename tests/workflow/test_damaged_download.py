"""A damaged file in a mirror stops the workflow by its name and leaves nothing; mended, the next run goes through."""

from pathlib import Path

import pytest
from tiny_project import ROOT, Project

pytestmark = pytest.mark.workflow

MIRROR = ROOT.parent / "shared/data/hapt/hapt_rawdata.tar.xz"


def fetch(project: Project, monkeypatch, mirror: Path):
    monkeypatch.setenv("REACT_TAD_MIRROR", str(mirror))
    return project.run("snakemake", "--cores", "8", "fetch", "--config", "dataset=hapt")


def test_damaged_file_in_a_mirror(project, monkeypatch, tmp_path):
    damaged = tmp_path / "mirror" / MIRROR.name
    damaged.parent.mkdir()
    damaged.write_bytes(b"not the archive")
    done = fetch(project, monkeypatch, damaged.parent)
    assert done.returncode == 1
    assert str(damaged) in done.stdout
    assert "sha256" in done.stdout
    assert not [file for file in project.folder.glob("data/hapt/**/*") if file.is_file()]


@pytest.mark.skipif(not MIRROR.exists(), reason=f"needs {MIRROR.name} in ../shared/data/hapt")
def test_one_byte_flipped_then_mended(project, monkeypatch, tmp_path):
    content = bytearray(MIRROR.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "mirror" / MIRROR.name
    damaged.parent.mkdir()
    damaged.write_bytes(content)
    done = fetch(project, monkeypatch, damaged.parent)
    assert done.returncode == 1
    assert str(damaged) in done.stdout

    damaged.write_bytes(MIRROR.read_bytes())
    assert fetch(project, monkeypatch, damaged.parent).returncode == 0
    archive = project.folder / "data/hapt/raw/archive"
    assert archive.read_bytes() == MIRROR.read_bytes()

    damaged.unlink()  # made anew after an edit, without going to the network or the mirror
    (project.folder / "src/react_tad/data/fetching.py").open("a").write("# edited\n")
    assert fetch(project, monkeypatch, damaged.parent).returncode == 0
    assert archive.read_bytes() == MIRROR.read_bytes()
