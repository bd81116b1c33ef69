"""Time an epoch of training on ActivityNet-1.3 at the size of the paper, on features that are made up.

    python benchmarks/activitynet13_epoch.py --annotations activity_net.v1-3.trainval.json [--threads 1 2]
        [--stages contrastive detector] [--steps-only N]

The annotations are the official ones, the parameters those of the block ``activitynet13`` of ``params.yaml``: all
10,024 official training videos are trained on, 100 snippets each. Features are noise, float32 ``[100, 400]`` a video,
1.6 GB in a temporary folder: nothing can be learnt from them, and they cost what real ones cost.

Each epoch is a process of its own. A whole one has 626 steps: videos whose only segments have no length are left out.
With ``--steps-only`` it has N. What is printed: processor time and time by the clock until training begins (files
checked, instances pooled) and of the epoch; largest resident memory, and that without the file of features; and what
all epochs take.
"""

import argparse
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from process_cost import cost_of

from react_tad.data.annotations import Annotations, write_annotations
from react_tad.data.datasets import LazyFeatures, activitynet13
from react_tad.data.features import FeatureStore, write_features
from react_tad.data.splits import with_all_splits
from react_tad.data.windows import make_windows
from react_tad.files import write_json
from react_tad.params.experiment import Experiment

DIMENSION = 400
SPLITS = ("training", "validation")
STAGES = ("contrastive", "detector")
ROOT = Path(__file__).resolve().parents[1]


def noise(name: str) -> np.ndarray:
    """Features of a video, float32 ``[100, 400]``; they depend on its name only."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return random.standard_normal((activitynet13.SNIPPETS, DIMENSION), np.float32)


def write_data(annotations: Annotations, folder: Path, experiment: Experiment) -> None:
    """Annotations, features and windows of the two splits that are trained on."""
    for split in SPLITS:
        videos = annotations.subset(split)
        recordings = [
            activitynet13.make_recording(
                name, video, LazyFeatures((activitynet13.SNIPPETS, DIMENSION), partial(noise, name))
            )
            for name, video in videos.items()
        ]
        write_annotations(folder / f"{split}.annotations.json", videos, annotations.classes, version="activitynet13")
        store = FeatureStore(
            write_features(folder, dataset="activitynet13", split=split, recordings=recordings, source={})
        )
        index = make_windows(annotations, store, experiment.resolve("full").params.windows)
        write_json(folder / f"{split}.windows.json", index, indent=None)


def report(
    annotations: Path, *, threads: list[int], stages: Sequence[str] = STAGES, steps_only: int | None = None
) -> list[dict]:
    """Measure in a temporary folder, and print a table."""
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        return measure(annotations, Path(folder), threads=threads, stages=stages, steps_only=steps_only)


def measure(
    annotations: Path, folder: Path, *, threads: list[int], stages: Sequence[str], steps_only: int | None = None
) -> list[dict]:
    """Write the data to ``folder``, train an epoch of each stage with each number of threads, and print each."""
    experiment = Experiment.read(ROOT / "params.yaml", {"dataset": "activitynet13"})
    official = activitynet13.read_official(annotations)
    activitynet13.check_counts(official)
    options = activitynet13.Options()
    write_data(with_all_splits(official, test_share=0, validation_share=options.validation_share), folder, experiment)
    found = []
    for stage in stages:
        for count in threads:
            found.append(run_epoch(folder, stage, count, steps_only))
            print(row(found[-1]), flush=True)
    return found


def run_epoch(folder: Path, stage: str, threads: int, steps_only: int | None) -> dict:
    """Train an epoch in a process of its own."""
    output = folder / f"{stage}_{threads}.txt"
    job = json.dumps({"folder": str(folder), "stage": stage, "threads": threads, "steps_only": steps_only})
    cost = cost_of([sys.executable, __file__, "--job", job], output, environment={"OMP_NUM_THREADS": str(threads)})
    said = json.loads(output.read_text().splitlines()[-1])
    return {"stage": stage, "threads": threads, **said, "peak_bytes": cost.peak_bytes, "own_bytes": cost.own_bytes}


def row(found: dict) -> str:
    """What was measured of an epoch, and what all epochs of its stage take, as a row of a table."""
    share = found["all_steps"] / found["steps"]
    return (
        f"| {found['stage']} | {found['threads']} | {found['steps']} of {found['all_steps']} "
        f"| {found['load_seconds']:.0f} s ({found['load_cpu_seconds']:.0f} s) "
        f"| {found['seconds']:.0f} s ({found['cpu_seconds']:.0f} s) "
        f"| {found['cpu_seconds'] / found['steps']:.3f} s "
        f"| {found['peak_bytes'] / 1e9:.2f} GB | {found['own_bytes'] / 1e9:.2f} GB "
        f"| {found['epochs']}: {found['epochs'] * share * found['cpu_seconds'] / 3600:.1f} h |"
    )


HEADER = (
    "| stage | threads | steps | to begin (processor) | epoch (processor) | processor time a step | peak memory "
    "| without mapped files | all epochs, processor |\n" + "|---" * 9 + "|"
)


def train(folder: Path, stage: str, threads: int, steps_only: int | None) -> dict:
    """Train an epoch here, and say what it took."""
    began, began_cpu = time.perf_counter(), time.process_time()
    import torch

    from react_tad.data.windows import WindowIndex
    from react_tad.devices import use_threads
    from react_tad.training.batches import WindowSet
    from react_tad.training.optimiser import build_optimizer
    from react_tad.training.settings import Settings
    from react_tad.training.trainer import Trainer

    use_threads(threads)
    params = Experiment.read(ROOT / "params.yaml", {"dataset": "activitynet13"}).resolve("full").params
    splits = [
        (FeatureStore.verified(folder / f"{split}.json"), WindowIndex.read(folder / f"{split}.windows.json"))
        for split in SPLITS
    ]
    windows = WindowSet(splits, with_instances_only=True)
    trainer = Trainer(
        Settings(params.model, params.matching, params.loss, params.train, seed=0),
        windows,
        windows,
        validation_map=lambda _: 0.0,
        checkpoints=folder,
        inputs={},
        device=torch.device("cpu"),
    )
    optimizer = build_optimizer(trainer.model, params.train)
    first = trainer.schedule.contrastive_epochs
    epoch = trainer.epoch(0 if stage == "contrastive" else first)
    if epoch.stage != stage:
        raise ValueError(f"the parameters have no stage '{stage}'")
    all_steps = trainer.schedule.steps
    if steps_only:
        few = WindowSet(splits, with_instances_only=True)
        few.examples = few.examples[: steps_only * params.train.batch_size]
        windows = few
    ready, ready_cpu = time.perf_counter(), time.process_time()
    losses = epoch.train(windows, optimizer, device=torch.device("cpu"))
    return {
        "steps": -(-len(windows) // params.train.batch_size),
        "all_steps": all_steps,
        "epochs": first if stage == "contrastive" else params.train.epochs,
        "load_seconds": ready - began,
        "load_cpu_seconds": ready_cpu - began_cpu,
        "seconds": time.perf_counter() - ready,
        "cpu_seconds": time.process_time() - ready_cpu,
        "losses": losses,
    }


def main() -> None:
    """Print a table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="the official annotations")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--steps-only", type=int, metavar="N", help="so many steps of each epoch")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write what was measured")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(train(**{**json.loads(given.job), "folder": Path(json.loads(given.job)["folder"])})))
        return
    if not given.annotations:
        parser.error("--annotations: the official annotations are needed, activity_net.v1-3.min.json or .trainval.json")
    found = report(given.annotations, threads=given.threads, stages=list(given.stages), steps_only=given.steps_only)
    if given.json:
        write_json(given.json, found)


if __name__ == "__main__":
    main()
