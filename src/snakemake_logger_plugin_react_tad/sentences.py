"""What is said of a run in plain text."""

from collections.abc import Iterator, Sequence

from snakemake_logger_plugin_react_tad.jobs import Job, Run
from snakemake_logger_plugin_react_tad.progress import last_lines

LAST_LINES = 10
"""Of the log of a job that failed."""


def duration(seconds: float) -> str:
    """Seconds for readers: ``41 s``, ``4 min 10 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def about(seconds: float) -> str:
    """The same in round numbers, for what is only estimated."""
    if seconds < 60:
        return "less than a minute"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600, 1):g} h"


def counted(count: int, word: str) -> str:
    """``1 job``, ``2 jobs``."""
    return f"{count} {word}" + "s" * (count != 1)


def plan(run: Run) -> str:
    """What there is to do."""
    rules = ", ".join(f"{count} {rule}" for rule, count in run.planned.items() if rule != "all")
    return f"{counted(run.total, 'job')} to do: {rules}"


def numbered(run: Run, text: str) -> str:
    """``text`` behind how many jobs are done: ``[ 12/310] ...``."""
    return f"[{run.done:{len(str(run.total))}}/{run.total}] {text}"


def begun(run: Run, job: Job) -> str:
    """That a job began."""
    return numbered(run, f"{job.name} begins, log: {', '.join(job.logs)}")


def ended(run: Run, job: Job, now: float) -> str:
    """That a job ended well."""
    said = job.progress.words if job.progress and job.progress.epoch else ""
    return numbered(run, ": ".join([job.name, ", ".join(filter(None, [duration(now - job.started), said]))]))


def failure(name: str, message: str, logs: Sequence[str], command: str, details: Sequence[str] = ()) -> Iterator[str]:
    """A job that failed: what it was, its command, and the last lines of its logs."""
    yield f"{name} failed" + (f": {message}" if message else "")
    if command:
        yield f"  command: {command}"
    yield from (f"  {detail}" for detail in details)
    for log in logs:
        lines = last_lines(log, LAST_LINES)
        yield f"  log: {log}" + (", which ends" if lines else ", which is empty")
        yield from (f"    {line}" for line in lines)


def summary(run: Run, now: float) -> Iterator[str]:
    """How a run ended: three lines."""
    took = duration(now - (run.began if run.began is not None else now))
    if run.failed:
        names = ", ".join(job.name for job in run.failed.values())
        yield f"{run.done} of {counted(run.total, 'job')} done in {took}; failed: {names}"
    elif run.done < run.total:
        yield f"{run.done} of {counted(run.total, 'job')} done in {took}; stopped before the end"
    else:
        yield f"{counted(run.total, 'job')} done in {took}"
    if run.places:
        yield f"results: {', '.join(run.places)}"
    if run.log:
        yield f"log with all commands: {run.log}"
