"""Learning rates by group, and what the one optimiser keeps from stage to stage (behaviours 17 and 18)."""

import json

import numpy as np
import pytest
import torch

from react_tad.data.released_checkpoint import released_params
from react_tad.training.optimiser import build_optimizer
from released.arrays import HERE
from small import trainer

THEIRS = json.loads((HERE / "initial.json").read_text(encoding="utf-8"))["parameters"]
TWO_STAGES = {"loss.ace_enc.first_stage_epochs": 2, "train.epochs": 3, "train.batch_size": 4, "train.select": "last"}


def test_the_slow_group_at_the_size_of_thumos14(tiny, tmp_path):
    size = {f"model.{key}": getattr(released_params().model, key) for key in
            ("dim", "heads", "ffn_dim", "encoder_layers", "decoder_layers", "queries", "points")}  # fmt: skip
    made = trainer(tiny, tmp_path, "released", size)
    usual, slow = build_optimizer(made.model, made.settings.train).param_groups
    assert (usual["factor"], slow["factor"]) == (1.0, 0.1)
    assert sum(p.numel() for p in slow["params"]) == THEIRS["in_slow_learning_rate_group"]
    names = {id(p): name for name, p in made.model.named_parameters()}
    assert all(names[id(p)].endswith(("offset.weight", "attention.weight.weight")) for p in slow["params"])
    everything = usual["params"] + slow["params"]
    assert len(everything) == len({id(p) for p in everything}) == len(names)


def adamw(weight, gradients, rates, *, decay=0.01, betas=(0.9, 0.999), epsilon=1e-8):
    """AdamW by hand: moments and the step count start with the first gradient; nothing changes before."""
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), 1):
        weight = weight - rate * decay * weight
        mean = betas[0] * mean + (1 - betas[0]) * gradient
        square = betas[1] * square + (1 - betas[1]) * gradient**2
        corrected = mean / (1 - betas[0] ** step), square / (1 - betas[1] ** step)
        weight = weight - rate * corrected[0] / (np.sqrt(corrected[1]) + epsilon)
    return weight


def test_one_optimiser_throughout(tiny, tmp_path, monkeypatch):
    """All weights by hand from the gradients of every step. The projection's moments go on into the second stage."""
    made = trainer(tiny, tmp_path, "released", TWO_STAGES)
    parameters = dict(made.model.named_parameters())
    seen = {name: ([], []) for name in parameters}
    before = {name: parameter.detach().double().numpy().copy() for name, parameter in parameters.items()}
    step = torch.optim.AdamW.step

    def spy(optimizer, *arguments):
        names = {id(parameter): name for name, parameter in parameters.items()}
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    gradients, rates = seen[names[id(parameter)]]
                    gradients.append(parameter.grad.double().numpy().copy())
                    rates.append(group["lr"])
        return step(optimizer, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    made.run()
    steps = made.schedule.steps
    for name, (gradients, rates) in seen.items():
        count = 5 * steps if name.startswith("project.") else 3 * steps
        never = name.startswith("encoder.") and "ffn_norm" in name
        assert len(gradients) == (0 if never else count)
        slow = 0.1 if name.endswith(("offset.weight", "attention.weight.weight")) else 1.0
        # 2e-4 in the first stage and in the first half of the second, a tenth in the second half.
        done = [0] * (len(rates) - 3 * steps) + [number / (3 * steps) for number in range(min(len(rates), 3 * steps))]
        assert rates == pytest.approx([slow * (2e-4 if share < 0.5 else 2e-5) for share in done])
        wanted = adamw(before[name], gradients, rates)
        np.testing.assert_allclose(parameters[name].detach().numpy(), wanted, rtol=1e-5, atol=1e-7, err_msg=name)
