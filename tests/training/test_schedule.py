"""Stages, learning rates and iterations of a run, by hand; no network."""

import json

import pytest

from react_tad.training.schedule import Schedule
from react_tad.training.settings import Settings
from small import resolve


def schedule(windows=10, preset="paper", **overrides):
    given = {"train.batch_size": 4, "train.epochs": 4, "train.lr": 1.0, "loss.ace_enc.first_stage_epochs": 2}
    cfg = resolve(preset, given | overrides).step("train", seed=0)
    return Schedule.of(Settings.parse(json.loads(cfg)), windows)


@pytest.mark.parametrize(("windows", "steps"), [(8, 2), (9, 3), (1, 1)])
def test_the_last_batch_may_be_smaller(windows, steps):
    assert schedule(windows).steps == steps


def test_the_contrastive_epochs_come_first():
    made = schedule()
    assert made.epochs == 6
    assert [made.stage(epoch) for epoch in range(6)] == ["contrastive"] * 2 + ["detector"] * 4


@pytest.mark.parametrize("overrides", [{"loss.ace_enc.stage": "joint"}, {"loss.ace_enc.enabled": False}])
def test_without_a_stage_of_its_own_there_is_the_detectors_only(overrides):
    made = schedule(**overrides)
    assert (made.contrastive_epochs, made.epochs, made.stage(0)) == (0, 4, "detector")


def test_the_rate_drops_by_the_share_of_the_detectors_steps():
    """Three steps an epoch, twelve in all: drops after the third (a quarter) and the ninth (three quarters)."""
    made = schedule(**{"train.lr_drops": [0.25, 0.75], "train.lr_drop_factor": 0.5})
    rates = [made.lr(epoch, step) for epoch in range(6) for step in range(3)]
    assert rates == [1.0] * 6 + [1.0] * 3 + [0.5] * 6 + [0.25] * 3


def test_a_drop_may_fall_inside_an_epoch():
    made = schedule(**{"train.epochs": 1, "train.lr_drops": [0.5]})
    assert [made.lr(2, step) for step in range(3)] == pytest.approx([1.0, 1.0, 0.1])


def test_a_cosine_falls_from_the_rate_to_nothing():
    """At no, a quarter, a half and three quarters of the detector's steps."""
    made = schedule(**{"train.lr_schedule": "cosine"})
    rates = [made.lr(epoch, 0) for epoch in (2, 3, 4, 5)]
    assert rates == pytest.approx([1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2])
    assert made.lr(0, 0) == made.lr(1, 2) == 1.0, "the contrastive stage is not part of it"


@pytest.mark.parametrize("lr_schedule", ["step", "cosine"])
def test_a_warm_up_rises_evenly_to_the_schedule(lr_schedule):
    """Over a third of the detector's twelve steps."""
    given = {"train.lr_schedule": lr_schedule, "train.lr_drops": [0.5]}
    plain, warm = schedule(**given), schedule(**given | {"train.lr_warmup": 1 / 3})
    steps = [(epoch, step) for epoch in (2, 3, 4, 5) for step in range(3)]
    shares = [warm.lr(*at) / plain.lr(*at) for at in steps]
    assert shares == pytest.approx([0.25, 0.5, 0.75] + [1] * 9)
    assert warm.lr(1, 2) == 1.0


def test_iterations_count_the_detectors_steps():
    assert [schedule().iteration(epoch, 1) for epoch in (1, 2, 3)] == [-2, 1, 4]
