"""The user's own features: folders of ``.npy``, ``.npz`` and HDF5 files, or such files, read where they lie.

Several places are streams of the same videos, such as RGB and flow, and are joined along the dimension. Each video has
a checksum of its own, also where one file holds many, so that a changed video concerns its split only. Features have to
be what the recorded checksums say when they are read.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np
from tqdm import tqdm

from react_tad.data import own_files
from react_tad.data.features import FeatureError, check_finite
from react_tad.data.formats import arrays, feature_folder, npy_file, npz_file, streams, video_hdf5
from react_tad.data.formats.streams import OwnFeatures
from react_tad.data.readable_names import readable
from react_tad.files import sha256

FEATURES = "features"
"""What a file is called in the memory of checksums; those of a folder are ``features/VIDEO``, and of several places
``features[0]/VIDEO`` and so on."""


class Seen(TypedDict):
    """What is recorded of the features of one video."""

    sha256: str
    """Of its file; of the numbers, where one file holds many videos; of these checksums, where there are streams."""
    bytes: int
    snippets: int
    dimension: int


class _File(NamedTuple):
    name: str
    path: Path
    video: str | None
    """``None`` for an HDF5 file, which names its videos itself."""


class _Part(NamedTuple):
    """The features of a video in one place."""

    lazy: OwnFeatures
    whole: bool
    """Whether its file holds nothing else."""


def places(given: str | Sequence[str]) -> list[Path]:
    """Where the features are, as the option ``features`` says: one place, or one a stream."""
    return [Path(given)] if isinstance(given, str) else list(map(Path, given))


def named(given: Sequence[Path]) -> str:
    """Places for a message."""
    return ", ".join(map(readable, given))


def names(given: Sequence[Path], *, prefix: str = "") -> list[str]:
    """The videos that there are features of, in any of the places. Only HDF5 files are opened.

    Raises:
        FeatureError: there is nothing at a place, or no features in it.

    """
    found: dict[str, None] = {}
    for label, place in _labels(given).items():
        for file in _files(label, place, prefix, _listing(place, prefix)):
            own = [file.video] if file.video is not None else video_hdf5.features(file.path, prefix=prefix)
            found |= dict.fromkeys(own)
    return list(found)


def beside(given: Sequence[Path], *, prefix: str = "") -> dict[str, Path]:
    """Where ``VIDEO.json`` beside the features of each video is, or should be; it is called as the video's file is."""
    found = {}
    for label, place in _labels(given).items():
        for file in _files(label, place, prefix, _listing(place, prefix)):
            if file.video is not None:
                found[file.video] = file.path.with_suffix(".json")
            else:
                names = video_hdf5.features(file.path, prefix=prefix)
                found |= {video: file.path.parent / f"{prefix}{video}.json" for video in names}
    return found


def unread(given: Sequence[Path], *, prefix: str = "") -> Iterator[str]:
    """A line on files in the places that are not read, if there are any."""
    for place in given:
        listing = _listing(place, prefix)
        yield from feature_folder.notes(listing, place, prefix) if listing else ()


def examine(given: Sequence[Path], directory: Path, *, prefix: str = "") -> dict[str, Seen]:
    """What there is of every video, in the order of the names; ``directory`` remembers it.

    Raises:
        FeatureError: there is nothing at a place, no features in a folder, or streams that do not fit each other.
        OwnFileError: what cannot be used; all files at once.

    """
    of_place = {label: list(_files(label, place, prefix, _listing(place, prefix)))
                for label, place in _labels(given).items()}  # fmt: skip
    files = {_with_prefix(file, prefix): file for found in of_place.values() for file in found}
    seen = own_files.remembered(
        {name: file.path for name, file in files.items()}, directory, lambda name, _: _see(files[name], prefix)
    )
    found = []
    for place in of_place.values():
        parts: dict[str, Seen] = {}
        for file in place:
            _add(parts, seen[_with_prefix(file, prefix)], file.path)
        found.append(parts)
    shapes = [{video: OwnFeatures((part["snippets"], part["dimension"]), _unread) for video, part in parts.items()}
              for parts in found]  # fmt: skip
    joined = streams.join_videos(dict(zip(map(readable, given), shapes, strict=True)))
    return {
        video: Seen(
            sha256=_combined([parts[video]["sha256"] for parts in found]),
            bytes=sum(parts[video]["bytes"] for parts in found),
            snippets=lazy.shape[0],
            dimension=lazy.shape[1],
        )
        for video, lazy in joined.items()
    }


def _unread() -> np.ndarray:
    raise NotImplementedError("a shape only")


def _with_prefix(file: _File, prefix: str) -> str:
    """Under which a file is remembered: what is seen in an HDF5 file depends on the prefix."""
    return f"{file.name} {prefix}*" if prefix and file.video is None else file.name


def _add(found: dict[str, Seen], more: Mapping[str, Seen], path: Path) -> None:
    for video, seen in more.items():
        if video in found:
            raise FeatureError(f"{readable(path)}: another file has video '{readable(video)}' too; keep one of them")
        found[video] = seen


def _see(file: _File, prefix: str) -> dict[str, Seen]:
    """What there is in one file."""
    found = {}
    parts = _open_file(file, prefix)
    for video, part in tqdm(parts.items(), f"checksums of {readable(file.path.name)}", unit="video", delay=2):
        digest = sha256(file.path) if part.whole else _sha256_of(part.lazy.load())
        snippets, dimension = part.lazy.shape
        size = file.path.stat().st_size if part.whole else snippets * dimension * 4
        found[video] = Seen(sha256=digest, bytes=size, snippets=snippets, dimension=dimension)
    return found


def _sha256_of(features: np.ndarray) -> str:
    digest = hashlib.sha256(f"{features.dtype.str} {features.shape}".encode())
    digest.update(np.ascontiguousarray(features).data)
    return digest.hexdigest()


def _combined(digests: Sequence[str]) -> str:
    """One checksum of those of the streams."""
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


def open_features(
    given: Sequence[Path],
    videos: Collection[str] | None = None,
    *,
    prefix: str = "",
    listing: Mapping[str, Seen] | None = None,
) -> dict[str, OwnFeatures]:
    """Features of ``videos``, or of all; numbers are read when they are asked for, and have to be finite.

    Args:
        given: folders or files; several are streams, joined along the dimension in this order.
        videos: those that are wanted.
        prefix: what precedes a video's name in the names of files and data sets.
        listing: what was recorded of them; the features have to be that when they are read.

    Raises:
        FeatureError: what cannot be used, there is nothing of a video, videos that are not in all streams, or streams
            of one video that differ by more than one snippet; all at once.
        OwnFileError: they are not what ``listing`` says; when they are read.

    """
    labels = _labels(given)
    of_place = [_open(_files(label, place, prefix, _listing(place, prefix)), prefix, videos)
                for label, place in labels.items()]  # fmt: skip
    lazies = [{video: part.lazy for video, part in parts.items()} for parts in of_place]
    joined = streams.join_videos(dict(zip(map(readable, given), lazies, strict=True)))
    missing = [video for video in videos or () if video not in joined]
    streams.raise_all([f"{named(given)}: no features of video '{readable(video)}'" for video in missing])
    found = {}
    for video in joined if videos is None else videos:
        parts = [parts[video] for parts in of_place]
        recorded = listing[video]["sha256"] if listing is not None else None
        load = partial(_load, parts, video, joined[video].shape[0], recorded)
        found[video] = replace(joined[video], load=load)
    return found


def open_recordings(paths: Sequence[Path], *, prefix: str = "") -> dict[str, OwnFeatures]:
    """Features of recordings of which nothing is recorded, as they are given on a command line.

    Args:
        paths: ``.npy``, ``.npz`` and HDF5 files, and folders of them. Each adds its recordings; to join streams, such
            as RGB and flow, give them to :func:`open_features`.
        prefix: what precedes a recording's name in the names of files and data sets.

    Returns:
        By recording, features whose numbers are read when they are asked for and have to be finite then; ``files`` says
        where they are from. Those of a ``.npy`` file are mapped into memory.

    Raises:
        FeatureError: what cannot be used, or a recording that is in two of the paths; all faults of a path at once.

    """
    found: dict[str, OwnFeatures] = {}
    for path in paths:
        for name, lazy in open_features([path], prefix=prefix).items():
            if name in found:
                raise FeatureError(
                    f"recording '{readable(name)}' is in {readable(found[name].files[0])} and in "
                    f"{readable(lazy.files[0])}; give one of them"
                )
            found[name] = lazy
    return found


def _labels(given: Sequence[Path]) -> dict[str, Path]:
    """The places by the names that they are remembered under."""
    for number, place in enumerate(given):
        if place in given[:number]:
            raise FeatureError(f"{readable(place)} is given twice; its features would stand beside themselves")
    if len(given) == 1:
        return {FEATURES: given[0]}
    return {f"{FEATURES}[{number}]": place for number, place in enumerate(given)}


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


def _open(found: Iterator[_File], prefix: str, videos: Collection[str] | None) -> dict[str, _Part]:
    """The features in files of one place, by video; of ``videos``, or of all."""
    wanted = None if videos is None else set(videos)
    parts: dict[str, _Part] = {}
    faults = []
    for file in found:
        if wanted is not None and file.video is not None and file.video not in wanted:
            continue
        try:
            for video, part in _open_file(file, prefix).items():
                if video in parts:
                    both = f"{readable(parts[video].lazy.files[0])} and {readable(file.path)}"
                    faults.append(f"{both} have features of the same video '{readable(video)}'; keep one of them")
                if wanted is None or video in wanted:
                    parts.setdefault(video, part)
        except FeatureError as error:
            faults.append(str(error))
    streams.raise_all(faults)
    return parts


def _open_file(file: _File, prefix: str) -> dict[str, _Part]:
    if not file.path.is_file():
        raise FeatureError(f"{readable(file.path)} is no regular file")
    if file.video is None:
        _check_hdf5(file.path)
        return {video: _Part(lazy, False) for video, lazy in video_hdf5.features(file.path, prefix=prefix).items()}
    reader = npz_file if file.path.suffix.lower() == ".npz" else npy_file
    lazy = reader.features(file.path, f"{readable(file.path)}: video '{readable(file.video)}'")
    return {file.video: _Part(lazy, True)}


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


def _load(parts: Sequence[_Part], video: str, snippets: int, recorded: str | None) -> np.ndarray:
    """The numbers of one video, ``[snippets, dimension]``."""
    digests = [sha256(part.lazy.files[0]) if recorded and part.whole else "" for part in parts]
    loaded = [part.lazy.load() for part in parts]
    if recorded:
        digests = [digest or _sha256_of(features) for digest, features in zip(digests, loaded, strict=True)]
        if (found := _combined(digests)) != recorded:
            where = named([part.lazy.files[0] for part in parts])
            raise own_files.changed(f"{where}: video '{readable(video)}'", found, recorded)
    for part, features in zip(parts, loaded, strict=True):
        check_finite(features, readable(video), readable(part.lazy.files[0]))
    return loaded[0] if len(loaded) == 1 else np.concatenate([features[:snippets] for features in loaded], axis=1)
