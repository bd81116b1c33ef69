import math
from dataclasses import fields

import numpy as np
import pytest
import torch

from react_tad.detection.inference import detect, durations
from react_tad.params.inference import Inference
from react_tad.training.checkpoints import load_model, save_model
from react_tad.training.optimiser import build_optimizer
from react_tad.training.precision import TrainingPass
from small import CLASSES, DIMENSION, PRESETS, react, resolve, trainer, windows

CPU = torch.device("cpu")
SHORT = {"train.epochs": 2, "train.batch_size": 4, "loss.ace_enc.first_stage_epochs": 1}
LOWER = {"train.precision": "bfloat16"}


def batch_of(tiny):
    made = windows(tiny, "training")
    return next(made.batches(range(4), 4))


def both(tiny, preset):
    """A detector, a batch, and the passes of both precisions."""
    model = react(resolve(preset).params.model).float()
    return model, batch_of(tiny), *(TrainingPass(model, precision=each, device=CPU) for each in ("float32", "bfloat16"))


@pytest.mark.parametrize("preset", PRESETS)
def test_float32_is_the_detector_itself(tiny, preset):
    model, batch, plain, _ = both(tiny, preset)
    expected, found = model(batch.features, batch.lengths), plain(batch.features, batch.lengths)
    for field in fields(expected.decoded):
        for one, other in zip(getattr(expected.decoded, field.name), getattr(found.decoded, field.name), strict=True):
            assert one is other is None or torch.equal(one, other)
    assert torch.equal(expected.quality, found.quality)
    references = expected.decoded.segments[-1].detach()
    assert torch.equal(model.classify_segments(expected, references), plain.classify_segments(found, references))


@pytest.mark.parametrize("preset", PRESETS)
def test_bfloat16_is_near_and_gives_float32(tiny, preset):
    _, batch, plain, lower = both(tiny, preset)
    expected, found = plain(batch.features, batch.lengths), lower(batch.features, batch.lengths)
    references = expected.decoded.segments[-1].detach()
    pairs = [
        (expected.decoded.logits[0], found.decoded.logits[0]),
        (expected.decoded.segments[0], found.decoded.segments[0]),
        (expected.encoded, found.encoded),
        (plain.project(batch.features), lower.project(batch.features)),
        (plain.classify_segments(expected, references)[0], lower.classify_segments(expected, references)[0]),
    ]
    for one, other in pairs:  # of the first layer: differences grow through layers of random weights
        assert other.dtype == torch.float32
        assert not torch.equal(one, other)
        assert (one - other).norm() < 0.05 * one.norm()
    for tensor in (found.quality, found.decoded.logits, found.decoded.segments, found.decoded.hidden):
        assert tensor.dtype == torch.float32


def test_relations_are_those_of_float32(tiny):
    """The first layer's, whose queries and references are weights."""
    _, batch, plain, lower = both(tiny, "paper")
    first = [each(batch.features, batch.lengths).decoded.allowed[0] for each in (plain, lower)]
    assert torch.equal(*first)
    assert (~first[0]).sum() > 0


@pytest.mark.parametrize("preset", PRESETS)
def test_losses_are_finite_and_near_those_of_float32(tiny, tmp_path, preset):
    rows = [
        trainer(tiny, tmp_path / name, preset, SHORT | override).run().log
        for name, override in (("float32", {}), ("bfloat16", LOWER))
    ]
    for expected, found in zip(*rows, strict=True):
        terms = [name for name in expected if name.startswith("train_")]
        assert terms
        for name in terms:
            assert math.isfinite(found[name])
            assert found[name] == pytest.approx(expected[name], rel=0.1), name
    assert rows[0] != rows[1]


def test_weights_and_optimiser_are_float32(tiny, tmp_path):
    made = trainer(tiny, tmp_path, "paper", SHORT | LOWER)
    optimizer = build_optimizer(made.model, made.settings.train)
    for epoch in range(made.schedule.epochs):
        made.epoch(epoch).train(made.training, optimizer, device=made.device)
    assert {parameter.dtype for parameter in made.model.parameters()} == {torch.float32}
    moments = [state[name] for state in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")]
    assert {moment.dtype for moment in moments} == {torch.float32}


def test_detections_and_validation_are_computed_in_float32(tiny, tmp_path, monkeypatch):
    """Every linear layer of a detector that was trained in bfloat16, while it validates and detects."""
    seen = {"train": set(), "validation": set(), "detect": set()}
    stage, true = "train", torch.nn.functional.linear

    def spy(*arguments):
        result = true(*arguments)
        seen[stage].add(result.dtype)
        return result

    monkeypatch.setattr(torch.nn.functional, "linear", spy)
    made = trainer(tiny, tmp_path, "paper", SHORT | LOWER)
    made.epoch(made.schedule.contrastive_epochs).train(
        made.training, build_optimizer(made.model, made.settings.train), device=made.device
    )
    stage = "validation"
    made.epoch(0).validate(made.validation, device=made.device)
    stage = "detect"
    cfg = made.settings.model.model_dump(mode="json")
    description = {"parameters": {"model": cfg}, "dimension": DIMENSION, "classes": list(CLASSES)}
    save_model(tmp_path / "model", made.model.state_dict(), description)
    trained = load_model(tmp_path / "model")
    limits = durations(tiny / "annotations.json")
    raw = detect(
        trained.model,
        windows(tiny, "test"),
        limits,
        **Inference().model_dump(exclude={"split"}),
        device=CPU,
        progress=False,
    )
    assert torch.bfloat16 in seen["train"]
    assert seen["validation"] == seen["detect"] == {torch.float32}
    assert len(np.unique(raw.score.astype(np.float32))) > 0.9 * len(raw.score), "not rounded to 8 bits"
