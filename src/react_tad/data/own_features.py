"""The user's own features: a folder of ``.npy`` files or one HDF5 file, read where it lies.

Each video has a checksum of its own, also where one file holds all, so that a changed video concerns its split only.
Features have to be what the recorded checksums say when they are read.
"""

import hashlib
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

import numpy as np
from tqdm import tqdm

from react_tad.data import own_files
from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError, check_finite
from react_tad.data.formats import npy_folder, video_hdf5
from react_tad.files import sha256

FEATURES = "features"
"""What one file that holds all is called in messages."""


class Seen(TypedDict):
    """What is recorded of the features of one video."""

    sha256: str
    """Of its file; of the numbers, where one file holds all videos."""
    bytes: int
    dimension: int


def names(path: Path, *, prefix: str = "") -> list[str]:
    """The videos that there are features of.

    Raises:
        FeatureError: there is nothing at ``path``, or no features in it.

    """
    _check_there(path)
    return list(npy_folder.files(path, prefix=prefix) if path.is_dir() else video_hdf5.features(path, prefix=prefix))


def _check_there(path: Path) -> None:
    if not path.exists():
        raise FeatureError(
            f"{path} is not there; it should be a folder of VIDEO.npy or one HDF5 file with the features"
        )


def examine(path: Path, directory: Path, *, prefix: str = "") -> dict[str, Seen]:
    """What there is of every video, in the order of the names; ``directory`` remembers it.

    Raises:
        FeatureError: there is nothing at ``path``, or no features in that folder.
        OwnFileError: what cannot be used; all files of a folder at once.

    """
    _check_there(path)
    if path.is_dir():
        return own_files.remembered(npy_folder.files(path, prefix=prefix), directory, _see_file)
    name = f"{FEATURES} {prefix}*" if prefix else FEATURES
    return own_files.remembered({name: path}, directory, partial(_see_all, prefix=prefix))[name]


def _see_file(video: str, path: Path) -> Seen:
    shape = npy_folder.features(path, video).shape
    return Seen(sha256=sha256(path), bytes=path.stat().st_size, dimension=shape[1])


def _see_all(_: str, path: Path, *, prefix: str) -> dict[str, Seen]:
    found = {}
    videos = video_hdf5.features(path, prefix=prefix)
    for video, lazy in tqdm(videos.items(), f"checksums of {path.name}", unit="video", delay=2):
        features = lazy.load()
        found[video] = Seen(sha256=_sha256_of(features), bytes=features.nbytes, dimension=features.shape[1])
    return found


def _sha256_of(features: np.ndarray) -> str:
    digest = hashlib.sha256(f"{features.dtype.str} {features.shape}".encode())
    digest.update(np.ascontiguousarray(features).data)
    return digest.hexdigest()


def open_features(
    path: Path, videos: Collection[str], *, prefix: str = "", listing: Mapping[str, Seen] | None = None
) -> dict[str, LazyFeatures]:
    """Features of ``videos``; numbers are read when they are asked for, and have to be finite and the recorded ones.

    Raises:
        FeatureError: what cannot be used; all files of a folder at once. There is nothing of a video.
        OwnFileError: they are not what ``listing`` says, if it is given; when they are read.

    """
    of_folder = path.is_dir()
    files = npy_folder.files(path, prefix=prefix) if of_folder else dict.fromkeys(videos, path)
    within = {} if of_folder else video_hdf5.features(path, prefix=prefix)
    found, faults = {}, []
    for video in videos:
        try:
            if video not in (files if of_folder else within):
                raise FeatureError(f"{path}: no features of video '{video}'")
            lazy = npy_folder.features(files[video], video) if of_folder else within[video]
        except FeatureError as error:
            faults.append(str(error))
            continue
        recorded = listing[video]["sha256"] if listing is not None else None
        load = _load_file if of_folder else _load_part
        found[video] = LazyFeatures(lazy.shape, partial(load, lazy, video, files[video], recorded))
    if faults:
        raise FeatureError("\n".join(faults))
    return found


def _load_file(lazy: LazyFeatures, video: str, path: Path, recorded: str | None) -> np.ndarray:
    if recorded:
        own_files.check(path, recorded)
    features = lazy.load()
    check_finite(features, video, path)
    return features


def _load_part(lazy: LazyFeatures, video: str, path: Path, recorded: str | None) -> np.ndarray:
    features = lazy.load()
    if recorded and (found := _sha256_of(features)) != recorded:
        raise own_files.changed(f"{path}: video '{video}'", found, recorded)
    check_finite(features, video, path)
    return features
