"""Small parameters, models, batches and data sets for the tests."""

import json
from pathlib import Path

import numpy as np
import torch

from react_tad import segments
from react_tad.cli import main
from react_tad.data.annotations import Instance, Video, write_annotations
from react_tad.data.datasets import Recording
from react_tad.data.features import FeatureStore, write_features
from react_tad.data.windows import WindowIndex
from react_tad.losses.targets import Targets
from react_tad.model.react import build_react
from react_tad.params.experiment import Experiment
from react_tad.params.windows import Windows
from react_tad.training.batches import WindowSet
from react_tad.training.settings import Settings
from react_tad.training.trainer import Trainer

PRESETS = ("paper", "released")
CLASSES = ("jump", "run", "swim")
DIMENSION = 6
MODEL = {
    "model.dim": 8,
    "model.heads": 2,
    "model.ffn_dim": 12,
    "model.decoder_layers": 3,
    "model.queries": 5,
    "model.points": 3,
}
WINDOWS = {"length": 16, "stride": 8}


def resolve(preset="paper", overrides=None):
    """Parameters of a preset at a small size, with dotted overrides."""
    file = {"dataset": "tiny", "preset": preset, "seeds": [0], "datasets": {"tiny": {}}}
    return Experiment(file | {"variants": {"here": MODEL | (overrides or {})}}).resolve("here")


def react(settings, *, seed=0, classes=3, dimension=DIMENSION):
    """A small detector in double precision whose weights are all random, none zero as at the start of training."""
    random = torch.Generator().manual_seed(seed)
    model = build_react(settings, dimension=dimension, classes=classes).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random, dtype=torch.float64) * 0.5)
    return model.eval()


def pad(windows, *, length=None, fill=0.0):
    """A batch of windows ``[T_i, dimension]``, padded to ``length`` snippets with ``fill``, and their lengths."""
    length = length or max(len(window) for window in windows)
    batch = torch.full((len(windows), length, windows[0].shape[1]), fill, dtype=windows[0].dtype)
    for row, window in zip(batch, windows, strict=True):
        row[: len(window)] = window
    return batch, torch.tensor([len(window) for window in windows])


def targets(instances):
    """Targets of a batch from lists of (center, width, label) by window."""
    flat = [instance for window in instances for instance in window]
    return Targets(
        torch.tensor([instance[:2] for instance in flat], dtype=torch.float64).reshape(-1, 2),
        torch.tensor([instance[2] for instance in flat], dtype=torch.long),
        tuple(len(window) for window in instances),
    )


def random_segments(random, *shape):
    """Random (center, width) with both ends inside [0, 1]; NumPy ``[*shape, 2]``."""
    return segments.center_width(np.sort(random.random((*shape, 2)), axis=-1))


def random_instances(random, counts, classes=3):
    """Lists of ``(center, width, label)``, as many a window as ``counts`` says."""
    return [
        [(*map(float, segment), int(random.integers(classes))) for segment in random_segments(random, count)]
        for count in counts
    ]


def write_data(folder: Path) -> Path:
    """Write annotations, features and windows of nine recordings; each has its own time between snippets."""
    random = np.random.default_rng(5)
    lengths = {"training": (30, 12, 25, 41), "validation": (20, 9), "test": (33, 10, 18)}
    recordings = []
    for subset, own in lengths.items():
        for number, length in enumerate(own):
            seconds = 0.2 + 0.1 * len(recordings)
            duration = length * seconds
            instances = []
            for place in range(max(length // 8, 2)):
                start, end = np.sort(random.uniform(place, place + 1, 2)) * duration / max(length // 8, 2)
                instances.append(Instance(CLASSES[random.integers(3)], float(start), float(end)))
            features = random.normal(size=(length, DIMENSION))
            recordings.append(
                Recording(
                    video=f"{subset}_{number}",
                    subset=subset,
                    duration=duration,
                    instances=tuple(instances),
                    features=features,
                    seconds_per_snippet=seconds,
                    first_center_seconds=seconds / 2,
                )
            )
    videos = {each.video: Video(each.subset, each.duration, each.instances) for each in recordings}
    annotations = folder / "annotations.json"
    write_annotations(annotations, videos, CLASSES, version="tiny")
    for split in lengths:
        own = [each for each in recordings if each.subset == split]
        manifest = write_features(folder / "features", dataset="tiny", split=split, recordings=own, source={})
        files = ["--annotations", str(annotations), "--features", str(manifest)]
        out = str(folder / "windows" / f"{split}.json")
        assert main(["windows", "--cfg", json.dumps({"windows": WINDOWS}), *files, "--out", out]) == 0
    return folder


def split(folder, name):
    """Features and windows of one split of :func:`write_data`."""
    return FeatureStore(folder / "features" / f"{name}.json"), WindowIndex.read(folder / "windows" / f"{name}.json")


def windows(folder, *names, **options):
    """The windows of splits of :func:`write_data`."""
    return WindowSet([split(folder, name) for name in names], **options)


def train_arguments(folder, cfg, *, checkpoints, out):
    """Arguments of ``react-tad train`` on :func:`write_data`."""
    files = []
    for name in ("training", "validation"):
        files += [f"--{name}-windows", str(folder / "windows" / f"{name}.json")]
        files += [f"--{name}-features", str(folder / "features" / f"{name}.json")]
    files += ["--annotations", str(folder / "annotations.json")]
    return ["train", "--cfg", cfg, *files, "--checkpoints", str(checkpoints), "--out", str(out), "--device", "cpu"]


def trainer(folder, checkpoints, preset="paper", overrides=None, *, validation_map=lambda model: 0.0, **options):
    """A run on :func:`write_data` that was not started yet."""
    cfg = json.loads(resolve(preset, overrides).step("train", seed=options.pop("seed", 0)))
    return Trainer(
        Settings.parse(cfg),
        windows(folder, "training", with_instances_only=True),
        windows(folder, "validation"),
        validation_map=validation_map,
        checkpoints=checkpoints,
        inputs={"training features": "sum of them"},
        **{"device": torch.device("cpu")} | options,
    )


SHORT = {"train.epochs": 1, "loss.ace_enc.enabled": False, "train.select": "last"}


def write_model(data: Path, folder: Path, preset="paper", overrides=None) -> Path:
    """Train a small model on :func:`write_data` for one epoch, package it, and give its folder.

    It says that its data set is `toy`, since there has to be one.
    """
    resolved = resolve(preset, SHORT | (overrides or {}))
    cfg = resolved.step("train", seed=0)
    assert main(train_arguments(data, cfg, checkpoints=folder / "checkpoints", out=folder / "trained")) == 0
    sections = json.loads(resolved.step("package")) | {
        "dataset": "toy",
        "kind": "toy",
        "windows": Windows(**WINDOWS).model_dump(),
    }
    manifests = [str(data / f"features/{name}.json") for name in ("training", "validation", "test")]
    where = ["--trained", str(folder / "trained"), "--features", *manifests, "--out", str(folder / "model")]
    assert main(["package", "--cfg", json.dumps(sections), "--variant", "full", *where]) == 0
    return folder / "model"
