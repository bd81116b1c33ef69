"""Models and checkpoints on disk: safetensors, so that loading cannot run code, and JSON beside it.

A model is a folder (:mod:`react_tad.training.model_folder`). A checkpoint is one file with everything that training
needs to go on: weights, optimiser state, the best weights so far or their mean, and the state of the run as JSON in
the file's metadata, with a digest of all of it, which is compared when it is read. It is one file so that a kill cannot
leave parts of two epochs. Files are written from memory, since safetensors' own writing leaves files of random names
behind when it is killed, which only their owner may read.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

import react_tad
from react_tad.files import whole
from react_tad.model.react import ReAct, build_react
from react_tad.params.model import Model
from react_tad.params.section import flatten, step_params
from react_tad.training.model_folder import (
    TRAINING,
    WEIGHTS,
    ModelError,
    find_description,
    read_description,
    write_description,
)

CHECKPOINT = "checkpoint.safetensors"


class CheckpointError(ValueError):
    """A checkpoint that does not fit what is asked of it."""


@dataclass
class Progress:
    """How far a run is: what a checkpoint says in words."""

    identity: dict[str, Any]
    """Parameters and input checksums of the run that it belongs to."""
    epoch: int = 0
    """Epochs done, contrastive ones included."""
    log: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    best_map: float | None = None


def save_checkpoint(
    folder: Path,
    progress: Progress,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: Mapping[str, Mapping[str, Tensor]],
) -> None:
    """Write a checkpoint whole, in place of the one before; ``kept`` are weights of other steps, by part."""
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": tensor for name, tensor in state.items()}
    for part, weights in kept.items():
        tensors |= {f"{part}/{name}": tensor for name, tensor in weights.items()}
    said = json.dumps(asdict(progress))
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = save(tensors, {"progress": said, "digest": digest(said, tensors)})
    with whole(folder / CHECKPOINT) as temporary:
        temporary.write_bytes(content)


def digest(said: str, tensors: dict[str, Tensor]) -> str:
    """Sha256 of what a checkpoint says in words and of its tensors, names, types and shapes."""
    result = hashlib.sha256(said.encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        result.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        result.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return result.hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read."""

    progress: Progress
    tensors: dict[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """Tensors of one part: ``model``, ``optimizer``, ``best`` or ``average``."""
        return {key.split("/", 1)[1]: value for key, value in self.tensors.items() if key.startswith(f"{name}/")}

    def restore_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Put the saved state into an optimiser over the same parameters in the same order."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in self.part("optimizer").items():
            index, name = key.split("/")
            state.setdefault(int(index), {})[name] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def load_checkpoint(folder: Path, identity: dict[str, Any], *, discard_stale: bool = False) -> Checkpoint | None:
    """The checkpoint in ``folder``, or ``None`` if there is none.

    One that is damaged, or of a run with other parameters or inputs, is a ``CheckpointError`` that says what is wrong;
    with ``discard_stale`` a line says so, and it counts as none.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        return _read_checkpoint(path, identity)
    except CheckpointError as error:
        if not discard_stale:
            raise CheckpointError(
                f"{error}. Remove it to train from the start, or pass --stale-checkpoint discard"
            ) from error
        print(f"training from the start: {error}", file=sys.stderr, flush=True)
        return None


def _read_checkpoint(path: Path, identity: dict[str, Any]) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as stored:
            said = stored.metadata()["progress"]
            expected = stored.metadata()["digest"]
            progress = Progress(**json.loads(said))
        tensors = load_file(path)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint of this version ({error})") from error
    if (found := digest(said, tensors)) != expected:
        raise CheckpointError(f"{path} was changed since it was written: its digest is {found}, and it says {expected}")
    if differences := different(progress.identity, json.loads(json.dumps(identity))):
        raise CheckpointError(f"{path} belongs to a run with other parameters: {'; '.join(differences)}")
    return Checkpoint(progress, tensors)


def different(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Sentences on the values that differ between two nested dictionaries, by dotted name."""
    old, new = dict(flatten(old)), dict(flatten(new))
    return [
        f"{key} was {old.get(key)!r}, is {new.get(key)!r}" for key in sorted(old | new) if old.get(key) != new.get(key)
    ]


def save_model(folder: Path, weights: dict[str, Tensor], description: dict[str, Any], *, name: str = TRAINING) -> None:
    """Write a model's weights and description; the description last, so that it never speaks of missing weights.

    ``name`` is ``training.json``, or ``model.json`` for a description that says all.
    """
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()})
    with whole(folder / WEIGHTS) as temporary:
        temporary.write_bytes(content)
    write_description(folder, name, description)


@dataclass(frozen=True)
class TrainedModel:
    """A model with what it was trained for."""

    model: ReAct
    dimension: int
    classes: tuple[str, ...]
    where: Path

    def check_fits(self, *, dimension: int, classes: tuple[str, ...], features: str) -> None:
        """Refuse features or classes other than the model's own."""
        if dimension != self.dimension:
            raise ModelError(
                f"{features}: features have dimension {dimension}, "
                f"the model in {self.where} was trained on {self.dimension}"
            )
        if classes != self.classes:
            missing, added = set(self.classes) - set(classes), set(classes) - set(self.classes)
            raise ModelError(
                f"{self.where}: the model knows other classes than the windows of {features}: "
                f"only in the model: {sorted(missing)}; only in the windows: {sorted(added)}"
            )


def load_model(folder: str | Path) -> TrainedModel:
    """Load a model that :func:`save_model` wrote, or that was packaged.

    Raises ``ModelError`` naming the file, if weights and description do not belong together, or are of a network that
    this version does not build.
    """
    folder = Path(folder)
    description = read_description(folder)
    try:
        settings = step_params(Model, description["parameters"], "model")
        dimension, classes = description["dimension"], tuple(description["classes"])
        model = build_react(settings, dimension=dimension, classes=len(classes))
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder / WEIGHTS} does not fit {find_description(folder)}, or is of a network as another version of "
            f"react-tad builds it ({_version(description)}, this is {react_tad.__version__}); train it anew: {error}"
        ) from error
    for name, tensor in model.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise ModelError(
                f"{folder / WEIGHTS}: a weight of {name} is not a finite number: nothing can be detected with it"
            )
    return TrainedModel(model, dimension, classes, folder)


def _version(description: dict[str, Any]) -> str:
    return description.get("provenance", {}).get("versions", {}).get("react-tad", "unknown")


def provenance(inputs: dict[str, str]) -> dict[str, Any]:
    """What a model comes from: versions of the software and checksums of the data."""
    versions = {"react-tad": react_tad.__version__, "torch": torch.__version__, "numpy": numpy.__version__}
    return {"versions": versions, "inputs": inputs}
