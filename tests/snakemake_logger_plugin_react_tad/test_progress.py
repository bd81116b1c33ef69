"""How far a job is by its log: logs that tqdm itself wrote."""

import io

import pytest
from tqdm import tqdm

from snakemake_logger_plugin_react_tad.progress import Progress, bars_and_lines, last_lines, progress_of, warnings


def bar(text: str, done: int, total: int, losses: dict[str, float] | None = None) -> str:
    """What tqdm writes of a bar at ``done`` of ``total``, as a training has it."""
    stream = io.StringIO()
    with tqdm(total=total, desc=text, unit="step", file=stream, mininterval=0) as drawn:
        drawn.set_postfix({name: f"{value:.3g}" for name, value in (losses or {}).items()}, refresh=False)
        drawn.update(done)
        drawn.refresh()
    return stream.getvalue()


@pytest.fixture
def log(tmp_path):
    def write(text: str):
        path = tmp_path / "log.txt"
        path.write_text(text, encoding="utf-8")
        return progress_of(bars_and_lines(path))

    return write


def test_a_training(log):
    before = bar("detector 2/6", 40, 40, {"total": 4.0, "l1": 0.5})
    progress = log("a line\n" + before + bar("detector 3/6", 10, 40, {"total": 3.5, "l1": 0.25}))
    assert progress == Progress("detector", (2 + 0.25) / 6, 3, 6, "3.5")
    assert progress.words == "epoch 3/6, loss 3.5"


def test_an_epoch_that_just_began_shows_the_loss_of_the_one_before(log):
    progress = log(bar("detector 2/6", 40, 40, {"total": 4.0}) + bar("detector 3/6", 0, 40))
    assert (progress.epoch, progress.part, progress.loss) == (3, 2 / 6, "4")


def test_any_other_bar(log):
    assert log(bar("detect", 30, 40)).words == "detect 75%"
    assert log(bar("checksums of a: b", 30, 40)).words == "checksums of a: b 75%"


def test_what_follows_a_bar_does_not_hide_it(log):
    assert log(bar("detector 6/6", 40, 40, {"total": 4.0}) + "no bar: 3/6\nwritten\n").epoch == 6


@pytest.mark.parametrize("text", ["", "\n", "detector 3/6", "45%", "epoch 3/6 | loss\n", "a | 50 | b\n", "\0\r\r%|"])
def test_no_bar(log, text):
    assert log(text) is None


def test_only_the_end_of_a_long_log_is_read(log):
    assert log("x" * 10**6 + "\n" + bar("detector 3/6", 10, 40, {"total": 3.5})).epoch == 3


def test_a_log_that_is_not_there_or_no_text(tmp_path):
    assert bars_and_lines(tmp_path / "none.txt") == last_lines(tmp_path / "none.txt", 10) == []
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\r\xe2")
    assert progress_of(bars_and_lines(tmp_path / "bytes.txt")) is None
    assert last_lines(tmp_path / "bytes.txt", 10) == ["\ufffd"]


def test_last_lines_have_a_bar_once(tmp_path):
    path = tmp_path / "log.txt"
    lines = [f"line {number}" for number in range(20)]
    path.write_text("\n".join(lines) + "\n\n" + bar("detector 3/6", 10, 40) + "an error\r\n", encoding="utf-8")
    *before, drawn, error = last_lines(path, 5)
    assert before == lines[-3:]
    assert drawn.startswith("detector 3/6:  25%") and error == "an error"


def test_warnings(tmp_path):
    (tmp_path / "log.txt").write_text("first\nwarning: odd\nno warning: here\nWarning: odder\n")
    assert warnings(tmp_path / "log.txt") == ["warning: odd", "Warning: odder"]
    assert warnings(tmp_path / "none.txt") == []
