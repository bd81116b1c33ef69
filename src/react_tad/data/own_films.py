"""The user's own films, where the workflow extracts their features: which there are, and what was extracted.

Films and the network are read where they are; their contents decide what has to be extracted. What was extracted is in
``data/D/extracted``: ``VIDEO.npy`` and ``VIDEO.json`` a film, as ``react-tad extract`` writes them.
"""

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
from pydantic import Field

from react_tad.data import own_files, sidecars
from react_tad.data.finite import FeatureError
from react_tad.data.formats import npy_file
from react_tad.data.formats.streams import OwnFeatures, listed, raise_all
from react_tad.data.own_files import OwnFileError
from react_tad.data.readable_names import readable
from react_tad.data.sidecars import Beside
from react_tad.data.video_files import find_videos
from react_tad.files import read_json, sha256
from react_tad.params.section import ParameterError, Positive, Section

EXTRACTED = "extracted"
"""Folder of what was extracted, beside that of the raw files."""
AboveZero = Annotated[float, Field(gt=0)]


class Films(Section):
    """Options of a data set whose features are extracted; ``fps`` and ``stride_frames`` are among those of time."""

    videos: str | None = None
    """Folder of films, or one; it is given in the place of ``features``."""
    backbone: str | None = None
    """The network: a folder, or a name on the Hugging Face hub."""
    frames: Positive | None = None
    """Frames a clip; None is what the network was trained on."""
    step: Positive = 1
    """From frame to frame of a clip."""
    stride_seconds: AboveZero | None = None
    """From clip to clip; without it and ``stride_frames`` half a clip."""
    dtype: Literal["float32", "float16"] = "float32"
    """What features are stored in."""
    half: bool = False
    """Compute in float16, on a GPU."""
    batch_size: Positive = 8
    """Clips at a time. That changes the speed, and results on a GPU by rounding."""


PLACES = ("videos", "backbone", "batch_size")
"""Options that say where something is, or how fast it goes. Films and networks have checksums."""
OF_CLIPS = ("fps", "stride_frames")
"""Options of time that say something of clips here."""


class SeenFilm(TypedDict):
    """What is recorded of a film."""

    sha256: str
    bytes: int


def check(options: Any, where: str) -> None:
    """Refuse options that contradict each other; a :class:`ParameterError` names both."""
    given = options.model_fields_set
    if not options.videos:
        alone = [name for name in Films.model_fields if name in given and getattr(options, name) is not None]
        if alone:
            raise ParameterError(f"{where}: {alone[0]} is given, and videos is not: the folder of films to extract")
        if options.features is None:
            raise ParameterError(f"{where}: features is null; it should say where features are, or videos where films")
        return
    if "features" in given and options.features is not None:
        raise ParameterError(
            f"{where}: videos = {options.videos} and features = {options.features}: features are extracted from the "
            "films, or are there; give one of them (on the command line, features: null takes them away)"
        )
    if not options.backbone:
        raise ParameterError(f"{where}: videos is given, and backbone is not: a network's folder or name on the hub")
    if options.time != "sidecar":
        raise ParameterError(f"{where}: time is {options.time}, and videos is given: they say themselves; leave it out")
    if options.stride_frames is not None and options.stride_seconds is not None:
        raise ParameterError(
            f"{where}: stride_frames = {options.stride_frames:g} and stride_seconds = {options.stride_seconds:g}; give "
            "one of them"
        )
    if options.stride_frames is not None and options.stride_frames != int(options.stride_frames):
        raise ParameterError(f"{where}: stride_frames = {options.stride_frames:g} should be a whole number of frames")


def command_line(options: Any) -> list[str]:
    """The options of ``react-tad extract`` that decide what comes out."""
    names = ("frames", "step", "fps", "stride_seconds", "dtype")
    values = {name: getattr(options, name) for name in names}
    values["stride_frames"] = options.stride_frames and int(options.stride_frames)
    words = [(f"--{name.replace('_', '-')}", str(value)) for name, value in values.items() if value is not None]
    return [word for pair in words for word in pair] + ["--half"] * options.half


def find(options: Any) -> dict[str, Path]:
    """The films by name.

    Raises:
        VideoError: there are none, or two of one name.

    """
    return find_videos([options.videos], prefix=options.prefix)


def examine(films: Mapping[str, Path], options: Any, directory: Path, where: str) -> tuple[dict[str, SeenFilm], str]:
    """Checksums of films, and the digest of the network; ``directory`` remembers them.

    Raises:
        OwnFileError: a file cannot be read, or there is no such network.

    """
    network = network_files(options.backbone, where)
    files = {f"videos/{name}": path for name, path in films.items()}
    files |= {f"backbone/{name}": path for name, path in network.items()}
    seen = own_files.remembered(files, directory, lambda _, path: _see(path))
    parts = {name: seen[f"backbone/{name}"]["sha256"] for name in network}
    return {name: seen[f"videos/{name}"] for name in films}, own_files.digest(parts or options.backbone)


def _see(path: Path) -> SeenFilm:
    try:
        return SeenFilm(sha256=sha256(path), bytes=path.stat().st_size)
    except OSError as error:
        raise OwnFileError(f"{readable(path)} cannot be read: {error.strerror}") from error


def network_files(backbone: str, where: str) -> dict[str, Path]:
    """The files of a network's folder that say what it computes; none of one on the hub, which its name stands for.

    Raises:
        OwnFileError: it is neither.

    """
    folder = Path(backbone)
    if folder.is_dir():
        found = {path.name: path for path in sorted(folder.iterdir()) if path.suffix in (".json", ".safetensors")}
        if "config.json" not in found:
            raise OwnFileError(f"{where}.backbone = {backbone}: no config.json in this folder; it is no network's")
        return found
    on_the_hub = len(folder.parts) <= 2 and not folder.is_absolute() and not backbone.startswith(".")
    if not on_the_hub or (folder.parent != Path() and folder.parent.is_dir()):
        raise OwnFileError(
            f"{where}.backbone = {backbone} is not there; it should be the folder of a network, or a name on the "
            "Hugging Face hub"
        )
    return {}


def read_extracted(folder: Path, listing: Mapping[str, SeenFilm]) -> dict[str, Beside]:
    """What was extracted of films, as ``VIDEO.json`` says.

    Raises:
        OwnFileError: something was not extracted, or of another film than ``listing`` says; all at once.

    """
    found, missing, others = {}, [], []
    for video, film in listing.items():
        path = folder / f"{video}.json"
        if not (path.is_file() and path.with_name(f"{video}.npy").is_file()):
            missing.append(video)
        elif _source(path) != film["sha256"]:
            others.append(video)
        else:
            found[video] = sidecars.read(path)
    faults = [f"{folder}: nothing was extracted from {listed(missing)}; 'snakemake features' does"] * bool(missing)
    faults += [
        f"{folder}: {listed(others)} changed after the features were extracted, or while they were; start snakemake "
        "again"
    ] * bool(others)
    if faults:
        raise OwnFileError("\n".join(faults))
    return found


def _source(path: Path) -> str:
    try:
        return read_json(path)["source"]["sha256"]
    except (KeyError, TypeError) as error:
        raise OwnFileError(f"{path} is not of 'react-tad extract'; remove it to have it made anew") from error


def open_extracted(folder: Path, videos: Collection[str]) -> dict[str, OwnFeatures]:
    """Features that were extracted, numbers read when they are asked for; they have to be what ``VIDEO.json`` says."""
    found, faults = {}, []
    for video in videos:
        path = folder / f"{video}.npy"
        try:
            lazy = npy_file.features(path, f"{readable(path)}: video '{readable(video)}'")
        except FeatureError as error:
            faults.append(str(error))
            continue
        found[video] = OwnFeatures(lazy.shape, partial(_load, lazy, path), files=lazy.files)
    raise_all(faults)
    return found


def _load(lazy: OwnFeatures, path: Path) -> np.ndarray:
    recorded = read_json(path.with_suffix(".json")).get("sha256")
    if (found := sha256(path)) != recorded:
        raise OwnFileError(
            f"{path}: sha256 {found}, where the file beside it says {recorded}; remove it to have it made anew"
        )
    return lazy.load()
