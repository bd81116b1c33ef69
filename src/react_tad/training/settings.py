"""What a training is told."""

from dataclasses import dataclass
from typing import Any

from react_tad.params.model import Model
from react_tad.params.objective import Loss, Matching
from react_tad.params.section import ParameterError, step_params, unknown_key
from react_tad.params.train import Train


@dataclass(frozen=True)
class Settings:
    """The sections that training reads, and the seed."""

    model: Model
    matching: Matching
    loss: Loss
    train: Train
    seed: int
    start_from_sha256: str | None = None
    """What the weights in ``train.start_from`` have to be."""

    @classmethod
    def parse(cls, cfg: dict[str, Any]) -> "Settings":
        """From the parsed ``--cfg`` of the train step."""
        sections = {"model": Model, "matching": Matching, "loss": Loss, "train": Train}
        seed = cfg.get("seed")
        if type(seed) is not int or seed < 0:
            raise ParameterError(f"--cfg: seed = {seed!r} should be an integer >= 0")
        plain = ("seed", "start_from_sha256")
        unknown = set(cfg) - set(sections) - set(plain)
        if unknown:
            raise unknown_key(min(unknown), (*sections, *plain), "--cfg")
        parsed = {name: step_params(kind, cfg, name) for name, kind in sections.items()}
        return cls(**parsed, seed=seed, start_from_sha256=cfg.get("start_from_sha256"))

    def as_dict(self) -> dict[str, Any]:
        """Everything that a checkpoint has to agree with, as plain values."""
        names = ("model", "matching", "loss", "train")
        return {name: getattr(self, name).model_dump(mode="json") for name in names} | {"seed": self.seed}
