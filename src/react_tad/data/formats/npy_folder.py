"""A folder with one file ``VIDEO.npy`` a video: an array of numbers ``[snippets, dimension]``.

Names are compared in Unicode's composed form (NFC), since file systems and editors write an accent in two ways.
"""

import unicodedata
from functools import partial
from pathlib import Path

import numpy as np

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError


def files(folder: str | Path, *, prefix: str = "") -> dict[str, Path]:
    """The files of a folder by video, in the order of the names; ``prefix`` precedes each video's name.

    Raises:
        FeatureError: there is no such folder, no such file in it, or two names that differ in nothing but their coding.

    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FeatureError(f"{folder} is not a folder; it should hold one file VIDEO.npy a video")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".npy" or path.name.startswith(".") or not path.name.startswith(prefix):
            continue
        video = unicodedata.normalize("NFC", path.stem.removeprefix(prefix))
        if video in found:
            raise FeatureError(f"{folder}: {found[video].name!r} and {path.name!r} are the same name; keep one of them")
        found[video] = path
    if not found:
        raise FeatureError(f"{folder}: no file {prefix}VIDEO.npy in it; there should be one a video")
    return found


def features(path: Path, video: str) -> LazyFeatures:
    """The features of one file.

    Raises:
        FeatureError: it is not a whole ``.npy`` file, or not of numbers ``[snippets >= 1, dimension >= 1]``.

    """
    where = f"{path}: video '{video}'"
    array = _open(path, where)
    if array.ndim != 2 or not array.size or not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise FeatureError(
            f"{where}: an array of {array.dtype} {list(array.shape)}; it should be of numbers [snippets, dimension]"
        )
    return LazyFeatures(array.shape, partial(_open, path, where))


def _open(path: Path, where: str) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise FeatureError(f"{where}: not a whole .npy file of numbers ({error}); write it anew") from error
