"""Training (section 4.1): a contrastive stage where ACE-enc has one of its own, then the detector, epoch by epoch.

A checkpoint is written after each epoch, and a run goes on from it as if it had never stopped (``epoch.py``).
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from react_tad.model.react import ReAct, build_react
from react_tad.training.averaging import WeightAverage
from react_tad.training.batches import WindowSet
from react_tad.training.checkpoints import Progress, load_checkpoint, save_checkpoint
from react_tad.training.epoch import Epoch, NonFiniteLoss
from react_tad.training.objective import Objective
from react_tad.training.optimiser import build_optimizer
from react_tad.training.schedule import Schedule
from react_tad.training.selection import Selection
from react_tad.training.settings import Settings
from react_tad.training.start_from import StartingPoint


class Trainer:
    """One training run."""

    def __init__(
        self,
        settings: Settings,
        training: WindowSet,
        validation: WindowSet,
        *,
        validation_map: Callable[[ReAct], float],
        checkpoints: Path,
        inputs: dict[str, str],
        device: torch.device,
        discard_stale: bool = False,
        start: StartingPoint | None = None,
    ):
        """Prepare a run.

        ``validation_map(model)`` gives the average mAP on the validation split; it is called only for
        ``select: best_validation``. ``inputs`` are checksums of what is trained on: a checkpoint must agree with them.
        ``start`` is the trained model to start from, if any.
        """
        self.settings, self.training, self.validation = settings, training, validation
        self.checkpoints, self.device, self.discard_stale = checkpoints, device, discard_stale
        self.identity = settings.as_dict() | {"inputs": inputs | ({"start_from": start.sha256} if start else {})}
        torch.manual_seed(settings.seed)
        self.model = build_react(settings.model, dimension=training.dimension, classes=len(training.classes)).to(device)
        self.started_from = start.give(self.model, training.classes) if start else None
        self.objective = Objective(settings, self.model, training, device)
        self.schedule = Schedule.of(settings, len(training))
        self.selection = Selection(settings.train.select, validation_map)
        self.average = WeightAverage(self.schedule)

    def run(self) -> Progress:
        """Train to the end, from the last checkpoint if there is one; then :meth:`chosen_weights` are what to keep."""
        optimizer = build_optimizer(self.model, self.settings.train)
        progress = self._resume(optimizer)
        for number in range(progress.epoch, self.schedule.epochs):
            epoch = self.epoch(number)
            row = {"epoch": number + 1, "stage": epoch.stage, "lr": self.schedule.lr(number, 0)}
            row |= _prefixed("train", epoch.train(self.training, optimizer, device=self.device))
            if epoch.stage == "detector" and not self.settings.train.include_validation:
                row |= _prefixed("validation", epoch.validate(self.validation, device=self.device))
                row |= self.selection.look(self.model, number, progress)
            progress.log.append(row)
            progress.epoch = number + 1
            self._check_weights(number)
            kept = {"best": self.selection.best or {}, "average": self.average.mean}
            save_checkpoint(self.checkpoints, progress, self.model, optimizer, kept)
        return progress

    def epoch(self, number: int) -> Epoch:
        """The epoch of this number, from 0 through both stages."""
        return Epoch(self.model, self.objective, self.schedule, number, seed=self.settings.seed, average=self.average)

    def chosen_weights(self) -> dict[str, Tensor]:
        """The mean that ``train.average_epochs`` asks for, or the weights of the epoch that ``train.select`` does."""
        return self.average.mean or self.selection.weights(self.model)

    def _resume(self, optimizer: torch.optim.Optimizer) -> Progress:
        """Where the last checkpoint stopped, with model and optimiser as they were then; or the beginning."""
        checkpoint = load_checkpoint(self.checkpoints, self.identity, discard_stale=self.discard_stale)
        if checkpoint is None:
            return Progress(self.identity)
        self.model.load_state_dict(checkpoint.part("model"))
        self.selection.best = checkpoint.part("best") or None
        self.average.mean = checkpoint.part("average")
        checkpoint.restore_optimizer(optimizer)
        return checkpoint.progress

    def _check_weights(self, number: int) -> None:
        for name, tensor in self.model.state_dict().items():
            if not torch.isfinite(tensor).all():
                raise NonFiniteLoss(f"epoch {number + 1}: weights of {name} are not finite after the last step")


def _prefixed(prefix: str, values: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in values.items()}
