"""From what Snakemake logs to what is shown: on a terminal a display, elsewhere a line a job."""

import datetime
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from logging import WARNING, LogRecord
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_react_tad import sentences
from snakemake_logger_plugin_react_tad.jobs import Job, Run, family
from snakemake_logger_plugin_react_tad.progress import bars_and_lines, progress_of, warnings, was_written, whole_text
from snakemake_logger_plugin_react_tad.screen import drawn
from snakemake_logger_plugin_react_tad.time_left import LONG

BEGINNING = "Building DAG of jobs"
LEFT_OUT = re.compile(
    f"{BEGINNING}|Assuming unrestricted shared filesystem|Using shell|Conda environments: ignored|"
    "Singularity containers: ignored|Group jobs: inactive|Select jobs to execute|Processed [0-9]+ potential jobs|"
    "Updating checkpoint dependencies|Elapsed time|Shutting down, this might|Exiting because a job execution failed|"
    "Job [0-9]+ has been submitted|Storing output in storage|"
    r"RuleException:\s+CalledProcessError in file|WorkflowError:\s+At least one job did not complete successfully"
)
"""What Snakemake says in every run. It is in its log; everything else is shown."""
WITHOUT_WORDS = {
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.SHELLCMD, LogEvent.JOB_STARTED, LogEvent.PROGRESS),
    *(LogEvent.GROUP_INFO, LogEvent.RULEGRAPH, LogEvent.DEBUG_DAG),
}
"""Events that say nothing that is not shown otherwise."""
COMPLETE_LOG = re.compile(r"Complete log\(s\): (.*)")
SECONDS_BETWEEN_LOOKS = 1.0
"""At the logs of jobs that run."""


Line = tuple[str, str]
"""A text and the style that it is printed in."""


class Show:
    """Shows a run on ``stream``: a display that is drawn again and again if ``live``, else lines.

    What is known of the run is changed and drawn under a lock, which is not held while anything is printed: printing
    waits for the thread that draws.
    """

    def __init__(self, stream: TextIO, *, live: bool, color: bool = True):
        self.console = Console(
            file=stream, force_terminal=live, no_color=not color, highlight=False, markup=False, emoji=False
        )
        self.run, self.lock, self.looked = Run(), threading.Lock(), 0.0
        self.live = None
        if live and not self.console.is_dumb_terminal:
            self.live = Live(
                get_renderable=self.drawn,
                console=self.console,
                refresh_per_second=2,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )

    def drawn(self) -> RenderableType:
        """The display as it is now. The logs of the jobs that run are read once a second."""
        with self.lock:
            now = time.monotonic()
            self.run.pass_time(now)
            if now - self.looked >= SECONDS_BETWEEN_LOOKS:
                self.looked = now
                for job in self.run.running.values():
                    look_at(job)
            return drawn(self.run, now, self.console.size, datetime.datetime.now())

    def emit(self, record: LogRecord) -> None:
        """Show a record."""
        if self.live and record.getMessage().startswith(BEGINNING):
            self.live.start()
        with self.lock:
            lines = list(self.take(getattr(record, "event", None), record, vars(record)))
        self.say(lines)

    def say(self, lines: Sequence[Line]) -> None:
        """Print lines, above the display if there is one. They are not broken, so that they can be copied."""
        if lines:
            self.console.print(Text("\n").join(Text(text, style=style) for text, style in lines), soft_wrap=True)

    def take(self, event: LogEvent | None, record: LogRecord, said: dict[str, Any]) -> Iterator[Line]:
        """Take note of an event; gives what is to be said of it."""
        now = time.monotonic()
        if event is LogEvent.RUN_INFO and said.get("stats"):
            self.run.plan(said["stats"], now)
            if not self.live:
                yield sentences.plan(self.run), ""
        elif event is LogEvent.JOB_INFO:
            yield from self.begin(said, now)
        elif event is LogEvent.JOB_FINISHED:
            yield from self.finish(said["job_id"], now)
        elif event is LogEvent.JOB_ERROR:
            yield from self.fail(said, now)
        elif event not in WITHOUT_WORDS:
            yield from self.pass_on(record)

    def begin(self, said: dict[str, Any], now: float) -> Iterator[Line]:
        """A job begins."""
        job = Job(
            rule=said["rule_name"],
            wildcards={name: str(value) for name, value in said["wildcards"].items()},
            logs=tuple(map(str, said["log"])),
            outputs=tuple(map(str, said["output"])),
            started=now,
            began=time.time(),
        )
        self.run.start(said["jobid"], job)
        if not self.live and family(job.rule) == LONG:
            yield sentences.begun(self.run, job), ""

    def finish(self, number: int, now: float) -> Iterator[Line]:
        """A job ended well."""
        if number in self.run.running:
            look_at(self.run.running[number])
        job = self.run.finish(number, now)
        if job is None:
            return
        if not self.live and (job.outputs or job.logs):
            yield sentences.ended(self.run, job, now), ""
        for log in job.logs:
            yield from ((f"{job.name}: {line}", "yellow") for line in warnings(log))
        if not job.outputs:  # such a job is asked for what it says
            for log in job.logs:
                yield from ((line, "") for line in whole_text(log).splitlines())

    def fail(self, said: dict[str, Any], now: float) -> Iterator[Line]:
        """A job failed."""
        job = self.run.fail(said["jobid"], now)
        first, *rest = sentences.failure(
            job.name if job else said["rule_name"],
            said.get("rule_msg") or "",
            logs=list(map(str, said["log"])),
            command=(said.get("shellcmd") or "").strip(),
            details=[f"{key}: {value}" for key, value in (said.get("aux") or {}).items()],
        )
        yield first, "bold red"
        yield from ((line, "") for line in rest)

    def pass_on(self, record: LogRecord) -> Iterator[Line]:
        """Say what Snakemake says, unless it says that every time."""
        from snakemake.logging import DefaultFormatter

        text = DefaultFormatter().format(record) or ""
        if found := COMPLETE_LOG.match(text):
            self.run.log = ", ".join(map(os.path.relpath, found[1].split(", ")))
        elif text not in ("", "None") and not LEFT_OUT.match(text):
            yield text, "red" if record.levelno > WARNING else "yellow" if record.levelno == WARNING else ""

    def close(self) -> None:
        """End the display, and say how the run ended."""
        if self.live:
            self.live.stop()
        if self.run.began is not None:
            self.say([(line, "") for line in sentences.summary(self.run, time.monotonic())])
            self.run.began = None


def look_at(job: Job) -> None:
    """See how far a job is by its first log."""
    if job.logs and was_written(job.logs[0], job.began):
        job.writes = True
        job.see(progress_of(bars_and_lines(job.logs[0])))
