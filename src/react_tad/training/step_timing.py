"""How long a training step takes, on generated recordings of any size.

Nothing can be learnt from them; they cost what real ones cost. An instance every 64 snippets makes about as many a
window of 256 as THUMOS14 has.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from torch.profiler import ProfilerActivity, profile

from react_tad.data.annotations import Instance, Video, read_annotations, write_annotations
from react_tad.data.datasets import Recording
from react_tad.data.features import FeatureStore, write_features
from react_tad.data.windows import WindowIndex, make_windows
from react_tad.files import write_json
from react_tad.params.windows import Windows
from react_tad.training.batches import Batch, WindowSet
from react_tad.training.optimiser import build_optimizer
from react_tad.training.settings import Settings
from react_tad.training.step_reports import StepReports
from react_tad.training.trainer import Trainer

RECORDINGS = 8
WINDOWS = 64
"""Windows at least; a run draws from them."""
BETWEEN_INSTANCES = 64
PARTS = ("data", "forward", "losses", "matching", "ace_enc", "backward", "optimizer")
"""What a step is divided into; ``matching`` is within ``losses``, ``ace_enc`` has its own forward pass."""


@dataclass(frozen=True)
class Size:
    """Size of windows and batches."""

    windows: Windows
    dimension: int
    classes: int


@dataclass(frozen=True)
class Timing:
    """What was measured."""

    seconds: float
    """A step, by the clock."""
    cpu_seconds: float
    """A step, on all cores together, without processes that read batches."""
    peak_bytes: int
    """Largest memory: of the process, or on the GPU."""
    shares: dict[str, float]
    """Seconds of a step by part, under the profiler; empty on a GPU, which works behind the host."""


def generate(folder: Path, size: Size) -> WindowSet:
    """Write recordings, cut them, and give their windows."""
    random = numpy.random.default_rng(0)
    classes = [f"class {number:03d}" for number in range(size.classes)]
    snippets = size.windows.length + size.windows.stride * (WINDOWS // RECORDINGS - 1)
    recordings = []
    for number in range(RECORDINGS):
        starts = range(BETWEEN_INSTANCES // 4, snippets - BETWEEN_INSTANCES // 2, BETWEEN_INSTANCES)
        instances = [
            Instance(classes[random.integers(len(classes))], float(start), float(start + BETWEEN_INSTANCES // 2))
            for start in starts
        ]
        recordings.append(
            Recording(
                video=f"recording {number}",
                subset="training",
                duration=float(snippets),
                instances=tuple(instances),
                features=random.standard_normal((snippets, size.dimension), numpy.float32),
                seconds_per_snippet=1.0,
                first_center_seconds=0.5,
            )
        )
    videos = {each.video: Video(each.subset, each.duration, each.instances) for each in recordings}
    write_annotations(folder / "annotations.json", videos, classes, version="generated")
    store = FeatureStore(
        write_features(folder, dataset="generated", split="training", recordings=recordings, source={})
    )
    index = make_windows(read_annotations(folder / "annotations.json"), store, size.windows)
    write_json(folder / "windows.json", index)
    return WindowSet([(store, WindowIndex.read(folder / "windows.json"))], with_instances_only=True)


class Steps:
    """Training steps of one run, as many as are asked for."""

    def __init__(self, settings: Settings, windows: WindowSet, folder: Path, device: torch.device):
        self.trainer = Trainer(
            settings,
            windows,
            windows,
            validation_map=lambda _: 0.0,
            checkpoints=folder,
            inputs={},
            device=device,
        )
        self.epoch = self.trainer.epoch(self.trainer.schedule.contrastive_epochs)  # the detector's first
        self.optimizer = build_optimizer(self.trainer.model, settings.train)
        self.random = numpy.random.default_rng(0)
        self.trainer.model.train()

    def run(self, count: int) -> None:
        """Train for ``count`` steps, and wait for their end."""
        reports = StepReports(lambda terms, videos: FloatingPointError(f"not a finite number: {terms}"))
        for number, batch in enumerate(self._batches(count)):
            self.epoch.step(batch, number, self.random, reports, self.optimizer)
        reports.look(wait=True)
        if self.trainer.device.type == "cuda":
            torch.cuda.synchronize()

    def _batches(self, count: int) -> Iterator[Batch]:
        size = self.trainer.settings.train.batch_size
        order = self.random.integers(len(self.trainer.training), size=count * size).tolist()
        return self.trainer.training.batches(order, size, device=self.trainer.device)


def measure(
    settings: Settings, size: Size, *, device: torch.device, steps: int, warmup: int, keep: bool, trace: Path | None
) -> Timing:
    """Time ``steps`` training steps after ``warmup`` others; ``keep`` the features on the device.

    With ``trace`` one more step is recorded, in the format of Chrome's and Perfetto's viewers.
    """
    with tempfile.TemporaryDirectory() as folder:
        windows = generate(Path(folder), size)
        if keep:
            windows.keep_on(device)
        run = Steps(settings, windows, Path(folder), device)
        run.run(warmup)
        started, cpu_started = time.perf_counter(), time.process_time()
        run.run(steps)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
        peak = _peak_bytes(device)
        shares = {} if device.type == "cuda" else _shares(run, steps=max(1, steps // 4))
        if trace:
            _write_trace(run, trace)
    return Timing(seconds / steps, cpu_seconds / steps, peak, shares)


def _peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in kibibytes


def _shares(run: Steps, *, steps: int) -> dict[str, float]:
    """Seconds of a step by part."""
    with profile(activities=[ProfilerActivity.CPU]) as recorded:
        run.run(steps)
    shares = dict.fromkeys(PARTS, 0.0)
    for event in recorded.key_averages():
        part = "data" if event.key.startswith("enumerate(DataLoader)") else event.key
        if part in shares:
            shares[part] += event.cpu_time_total / 1e6 / steps
    return shares


def _write_trace(run: Steps, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with profile() as recorded:
        run.run(1)
    recorded.export_chrome_trace(str(path))
