"""Features of every frame in HDF5: a file a stream (RGB, flow), in each a dataset ``[frames, dimension]`` a video.

G-TAD publishes the TSN features of THUMOS14 so: ``rgb_val.h5``, ``flow_val.h5``, ``rgb_test.h5``, ``flow_test.h5``,
1024 features a stream. One stream may be a frame longer than the other (flow is between frames).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError
from react_tad.data.formats import hdf5_file
from react_tad.data.problems import Problem
from react_tad.data.readable_names import readable

BLOCK_SNIPPETS = 256
"""Snippets that are read at a time: frames in between are read with them, which is faster than row by row."""


def open_per_frame(
    paths: Sequence[Path], *, step: int, frames_apart: int = 1
) -> tuple[dict[str, LazyFeatures], list[Problem]]:
    """Every ``step``-th frame of each video, the streams side by side.

    The frames are 0, step, 2 * step, ... of as many as the shortest stream has: ceil(frames / step) snippets.

    Args:
        paths: one file a stream, in the order in which their features stand side by side.
        step: frames from one snippet to the next.
        frames_apart: how much the lengths of the streams of one video may differ.

    Returns:
        Lazy features ``[snippets, sum of dimensions]`` by video, in the order of the first file, and what is wrong: a
        video that is not in all files, a dataset that is not ``[frames >= 1, dimension]``, streams of other lengths.

    Raises:
        ValueError: a file is not HDF5.

    """
    shapes = [_shapes(path) for path in paths]
    names = list(dict.fromkeys(name for of_file in shapes for name in of_file))
    videos, problems = {}, []
    for name in names:
        own = [of_file.get(name) for of_file in shapes]
        faults = _faults(name, own, paths, frames_apart)
        problems += faults
        if not faults:
            frames = min(shape[0] for shape in own)
            shape = (-(-frames // step), sum(shape[1] for shape in own))
            videos[name] = LazyFeatures(shape, _reader(list(paths), name, frames, step))
    return videos, problems


def _shapes(path: Path) -> dict[str, tuple[int, int] | str]:
    """The shapes of a file's data sets, or what is wrong with one."""
    with hdf5_file.opened(path) as file:
        return {readable(name): _shape(file, name) for name in file}


def _shape(file: Any, name: str) -> tuple[int, int] | str:
    try:
        data_set = hdf5_file.entry(file, name, "features")
        hdf5_file.check_data_set(data_set, "features")
    except FeatureError as error:
        return str(error)
    return data_set.shape


def _faults(
    name: str, shapes: Sequence[tuple[int, int] | str | None], paths: Sequence[Path], frames_apart: int
) -> list[Problem]:
    faults = [Problem(str(path), name, "no features", "a dataset of this video") for path, shape in
              zip(paths, shapes, strict=True) if shape is None]  # fmt: skip
    for path, shape in zip(paths, shapes, strict=True):
        if isinstance(shape, str):
            faults.append(Problem(str(path), name, shape, "[frames, dimension]"))
    if not faults and max(shape[0] for shape in shapes) - min(shape[0] for shape in shapes) > frames_apart:
        lengths = ", ".join(f"{path.name} {shape[0]}" for path, shape in zip(paths, shapes, strict=True))
        expected = f"streams that differ by at most {frames_apart} frame{'s' * (frames_apart != 1)}"
        faults.append(Problem(str(paths[0].parent), name, f"frames: {lengths}", expected))
    return faults


def _reader(paths: list[Path], name: str, frames: int, step: int):
    def read() -> np.ndarray:
        return np.concatenate([_every(path, name, frames, step) for path in paths], axis=1)

    return read


def _every(path: Path, name: str, frames: int, step: int) -> np.ndarray:
    """Rows 0, step, ... below ``frames`` of one stream, float32, read block by block."""
    where = f"{readable(path)}: video '{name}'"
    with hdf5_file.opened(path) as file:
        dataset = hdf5_file.entry(file, name, where)
        hdf5_file.check_data_set(dataset, where)
        block = BLOCK_SNIPPETS * step
        parts = [
            dataset[first : min(first + block, frames)][::step].astype(np.float32) for first in range(0, frames, block)
        ]
    return np.concatenate(parts)
