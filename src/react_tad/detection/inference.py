"""From a trained model to scored segments in seconds.

Each window is detected on its own, padded to the nominal length; its segments move to video time through the video's
own seconds a snippet. No batch holds windows of two recordings: the last bits of a matrix product depend on its size,
and what is said of a recording should not depend on the others. Nothing is suppressed here: ``soft_nms.py`` does that.
A query becomes its best ``classes_per_query`` detections. With ``cut: window``, what the released code does, a segment
ends where its window does.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch
from tqdm import tqdm

from react_tad import segments
from react_tad.data.annotations import read_annotations
from react_tad.detection.detections import RawDetections
from react_tad.detection.stopwatch import Stopwatch
from react_tad.model.react import Output, ReAct
from react_tad.training.batches import WindowSet


@torch.inference_mode()
def detect(
    model: ReAct,
    windows: WindowSet,
    durations: dict[str, float],
    *,
    batch_size: int,
    classes_per_query: int,
    cut: str,
    device: torch.device,
    progress: bool = True,
    advance: Callable[[int], Any] | None = None,
    watch: Stopwatch | None = None,
) -> RawDetections:
    """Detect actions in every window of one split.

    ``durations`` gives each video's length in seconds: segments are cut to [0, duration], and those that have no length
    left are dropped. ``batch_size``, ``classes_per_query`` and ``cut`` are those of the section ``inference`` of the
    parameters. ``advance(windows)`` is told how many windows are done, in the place of a bar; ``watch`` is given the
    stages ``read`` and ``network``. Raises ``FloatingPointError`` if the model's output is not finite.
    """
    ((store, _),) = windows.splits
    watch = watch or Stopwatch()
    model.eval()
    batches = windows.batches(
        range(len(windows)), batch_size, padded_length=windows.nominal_length, device=device, by_recording=True
    )
    names = tuple(store)
    number_of = {name: number for number, name in enumerate(names)}
    found = _Found(len(windows))
    bar = tqdm(desc="detect", total=len(windows), unit="window", delay=2, disable=not progress or bool(advance))
    for batch in watch.waiting("read", batches):
        with watch.stage("network"):
            scores, labels, shares = best_classes(model(batch.features, batch.lengths), classes_per_query)
        if not numpy.isfinite(scores).all():
            raise FloatingPointError(f"scores are not finite in windows of {', '.join(sorted(set(batch.videos)))}")
        for row, video in enumerate(batch.videos):
            _, window = windows.examples[found.windows]
            within = shares[row].clip(0, 1) if cut == "window" else shares[row]
            seconds = store.seconds(video, window.first + within * window.length)
            found.add(number_of[video], seconds.clip(0, durations[video]), labels[row], scores[row])
        (advance or bar.update)(len(batch.videos))
    bar.close()
    return RawDetections(
        **found.detections(),
        videos=names,
        classes=windows.classes,
        durations=numpy.array([durations[name] for name in names]),
        source="detections of the model",
    )


class _Found:
    """What was found in each of ``count`` windows, in arrays that are made once.

    Small arrays that stay, made between the large ones of the batches, would keep the memory of those from being used
    again: a hundred times what they hold.
    """

    def __init__(self, count: int):
        self.count, self.windows = count, 0
        self._video = numpy.zeros(count, numpy.int32)
        self._start_end = numpy.empty((count, 0, 2))
        self._label = self._score = numpy.empty((count, 0, 0))

    def add(self, video: int, start_end: numpy.ndarray, label: numpy.ndarray, score: numpy.ndarray) -> None:
        """Take the next window: its queries' segments ``[N, 2]``, labels and scores ``[N, classes]``."""
        if not self.windows:
            self._start_end = numpy.empty((self.count, *start_end.shape))
            self._label = numpy.empty((self.count, *label.shape), numpy.int32)
            self._score = numpy.empty((self.count, *score.shape))
        self._video[self.windows] = video
        self._start_end[self.windows], self._label[self.windows] = start_end, label
        self._score[self.windows] = score
        self.windows += 1

    def detections(self) -> dict[str, numpy.ndarray]:
        """Every class of every query whose segment has a length, one after the other, by name of the column.

        What was found is given away: there may be a hundred detections of a query, and no room for them twice.
        """
        _, queries, classes = self._score.shape
        start_end = self._start_end.reshape(-1, 2)
        kept = start_end[:, 1] > start_end[:, 0]  # of the queries
        label, score = self._label.reshape(-1, classes), self._score.reshape(-1, classes)
        self._label = self._score = numpy.empty((0, queries, classes))
        if not kept.all():
            label = label[kept]
            score = score[kept]
        return {
            "video": numpy.repeat(numpy.repeat(self._video, queries)[kept], classes),
            "start": numpy.repeat(start_end[kept, 0], classes),
            "end": numpy.repeat(start_end[kept, 1], classes),
            "label": label.reshape(-1),
            "score": score.reshape(-1),
        }


def durations(annotations: str | Path) -> dict[str, float]:
    """Length in seconds of every annotated video."""
    return {name: video.duration for name, video in read_annotations(annotations).videos.items()}


def best_classes(output: Output, count: int) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """The best classes of each query: scores and labels ``[B, N, count]``, (start, end) as shares ``[B, N, 2]``."""
    scores = output.scores
    best = scores.topk(min(count, scores.shape[-1]), dim=-1)
    ends = segments.start_end(output.decoded.segments[-1])
    return best.values.double().cpu().numpy(), best.indices.cpu().numpy(), ends.double().cpu().numpy()
