"""Which jobs are distrusted when a file that they read was changed while they ran."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import edits  # noqa: E402
from contents import Contents  # noqa: E402
from job_records import Store  # noqa: E402
from react_tad.files import sha256  # noqa: E402

SOURCE = Path("src/pack.py")
SETTINGS = Path("src/pack.yaml")
DATA = "data/toy/annotations/test.json"
MADE = "results/toy/metrics/full/seed0.json"
LONG = edits.SLACK + 1  # seconds, more than the clocks of file systems may differ by


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A working folder where a run begins now; its sources and data are of long before."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for path in (SOURCE, SETTINGS, DATA, MADE):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(f"content of {path}")
    Store()
    edits.note_inputs([DATA], Contents())
    return tmp_path


def finish_job(path: str = MADE, inputs: tuple = (SOURCE, SETTINGS, DATA), began: float = 0.0) -> None:
    """Record a job that began so many seconds after the run; Snakemake takes checksums when it ends."""
    begin = edits.NOTE.stat().st_mtime + began
    checksums = {str(name): f"sha256:{sha256(name)}" for name in inputs}
    record = {"rule": "evaluate_detections", "record_format_version": 6, "input": list(checksums), "starttime": begin}
    record |= {"input_checksums": checksums, "endtime": os.stat(path).st_mtime}
    Store().files._io_write(Store().folder, record, path)


def disturbed() -> dict[str, str]:
    return dict(edits.Changes(Store()).disturbed())


def rewrite(path: str | Path, text: str) -> None:
    time.sleep(0.02)  # a tick of the clock that file systems use
    Path(path).write_text(text)


def test_a_quiet_run_is_trusted(folder):
    finish_job()
    assert disturbed() == {}


@pytest.mark.parametrize("path", [SOURCE, SETTINGS, DATA])
def test_edited_while_it_ran(folder, path):
    rewrite(path, "other")
    finish_job()
    assert disturbed() == {MADE: str(path)}


@pytest.mark.parametrize("path", [SOURCE, SETTINGS, DATA])
def test_edited_and_put_back_while_it_ran(folder, path):
    """Its content at both ends is the same, and so may be its date."""
    before, stat = Path(path).read_text(), os.stat(path)
    rewrite(path, "other")
    rewrite(path, before)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    finish_job()
    assert disturbed() == {MADE: str(path)}


def test_a_job_that_began_after_the_edit_read_what_is_there(folder):
    rewrite(SOURCE, "other")
    finish_job(began=LONG)
    assert disturbed() == {}


def test_an_input_that_was_made_in_the_run_is_no_edit(folder):
    rewrite(DATA, "made anew")
    finish_job(DATA, (SOURCE,))
    finish_job()
    assert disturbed() == {}


def test_edits_after_the_end_of_a_run_disturb_nothing(folder):
    """As ``git checkout`` of another version and back: contents decide."""
    finish_job()
    edits.forget_note()
    before = SOURCE.read_text()
    rewrite(SOURCE, "other")
    rewrite(SOURCE, before)
    assert disturbed() == {}


def test_edits_after_a_kill_disturb_what_the_killed_run_made(folder):
    """When it was edited cannot be told from when it was put back."""
    finish_job()
    before = SOURCE.read_text()
    rewrite(SOURCE, "other")
    rewrite(SOURCE, before)
    assert disturbed() == {MADE: str(SOURCE)}


def test_a_copy_of_the_project_after_a_kill_is_no_edit(folder, monkeypatch):
    finish_job()
    shutil.copytree(folder / "project", folder / "copy")
    monkeypatch.chdir(folder / "copy")
    assert disturbed() == {}


def test_in_a_copy_contents_decide(folder, monkeypatch):
    rewrite(SOURCE, "other")
    finish_job()
    shutil.copytree(folder / "project", folder / "copy")
    monkeypatch.chdir(folder / "copy")
    assert disturbed() == {MADE: str(SOURCE)}


def test_a_source_that_is_gone_disturbs(folder):
    finish_job()
    SOURCE.unlink()
    assert disturbed() == {MADE: str(SOURCE)}


@pytest.mark.parametrize("damage", ["", "[]", '{"src/pack.py": 3}', '{"src/pack.py": [[1], "x"]}'])
def test_a_damaged_note_distrusts_nothing_that_was_not_touched_since(folder, damage):
    finish_job(began=LONG)
    stat = edits.NOTE.stat()
    edits.NOTE.write_text(damage)
    os.utime(edits.NOTE, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert disturbed() == {}
