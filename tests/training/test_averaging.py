"""The mean of the last weights, against the plain mean of weights that were written down step by step."""

import pytest
import torch

from react_tad.params.section import ParameterError
from react_tad.training import trainer as training
from small import resolve, trainer

LAST_TWO = {
    "loss.ace_enc.stage": "first",
    "loss.ace_enc.first_stage_epochs": 1,
    "train.epochs": 3,
    "train.batch_size": 4,
    "train.average_epochs": 2,
}


class Interruption(BaseException):
    """What stops a run in these tests."""


@pytest.fixture
def weights_by_step(monkeypatch):
    """All weights after each step of the optimiser, in double precision."""
    seen, step = [], torch.optim.AdamW.step

    def spy(optimizer, *arguments):
        step(optimizer, *arguments)
        seen.append([p.detach().double().clone() for group in optimizer.param_groups for p in group["params"]])

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    return seen


def test_it_is_the_mean_over_the_steps_of_the_last_epochs(tiny, tmp_path, weights_by_step):
    made = trainer(tiny, tmp_path, "paper", LAST_TWO)
    made.run()
    last = weights_by_step[-2 * made.schedule.steps :]
    assert len(weights_by_step) == 4 * made.schedule.steps
    slow = [name for name, _ in made.model.named_parameters() if ".offset.weight" in name or ".weight.weight" in name]
    names = [name for name, _ in made.model.named_parameters() if name not in slow] + slow
    for number, name in enumerate(names):
        expected = torch.stack([weights[number] for weights in last]).mean(dim=0)
        assert torch.allclose(made.chosen_weights()[name].double(), expected, rtol=1e-4, atol=1e-6), name
    assert made.chosen_weights().keys() == made.model.state_dict().keys()


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_run_that_was_stopped_has_the_same_mean(tiny, tmp_path, monkeypatch, epoch):
    undisturbed = trainer(tiny, tmp_path / "undisturbed", "paper", LAST_TWO)
    undisturbed.run()
    save = training.save_checkpoint

    def stop(folder, progress, *state):
        save(folder, progress, *state)
        if progress.epoch == epoch:
            raise Interruption

    with monkeypatch.context() as patched, pytest.raises(Interruption):
        patched.setattr(training, "save_checkpoint", stop)
        trainer(tiny, tmp_path / "stopped", "paper", LAST_TWO).run()
    resumed = trainer(tiny, tmp_path / "stopped", "paper", LAST_TWO)
    resumed.run()
    for name, tensor in undisturbed.chosen_weights().items():
        assert torch.equal(tensor, resumed.chosen_weights()[name]), name


def test_without_it_the_last_weights_are_kept(tiny, tmp_path):
    made = trainer(tiny, tmp_path, "paper", LAST_TWO | {"train.average_epochs": None})
    made.run()
    assert all(torch.equal(tensor, made.model.state_dict()[name]) for name, tensor in made.chosen_weights().items())


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"train.select": "best_validation"}, "train.average_epochs needs train.select: last"),
        ({"train.average_epochs": 4}, "train.average_epochs = 4 is more than train.epochs = 3"),
    ],
)
def test_what_does_not_go_together_is_refused(overrides, said):
    with pytest.raises(ParameterError, match=said):
        resolve("paper", LAST_TWO | overrides)
