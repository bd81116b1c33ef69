"""One HDF5 file with the features of all videos: a data set ``VIDEO`` of numbers ``[snippets, dimension]`` each.

A group ``VIDEO`` that holds one data set is read too; the features that the ActivityNet challenge published
(``v_VIDEO/c3d_features``) are laid out so. Names are compared in Unicode's composed form (NFC).
"""

import unicodedata
from functools import partial
from pathlib import Path

import numpy as np

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError


def features(path: str | Path, *, prefix: str = "") -> dict[str, LazyFeatures]:
    """The features of every video, in the order of the names; ``prefix`` precedes each video's name.

    Raises:
        FeatureError: the file cannot be opened, holds no such data set, or one that is not of numbers ``[snippets >= 1,
            dimension >= 1]``.

    """
    import h5py

    path = Path(path)
    found: dict[str, LazyFeatures] = {}
    try:
        with h5py.File(path, "r") as file:
            for name in file:
                if name.startswith(prefix):
                    video = unicodedata.normalize("NFC", name.removeprefix(prefix))
                    if video in found:
                        raise FeatureError(f"{path}: two names that are both '{video}'; keep one of them")
                    found[video] = _lazy(path, video, _data_set(file[name], f"{path}: video '{video}'"))
    except OSError as error:
        raise FeatureError(f"{path} is not a whole HDF5 file ({error})") from error
    if not found:
        raise FeatureError(f"{path}: no data set {prefix}VIDEO in it; there should be one a video")
    return found


def _data_set(entry, where: str):
    """The data set itself, or the only one of a group."""
    import h5py

    if isinstance(entry, h5py.Group):
        if len(entry) != 1:
            raise FeatureError(f"{where}: a group of {len(entry)}, {sorted(entry)}; it should hold one data set")
        (entry,) = entry.values()
    if not isinstance(entry, h5py.Dataset) or entry.ndim != 2 or not entry.size or entry.dtype.kind not in "fiu":
        raise FeatureError(f"{where}: {entry!r} should be numbers [snippets, dimension]")
    return entry


def _lazy(path: Path, video: str, data_set) -> LazyFeatures:
    return LazyFeatures(data_set.shape, partial(_read, path, data_set.name, video))


def _read(path: Path, name: str, video: str) -> np.ndarray:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return file[name][()]
    except (OSError, KeyError) as error:
        raise FeatureError(f"{path}: video '{video}' cannot be read ({error})") from error
