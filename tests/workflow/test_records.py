"""The module that carries Snakemake's records, without running Snakemake: which file is trusted, and which is not."""

import json
import os
import sys
from pathlib import Path

import pytest
from snakemake.exceptions import WorkflowError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import job_records  # noqa: E402
import records  # noqa: E402
from contents import LONG_AGO  # noqa: E402
from job_records import Store, Travelled  # noqa: E402
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
    Store().write(path, record, sha256(path), os.stat(path).st_mtime)


def prepare() -> None:
    """What a start of Snakemake does, where two rules make the two files."""
    records.prepare(lambda path: path in (READ, MADE))


def is_old(path: str) -> bool:
    return os.stat(path).st_mtime_ns < LONG_AGO


def forget_everything_local() -> None:
    """As in a fresh clone: the files with new dates, no records but those that travelled."""
    for path in Store().outputs():
        Store().forget(path)
    Travelled().note.unlink()
    for path in (READ, MADE):
        os.utime(path)


def test_a_file_as_its_job_left_it_is_left_alone(folder):
    before = os.stat(MADE).st_mtime_ns
    prepare()
    assert os.stat(MADE).st_mtime_ns == before
    assert Store().read(MADE)["params"] == ["'0.2'"]


def test_an_edited_file_loses_its_record_and_its_date(folder):
    Path(MADE).write_text("edited")
    prepare()
    assert Store().read(MADE) is None
    assert is_old(MADE) and not is_old(READ)


def test_records_that_travelled_are_taken_over_for_the_content_they_speak_of(folder):
    forget_everything_local()
    Path(READ).write_text("not what the record says")
    prepare()
    assert Store().read(READ) is None
    taken = Store().read(MADE)
    assert taken["rule"] == "evaluate_detections"
    assert taken["endtime"] == os.stat(MADE).st_mtime
    assert is_old(MADE)  # its input is another one now


def test_an_input_that_differs_is_seen_whatever_its_date_and_forgotten_when_it_is_back(folder):
    content, stat = Path(READ).read_text(), os.stat(READ)
    Path(READ).write_text("other")
    os.utime(READ, ns=(stat.st_atime_ns, stat.st_mtime_ns - 10**12))
    prepare()
    assert is_old(MADE)
    assert Store().read(MADE) is not None
    dated = os.stat(MADE).st_mtime_ns
    prepare()
    assert os.stat(MADE).st_mtime_ns == dated
    Path(READ).write_text(content)
    prepare()
    assert Store().read(MADE)["endtime"] == os.stat(MADE).st_mtime


def change_but_keep_the_dates(path: str) -> None:
    """Another content of the same size, with the date of modification set back."""
    stat = os.stat(path)
    Path(path).write_text("x" * stat.st_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_change_is_seen_though_the_date_is_as_before(folder):
    prepare()
    change_but_keep_the_dates(MADE)
    prepare()
    assert Store().read(MADE) is None
    assert is_old(MADE) and not is_old(READ)


def test_what_was_made_anew_is_trusted_though_it_is_another_than_before(folder):
    """Snakemake drops what this module added to a record when the next job writes it."""
    prepare()
    Path(MADE).write_text("made anew")
    record = {key: value for key, value in Store().read(MADE).items() if key != job_records.LEFT}
    Store().files._io_write(Store().folder, record | {"endtime": os.stat(MADE).st_mtime}, MADE)
    prepare()
    assert Store().read(MADE)[job_records.LEFT] == sha256(MADE)
    change_but_keep_the_dates(MADE)
    prepare()
    assert is_old(MADE)


def test_a_file_without_a_record_is_older_than_sources_of_1970(folder):
    """As archives, and images of containers, that are the same at each build date them."""
    source = Path("src/pack.py")
    source.parent.mkdir()
    source.write_text("")
    os.utime(source, (1, 1))
    Store().forget(MADE)
    RECORDS.unlink()
    prepare()
    assert os.stat(MADE).st_mtime < 1


def test_an_output_is_older_than_an_input_that_differs_whatever_date_it_has(folder):
    Path(READ).write_text("other")
    os.utime(READ, (10, 10))
    remember(READ, "suppress_duplicates", {})
    prepare()
    assert os.stat(MADE).st_mtime < 10


def test_what_no_rule_makes_is_let_alone(folder):
    own = Path("results/toy/notes.txt")
    own.write_text("mine")
    records.prepare(lambda path: False)
    prepare()
    assert not is_old(str(own))


@pytest.mark.parametrize("place", ["/etc/hostname", "../other/file", "results/../../file", "data"])
def test_records_that_travelled_speak_of_outputs_only(folder, place):
    forget_everything_local()
    RECORDS.write_text(RECORDS.read_text().replace(MADE, place))
    assert place not in Travelled().records


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_something_else_in_the_place_of_an_output_is_an_error(folder, what):
    os.remove(MADE)
    os.mkdir(MADE) if what == "folder" else os.mkfifo(MADE)
    with pytest.raises(WorkflowError, match=f"{MADE} is .* a file should be there"):
        prepare()


def test_a_file_that_cannot_be_read_is_named(folder):
    """Also for the superuser, who reads what others may not."""
    os.remove(MADE)
    os.symlink("/proc/self/mem", MADE)
    with pytest.raises(WorkflowError, match=f"{MADE} cannot be read"):
        prepare()


@pytest.mark.parametrize("of", ["results", "results/toy", "results/toy/metrics/full", MADE])
def test_behind_links_changes_are_seen(folder, of, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    Path(of).rename(elsewhere)
    Path(of).symlink_to(elsewhere)
    prepare()
    assert Store().read(MADE) is not None and not is_old(MADE)
    Path(MADE).write_text("edited")
    prepare()
    assert Store().read(MADE) is None
    assert os.lstat(MADE).st_mtime_ns < LONG_AGO


@pytest.mark.parametrize("of", ["results/toy", "results/toy/metrics", MADE])
def test_links_that_lead_nowhere_are_named(folder, of):
    Path(of).rename("away")
    Path(of).symlink_to("/nowhere/to/be/found")
    with pytest.raises(WorkflowError, match=f"{of} is a link to /nowhere/to/be/found, which is not there"):
        prepare()


def test_links_that_lead_back_end(folder):
    Path("results/toy/again").symlink_to(folder / "results")
    prepare()
    assert Store().read(MADE) is not None


def test_after_a_failure_checksums_are_taken(folder):
    """What was made before is verified by its content from then on."""
    record = {key: value for key, value in Store().read(MADE).items() if key != job_records.LEFT}
    Store().files._io_write(Store().folder, record, MADE)
    records.after_failure()
    assert Store().read(MADE)[job_records.LEFT] == sha256(MADE)


@pytest.mark.parametrize(
    "damage",
    [
        *("", "{", "[]", "\x00", "[" * 10000, '{"jobs": 3}', '{"jobs": [{"record": 1, "outputs": {}}]}'),
        *('{"jobs": [{"record": {"record_format_version": 6, "params": 3}, "outputs": {}}]}', '{"jobs": [[]]}'),
    ],
)
def test_damaged_records_mean_made_anew(folder, damage):
    forget_everything_local()
    RECORDS.write_text(damage)
    prepare()
    assert Store().read(MADE) is None
    assert is_old(MADE)
    assert Store().read(READ) is not None


@pytest.mark.parametrize(
    "value",
    [
        [],
        3,
        {"input_checksums": {READ: 5}},
        {"params": 3},
        {"params": [3]},
        {"input": 5},
        {"starttime": "x"},
        {"rule": 1},
    ],
)
def test_damaged_records_of_snakemake_mean_made_anew(folder, value):
    """Snakemake itself would end in a traceback."""
    RECORDS.unlink()
    store = Store()
    whole = store.read(MADE) | value if isinstance(value, dict) else value
    store.files._io_write(store.folder, whole, MADE)
    prepare()
    assert is_old(MADE)
    assert store.files._io_read(store.folder, MADE) == {}


def test_a_record_of_another_format_is_not_used(folder):
    forget_everything_local()
    RECORDS.write_text(RECORDS.read_text().replace('"record_format_version": 6', '"record_format_version": 7'))
    prepare()
    assert Store().read(MADE) is None


def test_another_format_of_snakemake_is_refused(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(job_records, "RECORD_FORMAT_VERSION", 7)
    with pytest.raises(WorkflowError, match=r"requirements\.txt"):
        prepare()


def test_records_brought_by_dvc_win_over_the_folders_own(folder):
    """After a checkout DVC leaves a file of equal content as it is, though other parameters made it."""
    brought = json.loads(RECORDS.read_text())
    brought["jobs"][0]["record"]["params"] = ["'0.3'"]
    RECORDS.write_text(json.dumps(brought))
    prepare()
    assert Store().read(MADE)["params"] == ["'0.3'"]


def test_own_records_win_over_those_not_written_again_yet(folder):
    Path(MADE).write_text(MADE)
    record = Store().read(MADE) | {"params": ["'0.3'"]}
    Store().write(MADE, record, sha256(MADE), os.stat(MADE).st_mtime)
    prepare()
    assert Store().read(MADE)["params"] == ["'0.3'"]


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
    prepare()  # even where nothing is to be done
    assert RECORDS.exists() and not suppressed.exists()


def test_nothing_is_touched_while_a_run_goes_on(folder):
    Path(".snakemake/locks").mkdir(exist_ok=True)
    Path(".snakemake/locks/0.output.lock").write_text(f"{MADE}\n")
    Path(MADE).write_text("edited")
    prepare()
    assert not is_old(MADE)
