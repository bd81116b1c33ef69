"""The losses of training steps, brought to the host without waiting for the device.

A loss that is not finite ends a run. Where a GPU is behind the host this is noticed a step or so later, which loses
nothing: weights are kept at the end of an epoch, after everything was looked at.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from react_tad.devices import Later


@dataclass(frozen=True)
class _Report:
    names: tuple[str, ...]
    values: Later
    """The terms and, last, their weighted sum ``[terms + 1]``."""
    videos: tuple[str, ...]

    def wrong(self) -> str:
        """The terms that are not finite; empty if everything is."""
        *terms, total = torch.isfinite(self.values.get()).tolist()
        names = [name for name, finite in zip(self.names, terms, strict=True) if not finite]
        return ", ".join(names) or ("" if total else "their sum")


class StepReports:
    """Looks at the losses of the steps of one epoch, each as soon as it has arrived."""

    def __init__(self, refuse: Callable[[str, tuple[str, ...]], Exception]):
        """``refuse(terms, videos)`` makes the error for terms that are not finite in a batch of ``videos``."""
        self._refuse = refuse
        self._waiting: deque[_Report] = deque()
        self.latest: dict[str, float] = {}
        """The weighted sum and the terms of the last step that was looked at."""

    def add(self, terms: dict[str, Tensor], total: Tensor, videos: tuple[str, ...]) -> None:
        """Send the terms of a step on their way."""
        self._waiting.append(_Report(tuple(terms), Later(torch.stack([*terms.values(), total])), videos))

    def look(self, *, wait: bool = False) -> None:
        """Look at what has arrived, with ``wait`` at everything; raises what ``refuse`` gives for the first bad one."""
        while self._waiting and (wait or self._waiting[0].values.is_there()):
            report = self._waiting.popleft()
            if wrong := report.wrong():
                raise self._refuse(wrong, report.videos)
            *terms, total = report.values.get().tolist()
            self.latest = {"total": total, **dict(zip(report.names, terms, strict=True))}
