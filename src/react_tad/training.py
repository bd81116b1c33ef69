"""Training (section 4.1): a contrastive stage where ACE-enc has one of its own, then the detector.

Everything random in an epoch comes from the seed and the epoch's number, so that a run that goes on from a checkpoint
does exactly what it would have done without stopping.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.profiler import record_function
from tqdm import tqdm

import react_tad
from react_tad import params
from react_tad.batches import Batch, WindowSet
from react_tad.checkpoints import Progress, load_checkpoint, save_checkpoint
from react_tad.files import whole
from react_tad.losses.ace_enc import AceEnc
from react_tad.losses.criterion import Criterion
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.react import Output, ReAct, build_react
from react_tad.precision import TrainingPass
from react_tad.step_reports import StepReports

VALIDATION_BATCH = 64
"""Windows a batch where losses are only measured; nothing is learned from them."""


@dataclass(frozen=True)
class Settings:
    """The sections that training reads, and the seed."""

    model: params.Model
    matching: params.Matching
    loss: params.Loss
    train: params.Train
    seed: int

    @classmethod
    def parse(cls, cfg: dict[str, Any]) -> "Settings":
        """From the parsed ``--cfg`` of the train step."""
        sections = {"model": params.Model, "matching": params.Matching, "loss": params.Loss, "train": params.Train}
        seed = cfg.get("seed")
        if type(seed) is not int or seed < 0:
            raise params.ParameterError(f"--cfg: seed = {seed!r} should be an integer >= 0")
        unknown = set(cfg) - set(sections) - {"seed"}
        if unknown:
            raise params.unknown_key(min(unknown), (*sections, "seed"), "--cfg")
        return cls(**{name: params.step_params(kind, cfg, name) for name, kind in sections.items()}, seed=seed)


class NonFiniteLoss(RuntimeError):
    """A loss that is not a finite number."""


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
    ):
        """Prepare a run.

        ``validation_map(model)`` gives the average mAP on the validation split; it is called only for
        ``select: best_validation``. ``inputs`` are checksums of what is trained on: a checkpoint must agree with them.
        """
        self.settings, self.training, self.validation = settings, training, validation
        self.validation_map, self.checkpoints, self.device = validation_map, checkpoints, device
        self.discard_stale = discard_stale
        self.identity = {
            **{
                name: getattr(settings, name).model_dump(mode="json") for name in ("model", "matching", "loss", "train")
            },
            "seed": settings.seed,
            "inputs": inputs,
        }
        torch.manual_seed(settings.seed)
        self.model = build_react(settings.model, dimension=training.dimension, classes=len(training.classes)).to(device)
        self.forward = TrainingPass(self.model, precision=settings.train.precision, device=device)
        self.criterion = Criterion(settings.loss, settings.matching)
        self.ace_enc = self._build_ace_enc()
        first = settings.loss.ace_enc.stage == "first" and self.ace_enc is not None
        self.contrastive_epochs = settings.loss.ace_enc.first_stage_epochs if first else 0
        self.epochs = self.contrastive_epochs + settings.train.epochs
        self.steps = -(-len(training) // settings.train.batch_size)
        self.best: dict[str, Tensor] | None = None

    def _build_ace_enc(self) -> AceEnc | None:
        settings = self.settings.loss.ace_enc
        if not settings.enabled:
            return None
        if settings.position == "after":
            return AceEnc(settings)
        bank_of = self.training.window_bank if settings.pairs == "released" else self.training.instance_bank
        return AceEnc(settings, bank_of(bins=settings.bins, form=settings.pooling).to(self.device))

    def run(self) -> Progress:
        """Train to the end, from the last checkpoint if there is one; then :meth:`chosen_weights` are what to keep."""
        progress, optimizer = self._resume()
        for epoch in range(progress.epoch, self.epochs):
            row = {"epoch": epoch + 1, "stage": self._stage(epoch), "lr": self._lr(epoch, 0)}
            row |= self._prefixed("train", self.train_epoch(epoch, optimizer))
            if self._stage(epoch) == "detector" and not self.settings.train.include_validation:
                row |= self._prefixed("validation", self._validate(epoch))
                row |= self._select(epoch, progress)
            progress.log.append(row)
            progress.epoch = epoch + 1
            self._check_weights(epoch)
            save_checkpoint(self.checkpoints, progress, self.model, optimizer, self.best)
        return progress

    def chosen_weights(self) -> dict[str, Tensor]:
        """Weights of the epoch that ``train.select`` asks for."""
        return self.best if self.settings.train.select == "best_validation" else self.model.state_dict()

    def _resume(self) -> tuple[Progress, torch.optim.Optimizer]:
        optimizer = self.optimizer()
        checkpoint = load_checkpoint(self.checkpoints, self.identity, discard_stale=self.discard_stale)
        if checkpoint is None:
            return Progress(self.identity), optimizer
        self.model.load_state_dict(checkpoint.part("model"))
        self.best = checkpoint.part("best") or None
        checkpoint.restore_optimizer(optimizer)
        return checkpoint.progress, optimizer

    def _stage(self, epoch: int) -> str:
        return "contrastive" if epoch < self.contrastive_epochs else "detector"

    def optimizer(self) -> torch.optim.Optimizer:
        """A new optimiser. There is one throughout: a parameter's moments and steps start with its first gradient, in
        the contrastive stage for the projection, in the detector's for all else, and are never reset.
        """
        train = self.settings.train
        slow = [
            linear.weight
            for module in self.model.modules()
            if isinstance(module, DeformableAttention)
            for linear in (module.offset, module.weight)
        ]
        slow_ids = {id(parameter) for parameter in slow}
        rest = [parameter for parameter in self.model.parameters() if id(parameter) not in slow_ids]
        groups = [{"params": rest, "factor": 1.0}, {"params": slow, "factor": train.deformable_lr_factor}]
        return torch.optim.AdamW(groups, lr=train.lr, weight_decay=train.weight_decay, fused=True)

    def _lr(self, epoch: int, step: int) -> float:
        """Learning rate of a step; drops are placed by the share of the detector's steps that are done."""
        train = self.settings.train
        done = (epoch - self.contrastive_epochs + step / self.steps) / train.epochs
        drops = sum(done >= drop for drop in train.lr_drops)
        return train.lr * train.lr_drop_factor**drops

    def train_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> dict[str, float]:
        """One pass over the training windows; gives the mean of each term."""
        torch.manual_seed(int(numpy.random.SeedSequence([self.settings.seed, epoch]).generate_state(1)[0]))  # dropout
        random = numpy.random.default_rng([self.settings.seed, epoch])
        order = random.permutation(len(self.training)).tolist()
        self.model.train()
        means = Means()
        reports = StepReports(lambda terms, videos: self._non_finite(terms, epoch, videos))
        with self._bar(order, f"{self._stage(epoch)} {epoch + 1}/{self.epochs}") as batches:
            for step, batch in enumerate(batches):
                for group in optimizer.param_groups:
                    group["lr"] = self._lr(epoch, step) * group["factor"]
                terms, total = self.step(batch, epoch, step, random, reports, optimizer)
                means.add(terms | {"total": total}, len(batch.videos))
                if step % 10 == 0:
                    shown = {name: f"{value:.3g}" for name, value in reports.latest.items()}
                    batches.set_postfix(shown, refresh=False)
        reports.look(wait=True)
        return means.values()

    def step(
        self,
        batch: Batch,
        epoch: int,
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
            terms = self._terms(batch, epoch, random)
        except FloatingPointError as error:
            reports.look(wait=True)  # an earlier step may be where it began
            raise self._non_finite(str(error), epoch, batch.videos) from None
        total = self.criterion.total(terms, (epoch - self.contrastive_epochs) * self.steps + step)
        reports.add(terms, total, batch.videos)
        reports.look()
        optimizer.zero_grad(set_to_none=True)
        with record_function("backward"):
            total.backward()
        with record_function("optimizer"):
            if self.settings.train.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.train.clip_norm)
            optimizer.step()
        return terms, total

    def _bar(self, order: list[int], text: str) -> tqdm:
        size = self.settings.train.batch_size
        batches = self.training.batches(order, size, device=self.device)
        return tqdm(batches, text, self.steps, unit="step", mininterval=1.0)

    def _terms(self, batch: Batch, epoch: int, random: numpy.random.Generator) -> dict[str, Tensor]:
        """All terms of one batch."""
        if self._stage(epoch) == "contrastive":
            return {"ace_enc": self._contrast(batch, None, random)}
        with record_function("forward"):
            output = self.forward(batch.features, batch.lengths)
        with record_function("losses"):
            terms = self.criterion.terms(output, batch.targets, self.forward.classify_segments)
        if self.ace_enc is not None and self.settings.loss.ace_enc.stage == "joint":
            terms["ace_enc"] = self._contrast(batch, output, random)
        return terms

    def _contrast(self, batch: Batch, output: Output | None, random: numpy.random.Generator) -> Tensor:
        """Equation 7 on what ``loss.ace_enc.position`` asks for."""
        with record_function("ace_enc"):
            if self.settings.loss.ace_enc.position == "before":
                return self.ace_enc(batch.features, batch.lengths, batch.anchors, random, self.forward.project)
            return self.ace_enc(output.encoded, batch.lengths, batch.anchors, random)

    @torch.no_grad()
    def _validate(self, epoch: int) -> dict[str, float]:
        """Mean terms over the validation windows, without the second pass of ACE-dec and without ACE-enc."""
        self.model.eval()
        means = Means()
        windows = self.validation
        batches = windows.batches(
            range(len(windows)), VALIDATION_BATCH, padded_length=windows.nominal_length, device=self.device
        )
        for batch in batches:
            try:
                terms = self.criterion.terms(self.model(batch.features, batch.lengths), batch.targets, None)
            except FloatingPointError as error:
                raise self._non_finite(str(error), epoch, batch.videos) from None
            means.add(terms, len(batch.videos))
        return means.values()

    def _select(self, epoch: int, progress: Progress) -> dict[str, float]:
        if self.settings.train.select != "best_validation":
            return {}
        value = self.validation_map(self.model)
        if progress.best_map is None or value > progress.best_map:
            progress.best_map, progress.best_epoch = value, epoch + 1
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        return {"validation_map": value}

    @staticmethod
    def _prefixed(prefix: str, values: dict[str, float]) -> dict[str, float]:
        return {f"{prefix}_{name}": value for name, value in values.items()}

    @staticmethod
    def _non_finite(term: str, epoch: int, videos: tuple[str, ...]) -> NonFiniteLoss:
        return NonFiniteLoss(
            f"epoch {epoch + 1}: not a finite number: {term}; "
            f"videos of the batch: {', '.join(sorted(set(videos)))}. "
            "Lower train.lr or set train.clip_norm; the last checkpoint is kept"
        )

    def _check_weights(self, epoch: int) -> None:
        for name, tensor in self.model.state_dict().items():
            if not torch.isfinite(tensor).all():
                raise NonFiniteLoss(f"epoch {epoch + 1}: weights of {name} are not finite after the last step")


class Means:
    """Running means of named terms, weighted by windows; kept on the device until they are asked for."""

    def __init__(self):
        self.sums: dict[str, Tensor] = {}
        self.count = 0

    def add(self, terms: dict[str, Tensor], windows: int) -> None:
        """Add one batch."""
        for name, term in terms.items():
            self.sums[name] = self.sums.get(name, 0) + term.detach().double() * windows
        self.count += windows

    def values(self) -> dict[str, float]:
        """The means by name."""
        return {name: float(total) / self.count for name, total in self.sums.items()}


def write_log(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the log as CSV, a row an epoch; what an epoch does not measure stays blank."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with whole(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)


def provenance(inputs: dict[str, str]) -> dict[str, Any]:
    """What a model comes from: versions of the software and checksums of the data."""
    versions = {"react-tad": react_tad.__version__, "torch": torch.__version__, "numpy": numpy.__version__}
    return {"versions": versions, "inputs": inputs}
