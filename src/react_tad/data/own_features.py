"""The user's own features: a folder of ``.npy`` files or one HDF5 file, read where it lies.

They have to be what the recorded checksums say: an HDF5 file before anything of it is read, those of a folder one by
one.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from react_tad.data import own_files
from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError, check_finite
from react_tad.data.formats import npy_folder, video_hdf5
from react_tad.data.own_files import OwnFile

FEATURES = "features"
"""Name of the one file; those of a folder are ``features/VIDEO``."""


def files(path: Path, *, prefix: str = "") -> dict[str, Path]:
    """The files that hold the features, by the name that they are recorded under.

    Raises:
        FeatureError: there is nothing at ``path``, or no features in that folder.

    """
    if path.is_dir():
        return {f"{FEATURES}/{video}": file for video, file in npy_folder.files(path, prefix=prefix).items()}
    if not path.exists():
        raise FeatureError(
            f"{path} is not there; it should be a folder of VIDEO.npy or one HDF5 file with the features"
        )
    return {FEATURES: path}


def open_features(path: Path, listing: Mapping[str, OwnFile], *, prefix: str = "") -> dict[str, LazyFeatures]:
    """Features of every video; numbers are read when they are asked for, and have to be finite then.

    Raises:
        FeatureError: what cannot be used; all files of a folder at once.
        OwnFileError: a file is not the recorded one; those of a folder when they are read.

    """
    if not path.is_dir():
        (file,) = files(path).values()
        own_files.check(FEATURES, file, listing)
        return {video: _checked(lazy, video, path) for video, lazy in video_hdf5.features(path, prefix=prefix).items()}
    found, faults = {}, []
    for video, file in npy_folder.files(path, prefix=prefix).items():
        try:
            lazy = npy_folder.features(file, video)
        except FeatureError as error:
            faults.append(str(error))
        else:
            recorded = partial(own_files.check, f"{FEATURES}/{video}", file, listing)
            found[video] = _checked(lazy, video, file, recorded)
    if faults:
        raise FeatureError("\n".join(faults))
    return found


def _checked(lazy: LazyFeatures, video: str, path: Path, recorded: partial | None = None) -> LazyFeatures:
    return LazyFeatures(lazy.shape, partial(_load, lazy, video, path, recorded))


def _load(lazy: LazyFeatures, video: str, path: Path, recorded: partial | None) -> np.ndarray:
    if recorded:
        recorded()
    features = lazy.load()
    check_finite(features, video, path)
    return features
