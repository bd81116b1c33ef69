"""Run a trained model over the windows of a split, and write its raw detections (``.npz``), in seconds.

Nothing is suppressed: ``react-tad suppress`` turns raw detections into final ones.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg, add_machine_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_cfg(parser, "the section inference of the parameters")
    parser.add_argument("--model", required=True, type=Path, help="folder that `react-tad train` wrote")
    parser.add_argument("--windows", required=True, type=Path, help="windows of the split (JSON)")
    parser.add_argument("--features", required=True, type=Path, help="features of the split (JSON)")
    parser.add_argument("--annotations", required=True, type=Path, help="ActivityNet-style annotations, for durations")
    parser.add_argument("--out", required=True, type=Path, help="where to write the detections (.npz)")
    add_machine_options(parser, keep_features=True)


def run(arguments: argparse.Namespace) -> None:
    """Load the model, detect, write."""
    from react_tad.data.features import FeatureStore
    from react_tad.data.windows import WindowIndex
    from react_tad.detection.inference import detect, durations
    from react_tad.devices import choose_device, use_threads
    from react_tad.params.inference import Inference
    from react_tad.params.section import step_params
    from react_tad.training.batches import WindowSet
    from react_tad.training.checkpoints import load_model

    use_threads(arguments.threads)
    device = choose_device(arguments.device)
    settings = step_params(Inference, arguments.cfg, "inference")
    trained = load_model(arguments.model)
    windows = WindowSet([(FeatureStore.verified(arguments.features), WindowIndex.read(arguments.windows))])
    if arguments.features_on_device:
        windows.keep_on(device)
    trained.check_fits(dimension=windows.dimension, classes=windows.classes, features=str(arguments.features))
    detected = detect(
        trained.model.to(device),
        windows,
        durations(arguments.annotations),
        **settings.model_dump(exclude={"split"}),
        device=device,
    )
    detected.write(arguments.out)
