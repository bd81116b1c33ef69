"""The display on a terminal: a line for each job that runs, and below a bar for the whole."""

import datetime

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from snakemake_logger_plugin_react_tad.jobs import Job, Run
from snakemake_logger_plugin_react_tad.sentences import about, counted, duration
from snakemake_logger_plugin_react_tad.time_left import seconds_left

BAR = 30
"""Columns, where there are as many beside the words."""
NARROW_BAR = 8
SECONDS_TO_BEGIN = 5
"""Within which a job that has room begins its log."""


def drawn(run: Run, now: float, size: tuple[int, int], clock: datetime.datetime) -> RenderableType:
    """What is shown of a run at ``now``, a time of the run's clock, and ``clock``, the time of day.

    ``size`` is columns and lines of the terminal.
    """
    if run.began is None:
        return Text("looking what there is to do ...", style="dim")
    columns, lines = size
    return Group(running(run, now, max(1, lines - 3)), whole(run, now, clock, columns))


def whole(run: Run, now: float, clock: datetime.datetime, columns: int) -> RenderableType:
    """The bar of the whole run, and when it will end."""
    words = [f"{run.done} of {counted(run.total, 'job')}", f"{duration(now - run.began)} gone"]
    if run.failed:
        words.insert(1, f"{len(run.failed)} failed")
    left = seconds_left(run)
    if run.done == run.total:
        words.append("keeping records")
    elif left is not None:
        words.append(f"{about(left)} left, ends at {clock + datetime.timedelta(seconds=left):%H:%M}")
    text = Text(", ".join(words))
    width = max(NARROW_BAR, min(BAR, columns - 1 - len(text)))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=width)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_row(ProgressBar(max(run.total, 1), run.done, width=width), text)
    return grid


def running(run: Run, now: float, most: int) -> RenderableType:
    """A line for each job that runs, the longest first; at most ``most``."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="green")
    grid.add_column(no_wrap=True, justify="right")
    jobs = sorted(run.running.values(), key=lambda job: job.started)
    shown = jobs if len(jobs) <= most else jobs[: most - 1]
    for job in shown:
        grid.add_row(*map(Text, row(job, now)))
    if len(shown) < len(jobs):
        grid.add_row(Text(f"and {len(jobs) - len(shown)} more"))
    return grid


def row(job: Job, now: float) -> tuple[str, str, str, str]:
    """Rule, wildcards, how far it is, since when it runs."""
    seconds = now - job.started
    waits = job.logs and not job.writes and seconds >= SECONDS_TO_BEGIN
    words = job.progress.words if job.progress else "waiting" if waits else ""
    return job.rule, job.about, words, duration(seconds)
