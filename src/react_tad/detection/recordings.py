"""New recordings, from files or arrays, as the network reads them: window by window, without annotations.

The numbers of a ``.npy`` file are read where a window needs them, so that memory does not grow with the length of a
recording. Other files are read one recording at a time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.data.datasets import LazyFeatures, find
from react_tad.data.features import FeatureStore, VideoFeatures
from react_tad.data.own_features import open_recordings
from react_tad.data.rescaling import rescaled
from react_tad.data.windows import Window, WindowIndex, window_starts
from react_tad.detection.films import check_extraction
from react_tad.detection.time_base import Placed, TimeBase, place, read_sidecar
from react_tad.params.windows import Windows

SPLIT = "new"
HDF5 = (".h5", ".hdf5", ".hdf")
SIGNAL = ".csv"
"""A raw signal, for data sets whose features are computed here."""
KINDS = (".npy", ".npz", *HDF5, SIGNAL)
"""Suffixes of the files that are looked for in a folder."""
BLOCK_SNIPPETS = 16384
"""Snippets that are looked at together where all numbers are checked."""


class RecordingError(ValueError):
    """Recordings that cannot be used, a line each; names file, video and value, and what the model wants."""


@dataclass(frozen=True, eq=False)
class NewRecording:
    """A recording with its place in time."""

    video: str
    where: str
    """File and video, for messages."""
    features: LazyFeatures
    """As the network sees them, before they are turned into single precision."""
    time: Placed


@dataclass(frozen=True)
class Wanted:
    """What a model wants of features; from its ``model.json``."""

    dimension: int
    dtype: str
    time: Mapping[str, float] | None
    rescaled_to: int | None
    source: Mapping[str, Any]
    dataset: str
    kind: str = ""
    """Name of the data set's module, where it is not its own."""

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Wanted":
        """From the description of a model."""
        features = description["features"]
        own = {name: features[name] for name in ("dimension", "dtype", "time", "rescaled_to", "source")}
        return cls(**own, dataset=description["dataset"]["name"], kind=description["dataset"].get("kind", ""))


class OpenedRecordings(FeatureStore):
    """The features of new recordings in the place of those of a split."""

    def __init__(self, recordings: Sequence[NewRecording], wanted: Wanted):
        self.path = Path(SPLIT)
        self.split, self.dataset = SPLIT, wanted.dataset
        self.dimension, self.dtype = wanted.dimension, np.dtype(wanted.dtype)
        self.recordings = {recording.video: recording for recording in recordings}
        self.videos, offset = {}, 0
        for name, recording in self.recordings.items():
            time, length = recording.time, len(recording.features)
            self.videos[name] = VideoFeatures(name, offset, length, time.seconds_per_snippet, time.first_center_seconds)
            offset += length
        self._opened: tuple[str, np.ndarray] | None = None

    def slice(self, video: str, first: int, length: int) -> np.ndarray:
        """Give snippets ``first`` to ``first + length - 1`` of ``video``, float32 ``[length, dimension]``.

        They are rounded as those are that the model was trained on, where these are stored in half precision.
        """
        if self._opened is None or self._opened[0] != video:
            self._opened = None  # one recording in memory at a time
            self._opened = video, self.recordings[video].features.load()
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
            numbers = np.asarray(_rows(self._opened[1], first, length), np.float32)
            return numbers if self.dtype == np.float32 else numbers.astype(self.dtype).astype(np.float32)

    def check_numbers(self) -> Iterator[str]:
        """Read everything, and give a line on each recording with a number that is not finite."""
        for name, recording in self.recordings.items():
            try:
                for first in range(0, len(recording.features), BLOCK_SNIPPETS):
                    length = min(BLOCK_SNIPPETS, len(recording.features) - first)
                    _check_finite(self.slice(name, first, length), recording.where, first)
            except (ValueError, OSError) as error:
                yield str(error)
        self._opened = None


def _check_finite(features: np.ndarray, where: str, first: int) -> None:
    finite = np.isfinite(features).all(axis=1)
    if not finite.all():
        snippet = int(np.argmin(finite))
        value = features[snippet][~np.isfinite(features[snippet])][0]
        raise RecordingError(f"{where}, snippet {first + snippet}: a feature is {value}; all must be finite")


def _rows(array: np.ndarray, first: int, length: int) -> np.ndarray:
    """Rows of an array; those of a mapped file are read, so that none of it stays in memory."""
    if not (isinstance(array, np.memmap) and array.flags.c_contiguous):
        return array[first : first + length]
    with open(array.filename, "rb") as handle:
        handle.seek(array.offset + first * array.strides[0])
        return np.fromfile(handle, array.dtype, length * array.shape[1]).reshape(length, array.shape[1])


def index_windows(store: FeatureStore, classes: Sequence[str], params: Windows) -> WindowIndex:
    """The windows of recordings of which nothing is annotated, cut as those of a split."""
    nothing = {
        "segments": np.empty((0, 2)),
        "labels": np.empty(0, np.int64),
        "inside": np.empty(0),
        "instances": np.empty(0, np.int64),
    }
    windows = [
        Window(video, first, min(params.length, info.length - first), **nothing)
        for video, info in store.videos.items()
        for first in window_starts(info.length, length=params.length, stride=params.stride)
    ]
    return WindowIndex(windows, tuple(classes), SPLIT, params, {}, [])


def open_arrays(arrays: Mapping[str, Any], wanted: Wanted, said: TimeBase) -> list[NewRecording]:
    """Recordings from arrays ``[snippets, dimension]`` by name.

    Raises:
        RecordingError: arrays that the model cannot read, or recordings without a place in time; all at once.

    """
    opened = []
    for name, array in arrays.items():
        features = array if isinstance(array, np.ndarray) else np.asarray(array)
        opened.append(_Opened(str(name), f"recording '{name}'", LazyFeatures(features.shape, lambda own=features: own)))
    return _placed(opened, [], wanted, said)


def open_files(
    paths: Iterable[str | Path], wanted: Wanted, said: TimeBase, *, films: Mapping[Path, Path] | None = None
) -> list[NewRecording]:
    """Recordings from files and folders, in the order in which they are given, those of a folder by name.

    A file is ``.npy`` (its name is the video's), HDF5 (a data set a video), or, for a model whose features are computed
    here, ``.csv`` with the raw signal. Only headers are read, and ``VIDEO.json`` beside a file. ``films`` says which
    film a file was extracted from, for messages.

    Raises:
        RecordingError: what cannot be used, all of it at once.

    """
    opened, faults = [], []
    for path in map(Path, paths):
        for file in _files(path, faults):
            try:
                opened += _open(file, wanted, (films or {}).get(file, file))
            except (ValueError, OSError) as error:
                faults.append(str(error))
    return _placed(opened, faults, wanted, said)


@dataclass(frozen=True, eq=False)
class _Opened:
    """Features of a video before they are looked at."""

    video: str
    where: str
    features: LazyFeatures
    beside: Path | None = None
    """The folder of its file."""
    time: TimeBase | None = None
    """What the file itself says."""


def _files(path: Path, faults: list[str]) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            faults.append(f"{path} is not there; it should be a file of features or a folder of such files")
        return [path] * path.exists()
    found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in KINDS and not file.name.startswith(".")]
    if not found:
        names = sorted(file.name for file in path.iterdir())
        there = f"it has {', '.join(names[:5])}{', ...' * (len(names) > 5)}" if names else "it is empty"
        faults.append(f"{path}: no features in this folder: {there}; there should be files {', '.join(KINDS)}")
    return found


def _open(path: Path, wanted: Wanted, where: Path) -> list[_Opened]:
    """The recordings of one file, which is called ``where`` in messages."""
    if path.suffix.lower() == SIGNAL:
        return [_open_signal(path, wanted)]
    return [
        _Opened(name, f"{where}: video '{name}'", lazy, path.parent) for name, lazy in open_recordings([path]).items()
    ]


def _open_signal(path: Path, wanted: Wanted) -> _Opened:
    read = getattr(find(wanted.kind or wanted.dataset), "read_signal", None)
    if read is None:
        raise RecordingError(
            f"{path}: the model wants features, {_wants(wanted)}, as .npy or HDF5: those of the data set "
            f"'{wanted.dataset}' are not computed from a signal here"
        )
    recording = read(path, wanted.source)
    own = TimeBase(recording.seconds_per_snippet, recording.first_center_seconds, recording.duration)
    return _Opened(recording.video, f"{path}: video '{recording.video}'", recording.features, path.parent, own)


def _placed(opened: Sequence[_Opened], faults: list[str], wanted: Wanted, said: TimeBase) -> list[NewRecording]:
    """Check every recording and place it in time."""
    if said.duration is not None and len(opened) > 1:
        faults.append(
            f"a duration of {said.duration:g} s is given for {len(opened)} recordings; give that of each in a file "
            "VIDEO.json beside it"
        )
    found: dict[str, NewRecording] = {}
    origins: dict[str, str] = {}
    for each in opened:
        if each.video in origins:
            faults.append(f"{each.where}: this name is taken by {origins[each.video]}; names have to be unique")
            continue
        origins[each.video] = each.where
        try:
            found[each.video] = _place(each, wanted, said)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise RecordingError("\n".join(faults))
    return list(found.values())


def _place(each: _Opened, wanted: Wanted, said: TimeBase) -> NewRecording:
    _check_shape(each.features.shape, each.where, wanted)
    beside = TimeBase()
    if each.beside:
        file = each.beside / f"{each.video}.json"
        beside = read_sidecar(file)
        check_extraction(file, wanted.source, each.where)
    snippets, rescale = each.features.shape[0], wanted.rescaled_to
    time = place(
        said,
        beside.over(each.time or TimeBase()),
        wanted.time,
        snippets=snippets,
        rescaled_to=rescale,
        where=each.where,
    )
    features = rescaled(each.features, rescale) if rescale and rescale != snippets else each.features
    return NewRecording(each.video, each.where, features, time)


def _check_shape(shape: tuple[int, ...], where: str, wanted: Wanted) -> None:
    said = f"{where}: an array {list(shape)}; the model wants {_wants(wanted)}"
    if len(shape) == 2 and shape[1] != wanted.dimension and shape[0] == wanted.dimension:
        raise RecordingError(f"{said}: this one is [dimension, snippets]; transpose it (array.T)")
    if len(shape) != 2 or shape[1] != wanted.dimension:
        raise RecordingError(said)
    if not shape[0]:
        raise RecordingError(f"{said}, and at least one snippet")


def _wants(wanted: Wanted) -> str:
    return f"[snippets, {wanted.dimension}]"
