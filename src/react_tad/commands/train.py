"""Train ReAct on windows of features, and write a model that ``react-tad detect`` runs.

A checkpoint is written after each epoch. Started again with the same arguments, after a kill say, training goes on from
the last one and ends with the weights that it would have had without the interruption, bit for bit on a CPU. The test
split is never looked at.
"""

import argparse
import json
import shutil
from pathlib import Path

from react_tad.commands.machine_options import add_machine_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--cfg", required=True, help="JSON with the sections model, matching, loss, train and the seed")
    for split in ("training", "validation"):
        parser.add_argument(f"--{split}-windows", required=True, type=Path, help=f"windows of the {split} split (JSON)")
        parser.add_argument(
            f"--{split}-features", required=True, type=Path, help=f"features of the {split} split (JSON)"
        )
    parser.add_argument("--annotations", required=True, type=Path, help="ActivityNet-style annotations (JSON)")
    parser.add_argument("--checkpoints", required=True, type=Path, help="folder for the checkpoint; emptied at the end")
    parser.add_argument("--out", required=True, type=Path, help="folder for model.safetensors, model.json and log.csv")
    add_machine_options(parser, keep_features=True)
    parser.add_argument(
        "--stale-checkpoint",
        choices=("refuse", "discard"),
        default="refuse",
        help="what to do with a checkpoint of other parameters or data (default: refuse)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, then write the model and its log."""
    from react_tad.batches import WindowSet
    from react_tad.checkpoints import save_model
    from react_tad.data.features import FeatureStore
    from react_tad.data.windows import WindowIndex
    from react_tad.devices import choose_device, use_threads
    from react_tad.files import sha256
    from react_tad.training import Settings, Trainer, provenance, write_log
    from react_tad.validation import ValidationMap

    use_threads(arguments.threads)
    device = choose_device(arguments.device)
    cfg = json.loads(arguments.cfg)
    settings = Settings.parse(cfg)
    training = (FeatureStore(arguments.training_features), WindowIndex.read(arguments.training_windows))
    validation = (FeatureStore(arguments.validation_features), WindowIndex.read(arguments.validation_windows))
    splits = [training, validation] if settings.train.include_validation else [training]
    training_windows, validation_windows = WindowSet(splits, with_instances_only=True), WindowSet([validation])
    if arguments.features_on_device:
        training_windows.keep_on(device)
        if not settings.train.include_validation:  # otherwise nothing is computed with it alone
            validation_windows.keep_on(device)
    trainer = Trainer(
        settings,
        training_windows,
        validation_windows,
        validation_map=ValidationMap(arguments.annotations, validation_windows, device),
        checkpoints=arguments.checkpoints,
        inputs={
            "training features": training[0].sha256,
            "validation features": validation[0].sha256,
            "training windows": sha256(arguments.training_windows),
            "validation windows": sha256(arguments.validation_windows),
        },
        device=device,
        discard_stale=arguments.stale_checkpoint == "discard",
    )
    progress = trainer.run()
    write_log(arguments.out / "log.csv", progress.log)
    description = {
        "parameters": cfg,
        "dimension": trainer.training.dimension,
        "classes": list(trainer.training.classes),
        "epoch": progress.best_epoch or progress.epoch,
        "provenance": provenance(trainer.identity["inputs"]),
    }
    save_model(arguments.out, trainer.chosen_weights(), description)
    shutil.rmtree(arguments.checkpoints)
