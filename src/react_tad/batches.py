"""Windows as batches of tensors, for training and for inference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from react_tad import segments
from react_tad.data.features import FeatureStore
from react_tad.data.windows import Window, WindowIndex
from react_tad.losses.ace_enc import InstanceBank
from react_tad.losses.instance_pairs import Instances
from react_tad.losses.roi_pooling import roi_pool
from react_tad.losses.targets import Targets


@dataclass(frozen=True)
class Batch:
    """Windows padded with zeros to the longest of them."""

    features: Tensor
    """``[B, T, dimension]``."""
    lengths: Tensor
    """Valid snippets a window ``[B]``."""
    targets: Targets
    instances: Instances
    """Who the targets are, for ACE-enc."""
    videos: tuple[str, ...]
    """The video of each window."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        if device.type == "cpu":
            return self
        features, lengths = (each.to(device, non_blocking=True) for each in (self.features, self.lengths))
        return Batch(features, lengths, self.targets.to(device), self.instances, self.videos)


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
        self.examples = [
            (part, window)
            for part, index in enumerate(indices)
            for window in index.windows
            if len(window.labels) or not with_instances_only
        ]
        # Instances and videos of all splits get one numbering.
        self._first_instance = numpy.cumsum([0, *(len(index.instances) for index in indices)])
        self._video_number = {name: number for number, name in enumerate(name for store in stores for name in store)}

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.examples)

    def __getitem__(self, position: int) -> tuple[int, Window, numpy.ndarray]:
        """Split, window, and features ``[length, dimension]`` (a view of the file)."""
        part, window = self.examples[position]
        return part, window, self.splits[part][0].slice(window.video, window.first, window.length)

    def batches(self, order: Sequence[int], size: int, *, pin: bool = False) -> Iterator[Batch]:
        """Batches of ``size`` windows in the given order; the last may be smaller."""
        groups = [list(order[first : first + size]) for first in range(0, len(order), size)]
        return iter(DataLoader(self, batch_sampler=groups, collate_fn=self._collate, pin_memory=pin))

    def _collate(self, examples: list[tuple[int, Window, numpy.ndarray]]) -> Batch:
        parts, windows, features = zip(*examples, strict=True)
        lengths = torch.tensor([window.length for window in windows])
        padded = torch.zeros(len(windows), int(lengths.max()), self.dimension)
        for row, own in zip(padded, features, strict=True):
            row[: len(own)] = torch.from_numpy(numpy.array(own))
        shares = [segments.center_width(window.segments) / window.length for window in windows]
        counts = tuple(len(window.labels) for window in windows)
        label = numpy.concatenate([window.labels for window in windows])
        targets = Targets(torch.from_numpy(numpy.concatenate(shares)).float(), torch.from_numpy(label), counts)
        video = numpy.repeat([self._video_number[window.video] for window in windows], counts)
        identity = [self._first_instance[part] + window.instances for part, window in zip(parts, windows, strict=True)]
        instances = Instances(video, label, numpy.concatenate(identity))
        return Batch(padded, lengths, targets, instances, tuple(window.video for window in windows))

    def instance_bank(self, *, bins: int) -> InstanceBank:
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
                pooled.append(roi_pool(sequence, only, start_end, length, bins=bins))
                video += [self._video_number[name]] * len(numbers)
                label += [index.instances[number].label for number in numbers]
                identity += [self._first_instance[part] + number for number in numbers]
        who = Instances(numpy.array(video), numpy.array(label), numpy.array(identity))
        return InstanceBank(torch.cat(pooled), who)
