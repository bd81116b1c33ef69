"""Which stage an epoch belongs to, and the learning rate of each step (section 4.1)."""

import math
from dataclasses import dataclass

from react_tad.params.train import Train
from react_tad.training.settings import Settings


@dataclass(frozen=True)
class Schedule:
    """A contrastive stage where ACE-enc has one of its own, then the detector's; epochs count from 0 through both."""

    contrastive_epochs: int
    steps: int
    """Steps an epoch."""
    train: Train

    @classmethod
    def of(cls, settings: Settings, windows: int) -> "Schedule":
        """For a number of training windows."""
        ace_enc = settings.loss.ace_enc
        first = ace_enc.enabled and ace_enc.stage == "first"
        steps = -(-windows // settings.train.batch_size)
        return cls(ace_enc.first_stage_epochs if first else 0, steps, settings.train)

    @property
    def epochs(self) -> int:
        """Of both stages."""
        return self.contrastive_epochs + self.train.epochs

    def stage(self, epoch: int) -> str:
        """``contrastive`` or ``detector``."""
        return "contrastive" if epoch < self.contrastive_epochs else "detector"

    def lr(self, epoch: int, step: int) -> float:
        """Learning rate of a step, by the share of the detector's steps that are done; ``train.lr`` before that stage.

        It warms up from the first of them, which does learn.
        """
        done = (epoch - self.contrastive_epochs + step / self.steps) / self.train.epochs
        if done < 0:
            return self.train.lr
        warmth = (self.iteration(epoch, step) + 1) / max(1, self.train.lr_warmup * self.train.epochs * self.steps)
        if self.train.lr_schedule == "cosine":
            decay = (1 + math.cos(math.pi * done)) / 2
        else:
            decay = self.train.lr_drop_factor ** sum(done >= drop for drop in self.train.lr_drops)
        return self.train.lr * decay * min(1, warmth)

    def iteration(self, epoch: int, step: int) -> int:
        """Steps of the detector's stage before this one; negative before that stage."""
        return (epoch - self.contrastive_epochs) * self.steps + step
