"""The steps that ``growth.py`` measures, each as a command on data that are made up at a given size.

Recordings have 128 snippets of 64 numbers, two snippets a second, and three annotated actions. Half of them are
``test``, a tenth ``validation``, the rest ``training``. Detections gather around the annotated actions, as a network's
do, the rest lies anywhere. The same size makes the same data.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from process_cost import Cost, cost_of

from react_tad.data.annotations import Instance, Video, write_annotations
from react_tad.detection.detections import Detections, RawDetections, write_detections
from react_tad.files import write_json

SNIPPETS, DIMENSION, SECONDS = 128, 64, 0.5
INSTANCES = 3
DURATION = SNIPPETS * SECONDS
SPLITS = ("training", "test", "validation", "test", "training", "test", "training", "test", "training", "test")
"""Of recordings in turn."""
WINDOWS = {"length": 64, "stride": 32}
NETWORK = {
    "model": {"dim": 32, "heads": 4, "ffn_dim": 64, "encoder_layers": 1, "decoder_layers": 2, "queries": 10},
    "matching": {},
    "loss": {},
    "train": {"epochs": 1},
    "seed": 0,
}
SOFT_NMS = {"method": "gaussian", "sigma": 0.4, "class_wise": True}
TIOU = "0.3:0.7:0.1"


@dataclass(frozen=True)
class Size:
    """How much there is."""

    recordings: int = 1000
    detections: int = 100
    """Of a test recording."""
    classes: int = 20
    runs: int = 10
    """Metrics files, for ``summarize``: variants times seeds."""


def annotated(size: Size) -> dict[str, Video]:
    """The annotations of all recordings."""
    random = np.random.default_rng(1)
    starts = random.uniform(0, 8, (size.recordings, INSTANCES)) + np.arange(INSTANCES) * DURATION / INSTANCES
    ends = starts + random.uniform(4, 12, starts.shape)
    labels = (np.arange(starts.size) % size.classes).reshape(starts.shape)
    return {
        f"recording {number:06}": Video(
            SPLITS[number % len(SPLITS)],
            DURATION,
            tuple(Instance(class_name(label), start, end) for label, start, end in zip(*own, strict=True)),
        )
        for number, own in enumerate(zip(labels.tolist(), starts.tolist(), ends.tolist(), strict=True))
    }


def class_name(number: int) -> str:
    """The name of a class."""
    return f"class {number:04}"


def classes(size: Size) -> tuple[str, ...]:
    """All of them."""
    return tuple(map(class_name, range(size.classes)))


def raw_detections(size: Size) -> RawDetections:
    """What a network might say of the test recordings."""
    videos = {name: video for name, video in annotated(size).items() if video.subset == "test"}
    random = np.random.default_rng(2)
    count = len(videos) * size.detections
    near = random.random(count) < 0.7
    number = np.repeat(np.arange(len(videos)), size.detections)
    chosen = number * INSTANCES + random.integers(0, INSTANCES, count)
    start_end = np.array([[item.start, item.end] for video in videos.values() for item in video.instances])[chosen]
    own = np.array([int(item.label.split()[1]) for video in videos.values() for item in video.instances])[chosen]
    anywhere = np.sort(random.uniform(0, DURATION, (count, 2)), axis=1)
    quality = random.random(count)
    spread = 4 * (1 - quality[:, None]) * random.standard_normal((count, 2))
    start_end = np.sort(np.where(near[:, None], start_end + spread, anywhere), axis=1).clip(0, DURATION)
    start_end[:, 1] = np.maximum(start_end[:, 1], start_end[:, 0] + 1e-3)
    right = near & (random.random(count) < 0.8)
    return RawDetections(
        videos=tuple(videos),
        classes=classes(size),
        durations=np.full(len(videos), DURATION),
        video=number,
        start=start_end[:, 0],
        end=start_end[:, 1],
        label=np.where(right, own, random.integers(0, size.classes, count)),
        score=np.where(near, quality, 0.3 * quality),
    )


def best_of(raw: RawDetections) -> Detections:
    """The same as final detections, the best of each recording first."""
    order = np.lexsort((-raw.score, raw.video))
    columns = {name: getattr(raw, name)[order] for name in ("video", "start", "end", "label", "score")}
    return Detections(videos=raw.videos, classes=raw.classes, **columns)


class World:
    """Data of one size in a folder, and the steps on them. What a step needs is made when it is asked for, once."""

    def __init__(self, folder: Path, size: Size, command: Sequence[str] = (sys.executable, "-m", "react_tad.cli")):
        """``command`` is what runs a verb."""
        self.folder, self.size, self.command = folder, size, tuple(command)
        self.costs: dict[str, Cost] = {}
        self._made: set[str] = set()

    def measure(self, step: str) -> Cost:
        """Run a step, and what it needs before it, each once."""
        if step not in self.costs:
            wanted = STEPS[step]
            for need in wanted.needs:
                self.make(need)
            for before in wanted.after:
                self.measure(before)
            command = [*self.command, *wanted.command(self)]
            self.costs[step] = cost_of(command, self.at(f"{step}.txt"), folder=self.folder)
        return self.costs[step]

    def at(self, name: str) -> Path:
        """A file of this folder."""
        return self.folder / name

    def make(self, name: str) -> None:
        """Make data up, once."""
        if name not in self._made:
            self._made.add(name)
            getattr(self, f"make_{name}")()

    def make_annotations(self) -> None:
        """The annotations of all recordings."""
        write_annotations(self.at("own.json"), annotated(self.size), classes(self.size), version="made up")

    def make_features(self) -> None:
        """A file of features a recording."""
        self.at("features").mkdir()
        random = np.random.default_rng(3)
        for name in annotated(self.size):
            np.save(self.at("features") / f"{name}.npy", random.standard_normal((SNIPPETS, DIMENSION), np.float32))

    def make_network(self) -> None:
        """A small network with the weights that a training begins with."""
        import torch

        from react_tad.model.react import build_react
        from react_tad.params.model import Model
        from react_tad.training.checkpoints import save_model

        torch.manual_seed(0)
        model = build_react(Model(**NETWORK["model"]), dimension=DIMENSION, classes=self.size.classes)
        described = {"parameters": NETWORK, "dimension": DIMENSION, "classes": list(classes(self.size)), "epoch": 0}
        save_model(self.at("network"), model.state_dict(), described | {"provenance": {}})

    def make_raw(self) -> None:
        """Raw detections of the test recordings."""
        raw_detections(self.size).write(self.at("raw.npz"))

    def make_detections(self) -> None:
        """Final detections of the test recordings."""
        write_detections(self.at("detections.json"), best_of(raw_detections(self.size)))

    def make_metrics(self) -> None:
        """A metrics file a run: ten seeds a variant."""
        random = np.random.default_rng(4)
        for run in range(self.size.runs):
            values = random.random((self.size.classes, 5))
            by_class = {
                name: dict(zip(("0.3", "0.4", "0.5", "0.6", "0.7"), row, strict=True))
                for name, row in zip(classes(self.size), values.tolist(), strict=True)
            }
            mean = dict(zip(("0.3", "0.4", "0.5", "0.6", "0.7"), values.mean(0).tolist(), strict=True))
            about = {"dataset": "made up", "variant": f"variant {run // 10:03}", "seed": run % 10}
            how = {"definition": "activitynet", "subset": "test", "counts": {}}
            measured = {"per_tiou": mean, "average_map": float(values.mean()), "per_class": by_class}
            write_json(self.at(f"runs/{run}.json"), about | how | measured)

    @property
    def own(self) -> str:
        """The ``--cfg`` of own data."""
        return json.dumps({"dataset": "custom", "options": self.places})

    @property
    def places(self) -> dict[str, str]:
        """Where own data are."""
        return {"features": str(self.at("features")), "annotations": str(self.at("own.json"))}


@dataclass(frozen=True)
class Step:
    """A verb of ``react-tad``."""

    command: Callable[[World], list[object]]
    needs: tuple[str, ...] = ()
    """What is made up for it."""
    after: tuple[str, ...] = ()
    """Steps whose files it reads."""


def _windows(world: World, split: str) -> list[object]:
    files = ["--annotations", f"data/{split}.json", "--features", f"made/{split}.json"]
    return ["windows", "--cfg", json.dumps({"windows": WINDOWS}), *files, "--out", f"windows/{split}.json"]


def _train(world: World) -> list[object]:
    files = [
        part
        for split in ("training", "validation")
        for part in (f"--{split}-windows", f"windows/{split}.json", f"--{split}-features", f"made/{split}.json")
    ]
    places = ["--annotations", "data/validation.json", "--checkpoints", "checkpoints", "--out", "trained"]
    return ["train", "--cfg", json.dumps(NETWORK), *files, *places, "--threads", "1", "--device", "cpu"]


def _detect(world: World) -> list[object]:
    files = ["--model", "network", "--windows", "windows/test.json", "--features", "made/test.json"]
    files += ["--annotations", "data/test.json", "--out", "found.npz"]
    # Three windows of ten queries in a recording: as many detections as the size says, or nearly so.
    inference = {"batch_size": 16, "classes_per_query": max(1, round(world.size.detections / 30))}
    return ["detect", "--cfg", json.dumps({"inference": inference}), *files, "--threads", "1", "--device", "cpu"]


def _suppress(world: World) -> list[object]:
    cfg = json.dumps({"soft_nms": SOFT_NMS, "fusion": {}})
    return ["suppress", "--cfg", cfg, "--raw", "raw.npz", "--out", "suppressed.json"]


def _truth(world: World) -> list[object]:
    return ["--annotations", "own.json", "--subset", "test"]


def _evaluate(world: World) -> list[object]:
    about = json.dumps({"dataset": "made up", "variant": "full", "seed": 0})
    how = ["--tiou", TIOU, "--about", about, "--json", "metrics.json"]
    return ["evaluate", *_truth(world), "--detections", "detections.json", *how]


def _diagnose(world: World) -> list[object]:
    return ["diagnose", *_truth(world), "--detections", "detections.json", "--csv", "diagnosis.csv"]


def _table(world: World) -> list[object]:
    row = {"metrics": ["metrics.json"], "detections": ["detections.json"]}
    study = {"name": "growth", "reference": "full", "rows": {"full": row}}
    return ["table", "--study", json.dumps(study), *_truth(world), "--csv", "table.csv"]


def _summarize(world: World) -> list[object]:
    files = [f"runs/{run}.json" for run in range(world.size.runs)]
    return ["summarize", "--metrics", *files, "--csv", "summary.csv", "--markdown", "summary.md"]


STEPS = {
    "fetch": Step(
        lambda world: ["fetch", "--cfg", world.own, "--to", "raw"],
        needs=("annotations", "features"),
    ),
    "check": Step(
        lambda world: [
            *("data", "check", "custom"),
            *("--set", *(f"options.{key}={json.dumps(value)}" for key, value in world.places.items())),
        ],
        needs=("annotations", "features"),
    ),
    "features": Step(
        lambda world: ["features", "--cfg", world.own, "--raw", "raw", "--annotations", "data", "--features", "made"],
        after=("fetch",),
    ),
    "windows": Step(lambda world: _windows(world, "test"), after=("features",)),
    "windows_training": Step(lambda world: _windows(world, "training"), after=("features",)),
    "windows_validation": Step(lambda world: _windows(world, "validation"), after=("features",)),
    "train": Step(_train, after=("windows_training", "windows_validation")),
    "detect": Step(_detect, needs=("network",), after=("windows",)),
    "suppress": Step(_suppress, needs=("raw",)),
    "evaluate": Step(_evaluate, needs=("annotations", "detections")),
    "diagnose": Step(_diagnose, needs=("annotations", "detections")),
    "table": Step(_table, after=("evaluate",)),
    "view": Step(
        lambda world: ["view", "detections.json", "--annotations", "own.json", "--out", "page.html"],
        needs=("annotations", "detections"),
    ),
    "summarize": Step(_summarize, needs=("metrics",)),
}
