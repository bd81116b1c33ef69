"""The step ``train``: from files of windows and features to the folder of a model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from react_tad.data.features import FeatureStore
from react_tad.data.windows import WindowIndex
from react_tad.files import sha256
from react_tad.model.react import ReAct
from react_tad.params.section import parse_object
from react_tad.training.batches import WindowSet
from react_tad.training.checkpoints import provenance, save_model
from react_tad.training.log import write_log
from react_tad.training.settings import Settings
from react_tad.training.start_from import StartingPoint, sentence
from react_tad.training.trainer import Trainer


def train(
    cfg: str,
    files: dict[str, tuple[Path, Path]],
    *,
    validation_map_of: Callable[[WindowSet], Callable[[ReAct], float]],
    checkpoints: Path,
    out: Path,
    device: torch.device,
    keep_features: bool = False,
    discard_stale: bool = False,
) -> None:
    """Train, write ``model.safetensors``, ``training.json`` and ``log.csv`` to ``out``, and remove the checkpoints.

    ``cfg`` is JSON with the sections that :class:`Settings` has. ``files`` are features and windows of the splits
    ``training`` and ``validation``. ``validation_map_of(windows)`` gives what measures a model on the validation split.
    """
    parsed = parse_object(cfg, "--cfg")
    settings = Settings.parse(parsed)
    splits = {
        name: (FeatureStore.verified(features), WindowIndex.read(windows))
        for name, (features, windows) in files.items()
    }
    both = settings.train.include_validation
    training = WindowSet(list(splits.values()) if both else [splits["training"]], with_instances_only=True)
    validation = WindowSet([splits["validation"]])
    if keep_features:
        training.keep_on(device)
        if not both:  # otherwise nothing is computed with it alone
            validation.keep_on(device)
    start = None
    if settings.train.start_from:
        start = StartingPoint.read(settings.train.start_from, settings.start_from_sha256)
    trainer = Trainer(
        settings,
        training,
        validation,
        validation_map=validation_map_of(validation),
        checkpoints=checkpoints,
        inputs={
            **{f"{name} features": store.sha256 for name, (store, _) in splits.items()},
            **{f"{name} windows": sha256(windows) for name, (_, windows) in files.items()},
        },
        device=device,
        discard_stale=discard_stale,
        start=start,
    )
    if trainer.started_from:
        print(sentence(trainer.started_from, str(start.where)), flush=True)
    progress = trainer.run()
    write_log(out / "log.csv", progress.log)
    description = {
        "parameters": parsed,
        "dimension": training.dimension,
        "classes": list(training.classes),
        "epoch": progress.best_epoch or progress.epoch,
        "provenance": provenance(trainer.identity["inputs"]),
        **({"started_from": trainer.started_from} if trainer.started_from else {}),
    }
    save_model(out, trainer.chosen_weights(), description)
    shutil.rmtree(checkpoints)
