"""From records, as Snakemake logs them, to lines; Snakemake's own checks of a logger plugin."""

import io
import logging
import os
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import TestLogHandlerBase as SnakemakesChecks

from snakemake_logger_plugin_react_tad import LogHandler, LogHandlerSettings
from snakemake_logger_plugin_react_tad.show import Show


class TestAsSnakemakeAsks(SnakemakesChecks):
    __test__ = True

    def get_log_handler_cls(self):
        return LogHandler

    def get_log_handler_settings(self):
        return LogHandlerSettings()


class Told:
    """A run that is told to a :class:`Show`, which writes to a file."""

    def __init__(self, *, live: bool = False):
        self.stream = io.StringIO()
        self.show = Show(self.stream, live=live)

    def record(self, event: LogEvent | None = None, msg: str | None = None, level: int = logging.INFO, **more):
        record = logging.LogRecord("snakemake", level, "", 0, msg, (), None)
        record.__dict__.update(more, **({"event": event} if event else {}))
        self.show.emit(record)

    def begin(self, number: int, rule: str, log: str, output=("results/toy/x/y.json",), **wildcards):
        more = {"wildcards": {"dataset": "toy", **wildcards}, "log": [log], "output": list(output)}
        self.record(LogEvent.JOB_INFO, jobid=number, rule_name=rule, shellcmd="react-tad ...", **more)

    def end(self, number: int):
        self.record(LogEvent.JOB_FINISHED, f"Finished jobid: {number}", job_id=number)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def told() -> Told:
    told = Told()
    told.record(LogEvent.RUN_INFO, "Job stats:", stats={"train_network": 1, "draw_ap": 1, "all": 1, "total": 3})
    return told


def test_a_line_a_job(told, tmp_path):
    log = tmp_path / "train.txt"
    told.begin(1, "train_network", str(log), variant="full", seed="0")
    log.write_text("\rdetector 6/6: 100%|####| 9/9 [00:01<00:00, 5.00step/s, total=1.5, l1=0.2]\n")
    told.end(1)
    told.begin(2, "draw_ap", str(tmp_path / "none.txt"), variant="full")
    told.end(2)
    told.begin(3, "all", "", output=())
    told.record(LogEvent.PROGRESS, done=2, total=3)
    assert told.lines == [
        "3 jobs to do: 1 train_network, 1 draw_ap",
        f"[0/3] train_network (full, seed 0) begins, log: {log}",
        "[1/3] train_network (full, seed 0): 0 s, epoch 6/6, loss 1.5",
        "[2/3] draw_ap (full): 0 s",
    ]


def test_a_log_of_an_earlier_run_says_nothing(told, tmp_path):
    log = tmp_path / "train.txt"
    log.write_text("\rdetector 6/6: 100%|####| 9/9 [00:01<00:00, 5.00step/s, total=1.5, l1=0.2]\n")
    os.utime(log, (0, 0))
    told.begin(1, "train_network", str(log), variant="full", seed="0")
    told.show.drawn()
    assert told.show.run.running[1].progress is None
    os.utime(log)
    told.show.looked = 0.0
    told.show.drawn()
    assert told.show.run.running[1].progress.epoch == 6


def test_how_it_ended(told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        told.begin(number, "draw_ap", "", output=("results/toy/a/b.svg", "data/toy/c"))
        told.end(number)
    told.record(None, f"Complete log(s): {tmp_path / 'x.log'}")
    told.record(None, "Elapsed time: 0:00:01.123")
    told.show.close()
    told.show.close()
    assert told.lines[-3:] == ["3 jobs done in 0 s", "results: results/toy, data/toy", "log with all commands: x.log"]


def test_a_failure_shows_the_end_of_its_log(told, tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("".join(f"line {number}\n" for number in range(30)) + "react-tad draw: it is wrong\n")
    told.begin(7, "draw_ap", str(log), variant="full")
    error = {"rule_name": "draw_ap", "jobid": 7, "log": [str(log)], "shellcmd": "  react-tad draw", "aux": {}}
    told.record(None, 'RuleException:\nCalledProcessError in file "a.smk", line 3:\nCommand', logging.ERROR)
    told.record(LogEvent.JOB_ERROR, "Error", logging.ERROR, rule_msg=None, **error)
    told.record(None, "WorkflowError:\nAt least one job did not complete successfully.", logging.ERROR)
    told.show.close()
    assert told.lines[1:] == [
        "draw_ap (full) failed",
        "  command: react-tad draw",
        f"  log: {log}, which ends",
        *(f"    line {number}" for number in range(21, 30)),
        "    react-tad draw: it is wrong",
        "0 of 3 jobs done in 0 s; failed: draw_ap (full)",
    ]


def test_a_job_that_is_tried_again_has_not_failed(told, tmp_path):
    for number in range(3):
        told.begin(number, "draw_ap", "")
        error = {"rule_name": "draw_ap", "jobid": number, "log": [], "shellcmd": None, "aux": {"jobid": "17"}}
        told.record(LogEvent.JOB_ERROR, "Error", logging.ERROR, rule_msg="the node is gone", **error)
        told.begin(number, "draw_ap", "")
        told.end(number)
    told.show.close()
    assert told.lines[1:3] == ["draw_ap failed: the node is gone", "  jobid: 17"]
    assert "3 jobs done in 0 s" in told.lines


def test_a_run_that_is_stopped(told):
    told.show.close()
    assert told.lines[-1] == "0 of 3 jobs done in 0 s; stopped before the end"


def test_warnings_of_a_job_are_shown(told, tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("counts\nwarning: class 'wave' is in no training recording\n")
    told.begin(1, "fetch_own_recordings", str(log), split="test")
    told.end(1)
    assert told.lines[-1] == "fetch_own_recordings (test): warning: class 'wave' is in no training recording"


def test_a_job_that_makes_nothing_is_asked_for_what_it_says(told, tmp_path):
    (tmp_path / "log.txt").write_text("| a | b |\n| 1 | 2 |\n")
    told.begin(1, "pretrained", str(tmp_path / "log.txt"), output=())
    told.end(1)
    assert told.lines[-2:] == ["| a | b |", "| 1 | 2 |"]


def test_what_snakemake_says_is_shown_unless_it_says_it_always(told):
    told.record(None, "Building DAG of jobs...")
    told.record(None, "Select jobs to execute...")
    told.record(None, "Nothing to be done (all requested files are present and up to date).")
    told.record(None, "dvc.lock is left as it is: " + "x" * 300, logging.WARNING)
    told.record(LogEvent.ERROR, "WorkflowError:\nparams.yaml: no", logging.ERROR, exception="WorkflowError")
    told.record(LogEvent.SHELLCMD, "Shell command", cmd="react-tad")
    assert told.lines[1:] == [
        "Nothing to be done (all requested files are present and up to date).",
        "dvc.lock is left as it is: " + "x" * 300,
        "WorkflowError:",
        "params.yaml: no",
    ]


def test_on_a_terminal_a_job_is_a_line_only_while_it_runs(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    told = Told(live=True)
    told.record(None, "Building DAG of jobs...")
    told.record(LogEvent.RUN_INFO, "Job stats:", stats={"draw_ap": 1, "total": 1})
    told.begin(1, "draw_ap", "none.txt", variant="full")
    told.show.live.refresh()
    told.end(1)
    told.show.live.refresh()
    told.show.close()
    written = told.stream.getvalue()
    assert written.index("full") < written.index("1 of 1 job") < written.index("1 job done in 0 s")
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l"), "the cursor is there again"


@pytest.mark.parametrize("how", ["dryrun", "verbose", "debug_dag", "quiet"])
def test_snakemakes_own_text_where_it_is_asked_for(how):
    common = {"stdout": False, "nocolor": True, "quiet": None, "show_failed_logs": True}
    switches = dict.fromkeys(("dryrun", "verbose", "debug_dag"), False)
    common = SimpleNamespace(**(common | switches | {how: {"rules"} if how == "quiet" else True}))
    assert type(LogHandler(common, LogHandlerSettings()).shown_by).__name__ == "ColorizingTextHandler"


def test_a_wrong_style_is_refused():
    common = SimpleNamespace(stdout=False)
    with pytest.raises(ValueError, match="style fancy: should be one of auto, lines, snakemake"):
        LogHandler(common, LogHandlerSettings(style="fancy"))
