"""What is known of a run from what Snakemake logs: its jobs, and how much there is to do.

Times are seconds of one clock, given by whoever calls.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from snakemake_logger_plugin_react_tad.progress import Progress


@dataclass
class Job:
    """A job that was started."""

    rule: str
    wildcards: Mapping[str, str]
    logs: tuple[str, ...]
    outputs: tuple[str, ...]
    started: float
    began: float = 0.0
    """The same moment as a file's date: what is in older logs was said in an earlier run."""
    writes: bool = False
    """Whether its log was begun. A job of a cluster waits until there is room for it."""
    progress: Progress | None = None
    """What its log said last."""
    went_on_at: float = 0.0
    """The part of a training that was done before, where it goes on from a checkpoint."""
    share: float = 0.0
    """Seconds of the run that it took, where jobs that run together take equal parts."""

    def see(self, progress: Progress | None) -> None:
        """Take note of what its log says."""
        if progress is not None and progress.epoch is not None and self.progress is None:
            self.went_on_at = (progress.epoch - 1) / progress.epochs
        self.progress = progress or self.progress

    @property
    def about(self) -> str:
        """Its wildcards for readers: ``full, seed 0, fold 3``. The data set is the same for all."""
        own = {name: value for name, value in self.wildcards.items() if name != "dataset"}
        said = [f"{name} {value}" if value.isdigit() else value for name, value in own.items()]
        fold = self.wildcards.get("dataset", "").partition("/folds/")[2]
        return ", ".join([*said, *([f"fold {fold}" if fold.isdigit() else f"{fold} folds"] if fold else [])])

    @property
    def name(self) -> str:
        """Rule and wildcards."""
        return f"{self.rule} ({self.about})" if self.about else self.rule


def family(rule: str) -> str:
    """The rule that a rule is the second name of: ``train_network`` of ``train_study_network``."""
    return rule.replace("_study_", "_")


@dataclass
class Run:
    """A run of Snakemake."""

    planned: Mapping[str, int] = field(default_factory=dict)
    """Jobs by rule."""
    total: int = 0
    running: dict[int, Job] = field(default_factory=dict)
    """By Snakemake's number of the job."""
    finished: Counter[str] = field(default_factory=Counter)
    """Jobs by rule."""
    failed: dict[int, Job] = field(default_factory=dict)
    """Jobs that failed and were not started again, by number."""
    shares: dict[str, list[float]] = field(default_factory=dict)
    """Of jobs that finished, by family."""
    places: dict[str, None] = field(default_factory=dict)
    """Folders that got outputs: ``results/toy``. In order, each once."""
    log: str = ""
    """Snakemake's own log."""
    began: float | None = None
    looked: float = 0.0

    @property
    def done(self) -> int:
        """Jobs that finished."""
        return self.finished.total()

    def plan(self, jobs: Mapping[str, int], now: float) -> None:
        """What there is to do: jobs by rule, and their number as ``total``."""
        self.planned = {rule: count for rule, count in jobs.items() if rule != "total"}
        self.total = sum(self.planned.values())
        self.began = self.looked = now

    def pass_time(self, now: float) -> None:
        """Divide the time since the last call among the jobs that run."""
        for job in self.running.values():
            job.share += (now - self.looked) / len(self.running)
        self.looked = now

    def start(self, number: int, job: Job) -> None:
        """A job was started, or started again."""
        self.pass_time(job.started)
        self.failed.pop(number, None)
        self.running[number] = job

    def finish(self, number: int, now: float) -> Job | None:
        """A job ended well; ``None`` if it was not seen to start."""
        self.pass_time(now)
        job = self.running.pop(number, None)
        if job is not None:
            self.finished[job.rule] += 1
            self.shares.setdefault(family(job.rule), []).append(job.share)
            self.places |= dict.fromkeys("/".join(path.split("/")[:2]) for path in job.outputs)
        return job

    def fail(self, number: int, now: float) -> Job | None:
        """A job failed; ``None`` if it was not seen to start."""
        self.pass_time(now)
        job = self.running.pop(number, None)
        if job is not None:
            self.failed[number] = job
        return job

    def left(self) -> Iterable[tuple[str, int]]:
        """Jobs that were not started yet, by rule."""
        running = Counter(job.rule for job in self.running.values())
        for rule, count in self.planned.items():
            if (waiting := count - self.finished[rule] - running[rule]) > 0:
                yield rule, waiting
