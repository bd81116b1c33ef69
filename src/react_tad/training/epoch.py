"""One epoch: steps over the training windows, and losses on the validation windows.

Everything random in an epoch comes from the seed and the epoch's number, so that a run that goes on from a checkpoint
does exactly what it would have done without stopping.
"""

import numpy
import torch
from torch import Tensor, nn
from torch.profiler import record_function
from tqdm import tqdm

from react_tad.training.averaging import WeightAverage
from react_tad.training.batches import Batch, WindowSet
from react_tad.training.objective import Objective
from react_tad.training.schedule import Schedule
from react_tad.training.step_reports import StepReports

VALIDATION_BATCH = 64
"""Windows a batch where losses are only measured; nothing is learned from them."""


class NonFiniteLoss(RuntimeError):
    """A loss that is not a finite number."""

    @classmethod
    def of(cls, term: str, epoch: int, videos: tuple[str, ...]) -> "NonFiniteLoss":
        """Names the term, the epoch (from 0), and the batch's videos."""
        return cls(
            f"epoch {epoch + 1}: not a finite number: {term}; "
            f"videos of the batch: {', '.join(sorted(set(videos)))}. "
            "Lower train.lr or set train.clip_norm; the last checkpoint is kept"
        )


class Epoch:
    """An epoch of a model; ``number`` counts from 0 through both stages; ``average`` takes in every step's weights."""

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        schedule: Schedule,
        number: int,
        *,
        seed: int,
        average: WeightAverage | None = None,
    ):
        self.model, self.objective, self.schedule, self.number = model, objective, schedule, number
        self.average = average
        self.stage = schedule.stage(number)
        self.seeds = [seed, number]

    def train(self, windows: WindowSet, optimizer: torch.optim.Optimizer, *, device: torch.device) -> dict[str, float]:
        """One pass over the training windows; gives the mean of each term."""
        torch.manual_seed(int(numpy.random.SeedSequence(self.seeds).generate_state(1)[0]))  # dropout
        random = numpy.random.default_rng(self.seeds)
        order = random.permutation(len(windows)).tolist()
        self.model.train()
        means = Means()
        reports = StepReports(lambda terms, videos: NonFiniteLoss.of(terms, self.number, videos))
        batches = windows.batches(order, self.schedule.train.batch_size, device=device)
        text = f"{self.stage} {self.number + 1}/{self.schedule.epochs}"
        with tqdm(batches, text, self.schedule.steps, unit="step", mininterval=1.0) as bar:
            for step, batch in enumerate(bar):
                for group in optimizer.param_groups:
                    group["lr"] = self.schedule.lr(self.number, step) * group["factor"]
                terms, total = self.step(batch, step, random, reports, optimizer)
                means.add(terms | {"total": total}, len(batch.videos))
                if self.average:
                    self.average.add(self.model, self.number, step)
                if step % 10 == 0:
                    shown = {name: f"{value:.3g}" for name, value in reports.latest.items()}
                    bar.set_postfix(shown, refresh=False)
        reports.look(wait=True)
        return means.values()

    def step(
        self,
        batch: Batch,
        step: int,
        random: numpy.random.Generator,
        reports: StepReports,
        optimizer: torch.optim.Optimizer,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """One step of ``optimizer`` on a batch; gives its terms and their weighted sum.

        The host waits for the device once, in the matching. Raises ``NonFiniteLoss`` for this step, or for an earlier
        one whose losses have arrived by now.
        """
        try:
            terms = self.objective.terms(batch, self.stage, random)
        except FloatingPointError as error:
            reports.look(wait=True)  # an earlier step may be where it began
            raise NonFiniteLoss.of(str(error), self.number, batch.videos) from None
        total = self.objective.total(terms, self.schedule.iteration(self.number, step))
        reports.add(terms, total, batch.videos)
        reports.look()
        optimizer.zero_grad(set_to_none=True)
        with record_function("backward"):
            total.backward()
        with record_function("optimizer"):
            clip_norm = self.schedule.train.clip_norm
            if clip_norm is not None:
                nn.utils.clip_grad_norm_(self.model.parameters(), clip_norm)
            optimizer.step()
        return terms, total

    @torch.no_grad()
    def validate(self, windows: WindowSet, *, device: torch.device) -> dict[str, float]:
        """Mean terms over the validation windows."""
        self.model.eval()
        means = Means()
        batches = windows.batches(
            range(len(windows)), VALIDATION_BATCH, padded_length=windows.nominal_length, device=device
        )
        for batch in batches:
            try:
                terms = self.objective.validation_terms(batch)
            except FloatingPointError as error:
                raise NonFiniteLoss.of(str(error), self.number, batch.videos) from None
            means.add(terms, len(batch.videos))
        return means.values()


class Means:
    """Running means of named terms, weighted by windows; kept on the device until they are asked for.

    Every batch has the same terms.
    """

    def __init__(self):
        self.names: list[str] = []
        self.sums: Tensor | None = None
        """In the order of ``names`` ``[terms]``."""
        self.count = 0

    def add(self, terms: dict[str, Tensor], windows: int) -> None:
        """Add one batch."""
        added = torch.stack(list(terms.values())).detach().double() * windows
        if self.sums is None:
            self.names, self.sums = list(terms), torch.zeros_like(added)
        if list(terms) != self.names:
            raise ValueError(f"terms {list(terms)}: should be {self.names}, as in the batches before")
        self.sums += added
        self.count += windows

    def values(self) -> dict[str, float]:
        """The means by name."""
        sums = [] if self.sums is None else self.sums.tolist()
        return {name: total / self.count for name, total in zip(self.names, sums, strict=True)}
