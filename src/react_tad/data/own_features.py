"""The user's own features: folders of ``.npy``, ``.npz`` and HDF5 files, or such files, read where they lie.

Several places are streams of the same videos, such as RGB and flow, and are joined along the dimension. Files have to
be what the recorded checksums say: an HDF5 file before anything of it is read, others when their numbers are. They are
recorded under names that do not say where they lie.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from react_tad.data import own_files
from react_tad.data.features import FeatureError, check_finite
from react_tad.data.formats import arrays, feature_folder, npy_file, npz_file, streams, video_hdf5
from react_tad.data.formats.streams import OwnFeatures
from react_tad.data.own_files import OwnFile
from react_tad.data.readable_names import readable

FEATURES = "features"
"""Name of a file; those of a folder are ``features/VIDEO``, and of several places ``features[0]/VIDEO`` and so on."""


class Own(NamedTuple):
    """Features that were opened."""

    videos: dict[str, OwnFeatures]
    notes: tuple[str, ...]
    """Lines for the screen: what was cut, and what was not read."""


class _File(NamedTuple):
    recorded: str
    """Name that it is recorded under."""
    path: Path
    video: str | None
    """``None`` for an HDF5 file, which names its videos itself."""


def files(places: Sequence[Path], *, prefix: str = "") -> dict[str, Path]:
    """The files that hold the features, by the names that they are recorded under. None is opened.

    Raises:
        FeatureError: there is nothing at a place, no features in a folder, or a place is given twice.

    """
    labels = _labels(places)
    return {
        file.recorded: file.path
        for label, place in labels.items()
        for file in _files(label, place, prefix, _listing(place, prefix))
    }


def open_features(places: Sequence[Path], listing: Mapping[str, OwnFile], *, prefix: str = "") -> Own:
    """Features of every video; numbers are read when they are asked for, and have to be finite then.

    Args:
        places: folders or files; several are streams, joined along the dimension in this order.
        listing: what was recorded of the files.
        prefix: what precedes a video's name in the names of files and data sets.

    Raises:
        FeatureError: what cannot be used, videos that are not in all streams, or streams of one video that differ by
            more than one snippet; all at once.
        OwnFileError: a file is not the recorded one; other files than HDF5 when they are read.

    """
    found, notes = {}, []
    for label, place in _labels(places).items():
        listed = _listing(place, prefix)
        found[readable(place)] = _open(_files(label, place, prefix, listed), prefix, listing)
        notes += feature_folder.notes(listed, place, prefix) if listed else ()
    videos = streams.join_videos(found)
    return Own(videos, (*streams.cut_note(videos.values()), *notes))


def open_recordings(paths: Sequence[Path], *, prefix: str = "") -> dict[str, OwnFeatures]:
    """Features of recordings of which nothing is recorded, as they are given on a command line.

    Args:
        paths: ``.npy``, ``.npz`` and HDF5 files, and folders of them. Each adds its recordings; to join streams, such
            as RGB and flow, open each alone and give them to :func:`react_tad.data.formats.streams.join_videos`.
        prefix: what precedes a recording's name in the names of files and data sets.

    Returns:
        By recording, features whose numbers are read when they are asked for and have to be finite then; ``files`` says
        where they are from. Those of a ``.npy`` file are mapped into memory.

    Raises:
        FeatureError: what cannot be used, or a recording that is in two of the paths; all faults of a path at once.

    """
    found: dict[str, OwnFeatures] = {}
    for path in paths:
        for name, lazy in _open(_files(FEATURES, path, prefix, _listing(path, prefix)), prefix, None).items():
            if name in found:
                raise FeatureError(
                    f"recording '{readable(name)}' is in {readable(found[name].files[0])} and in "
                    f"{readable(lazy.files[0])}; give one of them"
                )
            found[name] = lazy
    return found


def _labels(places: Sequence[Path]) -> dict[str, Path]:
    """The places by the names that they are recorded under."""
    for number, place in enumerate(places):
        if place in places[:number]:
            raise FeatureError(f"{readable(place)} is given twice; its features would stand beside themselves")
    if len(places) == 1:
        return {FEATURES: places[0]}
    return {f"{FEATURES}[{number}]": place for number, place in enumerate(places)}


def _listing(place: Path, prefix: str) -> feature_folder.Listing | None:
    """What is in a folder; nothing of a file."""
    if place.is_dir():
        return feature_folder.files(place, prefix=prefix)
    if not place.exists():
        raise FeatureError(
            f"{readable(place)} is not there; it should be a folder of VIDEO.npy or one HDF5 file with the features"
        )
    return None


def _files(label: str, place: Path, prefix: str, listing: feature_folder.Listing | None) -> Iterator[_File]:
    if listing is None:
        one = place.suffix.lower() in feature_folder.ONE_VIDEO
        yield _File(label, place, feature_folder.video_of(place, prefix) if one else None)
        return
    for video, path in listing.videos.items():
        yield _File(f"{label}/{video}", path, video)
    for name, path in listing.many.items():
        yield _File(f"{label}/{name}", path, None)


def _open(found: Iterator[_File], prefix: str, listing: Mapping[str, OwnFile] | None) -> dict[str, OwnFeatures]:
    """The features in files of one place, by video."""
    videos: dict[str, OwnFeatures] = {}
    faults = []
    for file in found:
        try:
            for video, lazy in _open_file(file, prefix, listing).items():
                if video in videos:
                    both = f"{readable(videos[video].files[0])} and {readable(file.path)}"
                    faults.append(f"{both} have features of the same video '{readable(video)}'; keep one of them")
                videos.setdefault(video, lazy)
        except FeatureError as error:
            faults.append(str(error))
    streams.raise_all(faults)
    return videos


def _open_file(file: _File, prefix: str, listing: Mapping[str, OwnFile] | None) -> dict[str, OwnFeatures]:
    if not file.path.is_file():
        raise FeatureError(f"{readable(file.path)} is no regular file")
    recorded = None if listing is None else partial(own_files.check, file.recorded, file.path, listing)
    if file.video is None:
        if recorded:
            recorded()
        _check_hdf5(file.path)
        opened = video_hdf5.features(file.path, prefix=prefix)
        return {video: _checked(lazy, video, None) for video, lazy in opened.items()}
    reader = npz_file if file.path.suffix.lower() == ".npz" else npy_file
    lazy = reader.features(file.path, f"{readable(file.path)}: video '{readable(file.video)}'")
    return {file.video: _checked(lazy, file.video, recorded)}


def _check_hdf5(path: Path) -> None:
    """Refuse a file that is of another kind, and say what to do with it."""
    with open(path, "rb") as handle:
        head = handle.read(32)
    kind = arrays.kind_of_file(head)
    how = feature_folder.how_to_convert({path.suffix.lower()})
    if how and kind != "an HDF5 file":
        raise FeatureError(f"{readable(path)} is not read; it should be an .npy, .npz or HDF5 file. {how}")
    if kind in ("a .npy file", "a zip archive, as .npz files are"):
        raise FeatureError(f"{readable(path)} is {kind}, and not called so; rename it to VIDEO.npy or VIDEO.npz")


def _checked(lazy: OwnFeatures, video: str, recorded: partial | None) -> OwnFeatures:
    return replace(lazy, load=partial(_load, lazy, video, recorded))


def _load(lazy: OwnFeatures, video: str, recorded: partial | None) -> np.ndarray:
    if recorded:
        recorded()
    features = lazy.load()
    check_finite(features, readable(video), readable(lazy.files[0]))
    return features
