"""The module that carries Snakemake's records, without running Snakemake: which file is trusted, and which is not."""

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import records  # noqa: E402
from react_tad.files import sha256  # noqa: E402

MADE = "results/toy/metrics/full/seed0.json"
READ = "results/toy/detections/full/seed0.json"
RECORDS = Path("results/toy/records/evaluate.json")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder where a job read READ and made MADE, as Snakemake would have recorded it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    for path in (READ, MADE):
        Path(path).parent.mkdir(parents=True)
        Path(path).write_text(path)
    remember(READ, "suppress_duplicates", {})
    remember(MADE, "evaluate_detections", {READ: f"sha256:{sha256(READ)}"})
    records.write_records()
    return tmp_path


def remember(path: str, rule: str, checksums: dict[str, str]) -> None:
    record = {"rule": rule, "record_format_version": 6, "params": ["'0.2'"], "input_checksums": checksums}
    records.Store().write(path, record, os.stat(path).st_mtime)


def is_old(path: str) -> bool:
    return os.stat(path).st_mtime_ns < records.LONG_AGO


def forget_everything_local() -> None:
    """As in a fresh clone: the files with new dates, no records but those that travelled."""
    for path in records.Store().outputs():
        records.Store().forget(path)
    records.Travelled().note.unlink()
    for path in (READ, MADE):
        os.utime(path)


def test_a_file_as_its_job_left_it_is_left_alone(folder):
    before = os.stat(MADE).st_mtime_ns
    records.prepare()
    assert os.stat(MADE).st_mtime_ns == before
    assert records.Store().read(MADE)["params"] == ["'0.2'"]


def test_an_edited_file_loses_its_record_and_its_date(folder):
    Path(MADE).write_text("edited")
    records.prepare()
    assert records.Store().read(MADE) is None
    assert is_old(MADE) and not is_old(READ)


def test_records_that_travelled_are_taken_over_for_the_content_they_speak_of(folder):
    forget_everything_local()
    Path(READ).write_text("not what the record says")
    records.prepare()
    assert records.Store().read(READ) is None
    taken = records.Store().read(MADE)
    assert taken["rule"] == "evaluate_detections"
    assert taken["endtime"] == os.stat(MADE).st_mtime
    assert is_old(MADE)  # its input is another one now


def test_an_input_that_differs_is_seen_whatever_its_date_and_forgotten_when_it_is_back(folder):
    content, stat = Path(READ).read_text(), os.stat(READ)
    Path(READ).write_text("other")
    os.utime(READ, ns=(stat.st_atime_ns, stat.st_mtime_ns - 10**12))
    records.prepare()
    assert is_old(MADE)
    assert records.Store().read(MADE) is not None
    dated = os.stat(MADE).st_mtime_ns
    records.prepare()
    assert os.stat(MADE).st_mtime_ns == dated
    Path(READ).write_text(content)
    records.prepare()
    assert records.Store().read(MADE)["endtime"] == os.stat(MADE).st_mtime


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"jobs": 3}', '{"jobs": [{"record": 1, "outputs": {}}]}'])
def test_damaged_records_mean_made_anew(folder, damage):
    forget_everything_local()
    RECORDS.write_text(damage)
    records.prepare()
    assert records.Store().read(MADE) is None
    assert is_old(MADE)
    assert records.Store().read(READ) is not None


def test_a_record_of_another_format_is_not_used(folder):
    forget_everything_local()
    RECORDS.write_text(RECORDS.read_text().replace('"record_format_version": 6', '"record_format_version": 7'))
    records.prepare()
    assert records.Store().read(MADE) is None


def test_another_format_of_snakemake_is_refused(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "RECORD_FORMAT_VERSION", 7)
    with pytest.raises(records.WorkflowError, match=r"requirements\.txt"):
        records.prepare()


def test_records_brought_by_dvc_win_over_the_folders_own(folder):
    """After a checkout DVC leaves a file of equal content as it is, though other parameters made it."""
    brought = json.loads(RECORDS.read_text())
    brought["jobs"][0]["record"]["params"] = ["'0.3'"]
    RECORDS.write_text(json.dumps(brought))
    records.prepare()
    assert records.Store().read(MADE)["params"] == ["'0.3'"]


def test_own_records_win_over_those_not_written_again_yet(folder):
    Path(MADE).write_text(MADE)
    record = records.Store().read(MADE) | {"params": ["'0.3'"]}
    records.Store().write(MADE, record, os.stat(MADE).st_mtime)
    records.prepare()
    assert records.Store().read(MADE)["params"] == ["'0.3'"]


def test_equal_results_have_equal_records(folder):
    before = RECORDS.read_bytes()
    Path(MADE).write_text(MADE)
    remember(MADE, "evaluate_detections", {READ: f"sha256:{sha256(READ)}"})
    records.write_records()
    assert RECORDS.read_bytes() == before


def test_inside_a_dvc_stage_only_its_own_records_are_written(folder, monkeypatch):
    suppressed = Path("results/toy/records/suppress.json")
    suppressed.unlink()
    RECORDS.unlink()
    monkeypatch.setenv("DVC_STAGE", "dvc.yaml:evaluate")
    records.prepare()  # even where nothing is to be done
    assert RECORDS.exists() and not suppressed.exists()


def test_a_job_is_not_trusted_when_its_source_was_edited_while_it_ran(folder):
    """Snakemake records the edited file, though the job had read the one before."""
    source = Path("src/pack.py")
    source.parent.mkdir()
    source.write_text("before")
    records.prepare()
    Path(MADE).write_text("made by the source as it was before")
    source.write_text("after")
    remember(MADE, "evaluate_detections", {str(source): f"sha256:{sha256(source)}"})
    records.write_records()
    assert sha256(MADE) not in RECORDS.read_text()
    records.prepare()
    assert records.Store().read(MADE) is None
    assert is_old(MADE)
    assert records.Store().read(READ) is not None


def test_nothing_is_touched_while_a_run_goes_on(folder):
    Path(".snakemake/locks").mkdir(exist_ok=True)
    Path(".snakemake/locks/0.output.lock").write_text(f"{MADE}\n")
    Path(MADE).write_text("edited")
    records.prepare()
    assert not is_old(MADE)
