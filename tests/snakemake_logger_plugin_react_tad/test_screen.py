"""The display, as text of a terminal."""

import datetime
import io

import pytest
from rich.console import Console

from snakemake_logger_plugin_react_tad.jobs import Job, Run
from snakemake_logger_plugin_react_tad.progress import Progress
from snakemake_logger_plugin_react_tad.screen import drawn
from snakemake_logger_plugin_react_tad.sentences import about, duration

NOON = datetime.datetime(2022, 10, 23, 12, 0)


def text(run: Run, now: float, *, height: int = 40, width: int = 120) -> list[str]:
    """The lines of the display."""
    console = Console(file=io.StringIO(), width=width, height=height, record=True, force_terminal=True)
    console.print(drawn(run, now, (width, height), NOON))
    return [line.rstrip() for line in console.export_text().splitlines()]


@pytest.fixture
def run() -> Run:
    """Eight minutes of a run: one training of 100 s is over, one is at its half."""
    run = Run()
    run.plan({"train_network": 3, "all": 1, "total": 4}, 0.0)
    run.start(1, job("train_network", 0.0, variant="full", seed="0"))
    run.finish(1, 100.0)
    run.start(2, job("train_network", 100.0, variant="plain", seed="1"))
    run.running[2].see(Progress("detector", 0.5, 4, 6, "3.21"))
    run.pass_time(150.0)
    return run


def job(rule: str, started: float, **wildcards: str) -> Job:
    return Job(rule, {"dataset": "toy", **wildcards}, (), (), started)


def test_one_look(run):
    first, second = text(run, 150.0)
    assert first == "train_network  plain, seed 1  epoch 4/6, loss 3.21  50 s"
    bar, said = second.split(" ", 1)
    assert set(bar) <= set("━╸╺") and len(bar) == 30
    assert said == "1 of 4 jobs, 2 min 30 s gone, about 4 min left, ends at 12:04"  # 50 + 100 + 100 for `all`


def test_a_job_that_has_no_room_yet(run):
    run.start(3, Job("detect_segments", {}, ("log.txt",), (), 145.0))
    assert text(run, 149.0)[1].split() == ["detect_segments", "4", "s"]
    assert text(run, 155.0)[1].split() == ["detect_segments", "waiting", "10", "s"]
    run.running[3].writes = True
    assert text(run, 155.0)[1].split() == ["detect_segments", "10", "s"]


def test_before_and_after(run):
    assert text(Run(), 3.0) == ["looking what there is to do ..."]
    run.plan({"all": 1}, 0.0)
    run.running.clear()
    run.finished.clear()
    run.start(9, job("all", 0.0))
    run.finish(9, 1.0)
    assert text(run, 2.0)[-1].endswith("1 of 1 job, 2 s gone, keeping records")


def test_failures_are_counted(run):
    run.fail(2, 160.0)
    assert "1 of 4 jobs, 1 failed, 2 min 50 s gone" in text(run, 170.0)[-1]


def test_more_jobs_than_lines(run):
    for number in range(10, 70):
        run.start(number, job("detect_segments", 150.0, variant=f"v{number}", seed="0"))
    lines = text(run, 150.0, height=10)
    assert len(lines) == 8
    assert lines[0].startswith("train_network") and lines[-2] == "and 55 more"
    assert "1 of 4 jobs" in lines[-1]


def test_the_end_is_said_on_80_columns(run):
    run.plan({"train_network": 310, "all": 1}, 0.0)
    assert text(run, 150.0, width=80)[-1].endswith(" left, ends at 20:35")  # 50 + 309 * 100 s from noon


def test_a_narrow_terminal_has_no_line_more(run):
    assert len(text(run, 150.0, width=40)) == 2


def test_names_are_no_markup(run):
    run.start(3, job("train_network", 150.0, variant="[red]odd[/red]", seed="0"))
    assert "[red]odd[/red], seed 0" in text(run, 150.0)[1]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (250, "4 min 10 s"),
        (3600, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (100, "about 2 min"),
        (3500, "about 58 min"),
        (5400, "about 1.5 h"),
        (7200, "about 2 h"),
    ],
)
def test_estimates_are_round(seconds, words):
    assert about(seconds) == words
