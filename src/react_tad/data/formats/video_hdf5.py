"""One HDF5 file with the features of many videos, or of one: data sets of numbers ``[snippets, dimension]``.

- a data set ``VIDEO`` each;
- a group ``VIDEO`` each, that holds one data set (the ActivityNet challenge's ``v_VIDEO/c3d_features``), one called
  ``features`` beside others, or two called ``rgb`` and ``flow``, which are joined in that order;
- two groups ``rgb`` and ``flow``, each with a data set ``VIDEO`` a video, joined likewise;
- nothing but one data set ``features``, or two, ``rgb`` and ``flow``: the video has the name of the file.

Names are compared in Unicode's composed form (NFC). What is read of a file and what is not:
:mod:`react_tad.data.formats.hdf5_file`.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from react_tad.data.features import FeatureError
from react_tad.data.formats import hdf5_file, streams
from react_tad.data.formats.feature_folder import video_of
from react_tad.data.formats.streams import OwnFeatures
from react_tad.data.readable_names import is_unicode, readable


def features(path: str | Path, *, prefix: str = "") -> dict[str, OwnFeatures]:
    """The features of every video, in the order of the names; ``prefix`` precedes each video's name.

    Raises:
        FeatureError: the file cannot be opened, holds no such data set, or one that is not of numbers ``[snippets >= 1,
            dimension >= 1]`` in this file; all of them at once.

    """
    path = Path(path)
    with hdf5_file.opened(path) as file:
        names = _names(file, readable(path))
        if set(names) in ({streams.ALONE}, set(streams.PAIR)):
            return _of_streams(file, path, streams.choose(names), prefix)
        return _videos(file, path, prefix)


def _of_streams(file: Any, path: Path, names: Sequence[str], prefix: str) -> dict[str, OwnFeatures]:
    """A file that holds nothing but streams: of one video, or groups of many."""
    import h5py

    items = {name: hdf5_file.entry(file, name, f"{readable(path)}: '{name}'") for name in names}
    if all(isinstance(item, h5py.Dataset) for item in items.values()):
        return _of_one_video(file, path, names, prefix)
    if len(names) == 1 or not all(isinstance(item, h5py.Group) for item in items.values()):
        return _videos(file, path, prefix)
    return streams.join_videos(
        {f"{readable(path)}, group '{name}'": _videos(group, path, prefix) for name, group in items.items()}
    )


def _names(group: Any, where: str) -> list[str]:
    names = list(group)
    wrong = [name for name in names if not isinstance(name, str) or not is_unicode(name)]
    if wrong:
        raise FeatureError(f"{where}: {streams.listed(wrong, 'name')} not in UTF-8; rename what they name")
    return names


def _of_one_video(file: Any, path: Path, names: Sequence[str], prefix: str) -> dict[str, OwnFeatures]:
    video = video_of(path, prefix)
    where = f"{readable(path)}: video '{readable(video)}'"
    return {video: streams.join([_lazy(file, path, name, where) for name in names], where, names)}


def _videos(group: Any, path: Path, prefix: str) -> dict[str, OwnFeatures]:
    """What is in a group, a video each."""
    found: dict[str, OwnFeatures] = {}
    faults = []
    names = _names(group, readable(path))
    for name in names:
        if not name.startswith(prefix):
            continue
        video = unicodedata.normalize("NFC", name.removeprefix(prefix))
        if video in found:
            faults.append(f"{readable(path)}: two names that are both '{readable(video)}'; keep one of them")
            continue
        where = f"{readable(path)}: video '{readable(video)}'"
        try:
            parts = dict(_parts(group, name, path, where))
            found[video] = streams.join(list(parts.values()), where, list(parts))
        except FeatureError as error:
            faults.append(str(error))
    streams.raise_all(faults)
    if not found:
        there = f"; there is {streams.listed(names, 'name')}" if names else ""
        without = ". The option prefix can be left out" if prefix and names else ""
        raise FeatureError(
            f"{readable(path)}: no data set {prefix}VIDEO in it; there should be one a video{there}{without}"
        )
    return found


def _parts(group: Any, name: str, path: Path, where: str) -> Iterator[tuple[str, OwnFeatures]]:
    """The data set itself, or those of a group that are the streams of one video."""
    import h5py

    item = hdf5_file.entry(group, name, where)
    if not isinstance(item, h5py.Group):
        yield name, _lazy(group, path, name, where)
        return
    names = _names(item, where)
    chosen = streams.choose(names)
    if not chosen:
        found = f", {sorted(map(readable, names))[: streams.SHOWN]}" if names else ""
        raise FeatureError(f"{where}: a group of {len(names)}{found}; it should hold {streams.SHOULD}")
    for part in chosen:
        yield part, _lazy(group, path, f"{name}/{part}", where)


def _lazy(group: Any, path: Path, name: str, where: str) -> OwnFeatures:
    data_set = hdf5_file.entry(group, name, where)
    hdf5_file.check_data_set(data_set, where)
    full = f"{group.name.rstrip('/')}/{name}"
    return OwnFeatures(data_set.shape, partial(hdf5_file.read, path, full, where), (path,))
