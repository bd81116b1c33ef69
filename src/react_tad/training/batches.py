"""Windows as batches of tensors, for training and for inference.

For a GPU, batches are made in pinned memory by other processes, and copied to it one ahead of the one that is computed
with. With :meth:`WindowSet.keep_on` all features are copied to the device once, and windows are cut there.

Batches of training are padded to their longest window. Where a model is looked at, they are padded to
:attr:`WindowSet.nominal_length`: the released code's sampling depends on the padding, and what is said of a window
should not depend on the others in its batch.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from react_tad import segments
from react_tad.data.features import FeatureStore
from react_tad.data.windows import Window, WindowIndex
from react_tad.devices import pinned, send
from react_tad.losses.ace_enc import Anchors, InstanceBank
from react_tad.losses.instance_pairs import Instances
from react_tad.losses.roi_pooling import roi_pool
from react_tad.losses.targets import Targets

CPU = torch.device("cpu")
WORKERS = 2
"""Processes that read batches for a GPU. Where the CPU computes, reading is a small part, and they would compete."""


@dataclass(frozen=True)
class Batch:
    """Windows padded with zeros to one length T."""

    features: Tensor
    """``[B, T, dimension]``."""
    lengths: Tensor
    """Valid snippets a window ``[B]``."""
    anchors: Anchors
    """The instances in the windows: the targets of all losses, and who they are, for ACE-enc."""
    videos: tuple[str, ...]
    """The video of each window."""

    @property
    def targets(self) -> Targets:
        """What the losses compare with."""
        return self.anchors.targets

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device; what is there already stays."""
        features = self.features if self.features.device.type == device.type else send(self.features, device)
        return Batch(features, send(self.lengths, device), self.anchors.to(device), self.videos)

    def pin_memory(self) -> "Batch":
        """The same in pinned memory; ``DataLoader`` calls this."""
        return Batch(pinned(self.features), pinned(self.lengths), self.anchors.pin_memory(), self.videos)

    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor that moves with the batch."""
        targets = self.targets
        return self.features, self.lengths, targets.segments, targets.labels, targets.window


class WindowSet(Dataset):
    """The windows of one or several splits with the features that they point into."""

    def __init__(self, splits: Sequence[tuple[FeatureStore, WindowIndex]], *, with_instances_only: bool = False):
        stores, indices = zip(*splits, strict=True)
        for store, index in splits:
            if store.dimension != stores[0].dimension:
                raise ValueError(
                    f"{store.path}: features have dimension {store.dimension}, "
                    f"those of {stores[0].path} {stores[0].dimension}"
                )
            if index.classes != indices[0].classes:
                raise ValueError(
                    f"windows of {index.split} and {indices[0].split} differ in their classes; make both anew"
                )
        self.splits = tuple(splits)
        self.dimension, self.classes = stores[0].dimension, indices[0].classes
        self.nominal_length = max(index.params.length for index in indices)
        self.examples = [
            (part, window)
            for part, index in enumerate(indices)
            for window in index.windows
            if len(window.labels) or not with_instances_only
        ]
        # Instances and videos of all splits get one numbering.
        self._first_instance = numpy.cumsum([0, *(len(index.instances) for index in indices)])
        self._video_number = {name: number for number, name in enumerate(name for store in stores for name in store)}
        self._first_row = numpy.cumsum([0, *(sum(video.length for video in store.videos.values()) for store in stores)])
        self._resident: Tensor | None = None

    def keep_on(self, device: torch.device) -> None:
        """Copy the features of all splits to ``device``, one video at a time; windows are cut there from now on."""
        rows = int(self._first_row[-1])
        resident = torch.zeros(rows + 1, self.dimension, device=device)  # the last row is padding
        for first, (store, _) in zip(self._first_row, self.splits, strict=False):
            for video in store:
                info = store.info(video)
                own = torch.from_numpy(numpy.array(store[video]))
                resident[first + info.offset : first + info.offset + info.length] = send(own, device)
        self._resident = resident

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.examples)

    def __getitem__(self, position: int) -> tuple[int, Window, numpy.ndarray]:
        """Split, window, and features ``[length, dimension]`` (a view of the file)."""
        part, window = self.examples[position]
        return part, window, self.splits[part][0].slice(window.video, window.first, window.length)

    def batches(
        self,
        order: Sequence[int],
        size: int,
        *,
        padded_length: int = 0,
        device: torch.device = CPU,
        by_recording: bool = False,
    ) -> Iterator[Batch]:
        """Batches of ``size`` windows in the given order, on ``device``; the last may be smaller.

        A batch is padded to its longest window, or to ``padded_length`` if that is more. With ``by_recording`` no batch
        holds windows of two recordings, so that the last of each recording may be smaller.
        """
        runs = groupby(order, lambda number: self.examples[number][1].video) if by_recording else [("", order)]
        groups = [group for _, run in runs for group in _batched(list(run), size)]
        options = {}
        if device.type == "cuda" and self._resident is None:  # forked, since a copy of the arrays would be as large
            options = {"pin_memory": True, "num_workers": WORKERS, "multiprocessing_context": "fork"}
        collate = partial(self._collate, padded_length=padded_length)
        return one_ahead(DataLoader(self, batch_sampler=groups, collate_fn=collate, **options), device)

    def _collate(self, examples: list[tuple[int, Window, numpy.ndarray]], padded_length: int = 0) -> Batch:
        parts, windows, features = zip(*examples, strict=True)
        lengths = torch.tensor([window.length for window in windows])
        total = max(padded_length, int(lengths.max()))
        padded = self._padded(features, total) if self._resident is None else self._cut(parts, windows, total)
        counts = tuple(len(window.labels) for window in windows)
        start_end = numpy.concatenate([window.segments for window in windows])
        shares = segments.center_width(start_end) / numpy.repeat(lengths.numpy(), counts)[:, None]
        label = numpy.concatenate([window.labels for window in windows])
        targets = Targets(torch.from_numpy(shares).float(), torch.from_numpy(label), counts)
        video = numpy.repeat([self._video_number[window.video] for window in windows], counts)
        identity = [self._first_instance[part] + window.instances for part, window in zip(parts, windows, strict=True)]
        instances = Instances(video, label, numpy.concatenate(identity))
        anchors = Anchors.of(instances, targets, lengths)
        return Batch(padded, lengths, anchors, tuple(window.video for window in windows))

    def _padded(self, features: Sequence[numpy.ndarray], length: int) -> Tensor:
        """Features of windows from the files, padded with zeros to ``length`` snippets ``[B, T, dimension]``."""
        padded = torch.zeros(len(features), length, self.dimension)
        for row, own in zip(padded, features, strict=True):
            row[: len(own)] = torch.from_numpy(numpy.array(own))
        return padded

    def _cut(self, parts: Sequence[int], windows: Sequence[Window], length: int) -> Tensor:
        """The same from the features that are kept on the device."""
        rows = numpy.full((len(windows), length), len(self._resident) - 1)
        for row, part, window in zip(rows, parts, windows, strict=True):
            first = self._first_row[part] + self.splits[part][0].info(window.video).offset + window.first
            row[: window.length] = numpy.arange(first, first + window.length)
        return self._resident[send(torch.from_numpy(rows), self._resident.device)]

    def window_bank(self, *, bins: int, form: str = "released") -> InstanceBank:
        """Raw pooled features of every instance of every window, cut to it, as the released code draws partners.

        The ``video`` of such an instance is its window. Windows are padded to their nominal length.
        """
        pooled, window, label, identity = [], [], [], []
        for number in range(len(self)):
            part, own, features = self[number]
            nominal = max(self.splits[part][1].params.length, own.length)
            sequence = torch.zeros(1, nominal, self.dimension)
            sequence[0, : own.length] = torch.from_numpy(numpy.array(features))
            start_end = torch.from_numpy(own.segments).float()
            only = torch.zeros(len(start_end), dtype=torch.long)
            pooled.append(roi_pool(sequence, only, start_end, torch.tensor([own.length]), bins=bins, form=form))
            window += [number] * len(own.labels)
            label += own.labels.tolist()
            identity += (self._first_instance[part] + own.instances).tolist()
        return InstanceBank(
            torch.cat(pooled), Instances(numpy.array(window), numpy.array(label), numpy.array(identity))
        )

    def instance_bank(self, *, bins: int, form: str = "exact") -> InstanceBank:
        """Raw pooled features of every annotated instance, for ACE-enc before the encoder."""
        pooled, video, label, identity = [], [], [], []
        for part, (store, index) in enumerate(self.splits):
            of_video: dict[str, list[int]] = {}
            for number, instance in enumerate(index.instances):
                of_video.setdefault(instance.video, []).append(number)
            for name, numbers in of_video.items():
                sequence = torch.from_numpy(numpy.array(store[name])).unsqueeze(0)
                start_end = torch.tensor([index.instances[number].segment for number in numbers])
                only, length = torch.zeros(len(numbers), dtype=torch.long), torch.tensor([sequence.shape[1]])
                pooled.append(roi_pool(sequence, only, start_end, length, bins=bins, form=form))
                video += [self._video_number[name]] * len(numbers)
                label += [index.instances[number].label for number in numbers]
                identity += [self._first_instance[part] + number for number in numbers]
        who = Instances(numpy.array(video), numpy.array(label), numpy.array(identity))
        return InstanceBank(torch.cat(pooled), who)


def _batched(order: Sequence[int], size: int) -> list[list[int]]:
    return [list(order[first : first + size]) for first in range(0, len(order), size)]


def one_ahead(batches: Iterable[Batch], device: torch.device) -> Iterator[Batch]:
    """Batches on ``device``. A GPU copies the next one, beside its other work, while one is computed with."""
    if device.type != "cuda":
        yield from (batch.to(device) for batch in batches)
        return
    copying = torch.cuda.Stream(device)
    waiting: tuple[Batch, torch.cuda.Event] | None = None
    for batch in batches:
        with torch.cuda.stream(copying):
            following = batch.to(device), copying.record_event()
        if waiting is not None:
            yield _arrived(*waiting, device)
        waiting = following
    if waiting is not None:
        yield _arrived(*waiting, device)


def _arrived(batch: Batch, copied: torch.cuda.Event, device: torch.device) -> Batch:
    """The batch, for work on the current stream, which waits for the copy; the host does not."""
    current = torch.cuda.current_stream(device)
    current.wait_event(copied)
    for tensor in batch.tensors():
        tensor.record_stream(current)  # its memory is not used again before that work is done
    return batch
