"""When a run will end, from what its jobs took so far.

Jobs that run together slow each other down, so a job is counted with its share of the run's time: the shares of all
jobs make up the time that the run takes.
"""

from statistics import fmean, median

from snakemake_logger_plugin_react_tad.jobs import Job, Run, family

LONG = "train_network"
"""What takes most of the time. Nothing is said before one of them is known."""
EVEN_STAGE = "detector"
"""The stage of a training whose epochs take equal times; those before it are shorter."""


def seconds_left(run: Run) -> float | None:
    """Seconds until the end; ``None`` while too little is known."""
    known = {name: fmean(shares) for name, shares in run.shares.items()}
    for job in run.running.values():
        whole = whole_share(job)
        if whole is not None:
            known.setdefault(family(job.rule), whole)
    left = list(run.left())
    if not known or any(family(rule) == LONG and LONG not in known for rule, _ in left):
        return None
    usual = median(known.values())
    seconds = sum(count * known.get(family(rule), usual) for rule, count in left)
    for job in run.running.values():
        if family(job.rule) == LONG and LONG not in known:
            return None
        whole = known.get(family(job.rule), usual)
        of_epochs = job.progress is not None and job.progress.epoch is not None
        seconds += whole * (1 - job.progress.part) if of_epochs else max(0.0, whole - job.share)
    return seconds


def whole_share(job: Job) -> float | None:
    """The share that a training will have taken at its end, from how far it is."""
    progress = job.progress
    if progress is None or progress.epoch is None or progress.text != EVEN_STAGE:
        return None
    here = progress.part - job.went_on_at
    return job.share / here if here > 0 else None
