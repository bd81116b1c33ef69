"""The mean of the weights after the last steps of a training: ``train.average_epochs``."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_swa_multi_avg_fn

from react_tad.training.schedule import Schedule


@dataclass
class WeightAverage:
    """A running mean over the steps of the last ``train.average_epochs`` epochs of a schedule."""

    schedule: Schedule
    mean: dict[str, Tensor] = field(default_factory=dict)
    """By name; empty before the first of these steps. A checkpoint has it."""

    @torch.no_grad()
    def add(self, model: nn.Module, epoch: int, step: int) -> None:
        """Take in the weights after a step; those of earlier epochs do not count."""
        first = self.schedule.epochs - (self.schedule.train.average_epochs or 0)
        done = (epoch - first) * self.schedule.steps + step
        if done < 0:
            return
        weights = {name: tensor.detach() for name, tensor in model.state_dict().items()}
        if done == 0:
            self.mean = {name: tensor.clone() for name, tensor in weights.items()}
        else:
            get_swa_multi_avg_fn()([self.mean[name] for name in weights], list(weights.values()), done)
