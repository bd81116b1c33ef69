"""When a run ends: hand-worked, and against runs that are played to their end."""

import pytest

from snakemake_logger_plugin_react_tad.jobs import Job, Run
from snakemake_logger_plugin_react_tad.progress import Progress
from snakemake_logger_plugin_react_tad.time_left import seconds_left


def job(rule: str, started: float) -> Job:
    return Job(rule, {}, (), ("results/toy/out",), started)


def training(epoch: int, epochs: int, stage: str = "detector") -> Progress:
    return Progress(stage, epoch / epochs, epoch, epochs)


def test_jobs_that_run_together_share_the_time():
    run = Run()
    run.plan({"a": 2, "b": 1, "total": 3}, 0.0)
    run.start(1, job("a", 0.0))
    run.start(2, job("b", 4.0))
    assert run.finish(2, 10.0).share == 3.0  # half of six seconds
    run.start(3, job("a", 10.0))
    assert run.finish(1, 12.0).share == 4.0 + 3.0 + 1.0
    assert run.finish(3, 13.0).share == 1.0 + 1.0
    assert sum(sum(shares) for shares in run.shares.values()) == 13.0


def test_nothing_is_said_before_anything_is_known():
    run = Run()
    run.plan({"train_network": 2, "a": 3}, 0.0)
    assert seconds_left(run) is None
    run.start(1, job("a", 0.0))
    run.finish(1, 2.0)
    assert seconds_left(run) is None, "how long a training takes is not known"
    run.start(2, job("train_network", 2.0))
    run.running[2].see(training(1, 4, "contrastive"))
    run.pass_time(4.0)
    assert seconds_left(run) is None, "the first stage is faster than the second"
    run.running[2].see(training(2, 4))
    run.pass_time(12.0)  # half of it in 10 s
    assert seconds_left(run) == pytest.approx(10 + 20 + 2 * 2)


def test_a_study_trains_as_the_others_do():
    run = Run()
    run.plan({"train_network": 1, "train_study_network": 5}, 0.0)
    run.start(1, job("train_network", 0.0))
    run.finish(1, 30.0)
    assert seconds_left(run) == 5 * 30


def test_a_rule_that_never_ran_takes_what_is_usual():
    run = Run()
    run.plan({"a": 1, "b": 1, "c": 1, "new": 2}, 0.0)
    for number, (rule, begin, end) in enumerate([("a", 0, 1), ("b", 1, 4), ("c", 4, 104)]):
        run.start(number, job(rule, begin))
        run.finish(number, end)
    assert seconds_left(run) == 2 * 3


def test_a_training_that_goes_on_from_a_checkpoint():
    run = Run()
    run.plan({"train_network": 2}, 0.0)
    run.start(1, job("train_network", 0.0))
    run.running[1].see(Progress("detector", 0.5, 6, 10))  # five epochs are done
    run.running[1].see(Progress("detector", 0.7, 8, 10))
    run.pass_time(20.0)  # two epochs in 20 s
    assert seconds_left(run) == pytest.approx(3 * 10 + 10 * 10)


def test_a_job_that_takes_longer_than_the_others_is_not_negative():
    run = Run()
    run.plan({"a": 2}, 0.0)
    run.start(1, job("a", 0.0))
    run.finish(1, 2.0)
    run.start(2, job("a", 2.0))
    run.pass_time(50.0)
    assert seconds_left(run) == 0


@pytest.mark.parametrize("slots", [1, 2, 8])
def test_a_run_of_equal_trainings_ends_when_it_was_said(slots):
    """Two cores: with more jobs at a time each takes longer."""
    run, now = Run(), 0.0
    run.plan({"train_network": 16}, now)
    takes = 30.0 * max(1, slots / 2)
    said = []
    for begin in range(0, 16, slots):
        for number in range(begin, begin + slots):
            run.start(number, job("train_network", now))
        for epoch in range(1, 11):
            now += takes / 10
            run.pass_time(now)
            for number in range(begin, begin + slots):
                run.running[number].see(training(epoch, 10))
            said.append(now + seconds_left(run))
        for number in range(begin, begin + slots):
            run.finish(number, now)
    assert said[0] == pytest.approx(now, rel=0.01)
    assert all(end == pytest.approx(now, rel=0.15) for end in said)
