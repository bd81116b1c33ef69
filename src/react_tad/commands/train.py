"""Train ReAct on windows of features, and write a model that ``react-tad detect`` runs.

A checkpoint is written after each epoch. Started again with the same arguments, after a kill say, training goes on from
the last one and ends with the weights that it would have had without the interruption, bit for bit on a CPU. The test
split is never looked at.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg, add_machine_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_cfg(parser, "the sections model, matching, loss, train and the seed")
    for split in ("training", "validation"):
        parser.add_argument(f"--{split}-windows", required=True, type=Path, help=f"windows of the {split} split (JSON)")
        parser.add_argument(
            f"--{split}-features", required=True, type=Path, help=f"features of the {split} split (JSON)"
        )
    parser.add_argument("--annotations", required=True, type=Path, help="ActivityNet-style annotations (JSON)")
    parser.add_argument("--checkpoints", required=True, type=Path, help="folder for the checkpoint; emptied at the end")
    parser.add_argument(
        "--out", required=True, type=Path, help="folder for model.safetensors, training.json and log.csv"
    )
    add_machine_options(parser, keep_features=True)
    parser.add_argument(
        "--stale-checkpoint",
        choices=("refuse", "discard"),
        default="refuse",
        help="what to do with a checkpoint of other parameters or data (default: refuse)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, then write the model and its log."""
    from functools import partial

    from react_tad.detection.inference import detect, durations
    from react_tad.devices import choose_device, use_threads
    from react_tad.evaluation.validation import DETECTION, ValidationMap
    from react_tad.training.run import train

    use_threads(arguments.threads)
    device = choose_device(arguments.device)
    how = DETECTION | {"durations": durations(arguments.annotations), "device": device, "progress": False}
    train(
        arguments.cfg,
        {
            "training": (arguments.training_features, arguments.training_windows),
            "validation": (arguments.validation_features, arguments.validation_windows),
        },
        validation_map_of=lambda windows: ValidationMap(arguments.annotations, partial(detect, windows=windows, **how)),
        checkpoints=arguments.checkpoints,
        out=arguments.out,
        device=device,
        keep_features=arguments.features_on_device,
        discard_stale=arguments.stale_checkpoint == "discard",
    )
