"""What is known of a file's content is believed only while the file is in the same state."""

import os
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import contents  # noqa: E402
from react_tad.files import sha256  # noqa: E402


@pytest.fixture
def file(tmp_path, monkeypatch) -> str:
    """A file that was last changed long enough ago."""
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    Path("file").write_text("before")
    monkeypatch.setattr(contents, "SETTLED", 0)
    time.sleep(0.02)  # a tick of the clock that file systems use
    return "file"


def count_reads(monkeypatch) -> list[str]:
    read = []
    monkeypatch.setattr(contents, "sha256", lambda path: read.append(path) or sha256(path))
    return read


def test_a_known_state_is_not_read_again(file, monkeypatch):
    read = count_reads(monkeypatch)
    for _ in range(3):
        known = contents.Contents()
        assert known.sha256(file) == sha256(file)
        known.remember()
    assert read == [file]


def replace(path: str) -> None:
    Path("other").write_text("afterw")
    os.replace("other", path)


@pytest.mark.parametrize("change", [lambda path: Path(path).write_text("afterw"), replace])
def test_another_content_of_the_same_size_and_date_is_seen(file, change):
    known = contents.Contents()
    known.sha256(file)
    known.remember()
    stat = os.stat(file)
    change(file)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert os.stat(file).st_mtime_ns == stat.st_mtime_ns and os.stat(file).st_size == stat.st_size
    assert contents.Contents().sha256(file) == sha256(file)


def test_a_file_that_was_just_written_is_read_again(file, monkeypatch):
    """Within one tick of the file system's clock a second change would have the same dates."""
    monkeypatch.setattr(contents, "SETTLED", 10**12)
    read = count_reads(monkeypatch)
    for _ in range(2):
        known = contents.Contents()
        known.sha256(file)
        known.remember()
    assert read == [file, file]


@pytest.mark.parametrize("damage", ["", "[]", '{"file": 3}', '{"file": {"state": [1], "sha256": 2}}'])
def test_a_damaged_memory_is_computed_again(file, damage):
    known = contents.Contents()
    known.sha256(file)
    known.remember()
    contents.MEMORY.write_text(damage)
    assert contents.Contents().sha256(file) == sha256(file)


def test_files_that_are_gone_are_forgotten(file):
    known = contents.Contents()
    known.sha256(file)
    os.remove(file)
    known.remember()
    assert contents.Contents().known == {}
