"""Write features as those of THUMOS14 are published and of their size: generated, with something to learn in them.

    python benchmarks/thumos14_like.py --from FOLDER --to MIRROR [--options '{"annotations": "actionformer"}']
    REACT_TAD_MIRROR=MIRROR snakemake --cores 2 evaluate --config dataset=thumos14

FOLDER holds the real annotations (and frame counts) under their published names, as ``react-tad data fetch thumos14``
leaves them in ``data/thumos14/downloads``; they are copied. ``rgb_val.h5``, ``flow_val.h5``, ``rgb_test.h5`` and
``flow_test.h5`` are made up: for each video as many frames of 1024 numbers as it has, noise with a pattern of the class
wherever an instance is. What is measured on them says what the pipeline costs and that it learns, and nothing about
ReAct on THUMOS14. About 21 GB.
"""

import argparse
import json
import math
import shutil
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from react_tad.data.annotations import Video
from react_tad.data.datasets import thumos14
from react_tad.files import whole

DIMENSION = 1024
"""Features of a frame in one stream, as published."""
STRENGTH = 0.25
"""How far a class's pattern moves each of so many features, in standard deviations of the noise."""
FRAMES_ALIKE = 5
"""Frames that get the same noise; the pipeline reads one of five."""


def frames(video: Video) -> int:
    """Frames that have features: all but four, since the temporal network sees the flow of five at a time.

    So many give the windows that others count: 3,331 of the validation and 3,682 of the test videos.
    """
    return max(1, round(video.duration * video.fps) - 4)


def features(name: str, video: Video, stream: str, dimension: int = DIMENSION) -> np.ndarray:
    """Features of one stream, float32 ``[frames, dimension]``; they depend on the video and the stream only."""
    count = frames(video)
    noise = np.random.default_rng(zlib.crc32(f"{stream} {name}".encode()))
    made = noise.standard_normal((-(-count // FRAMES_ALIKE), dimension), np.float32).repeat(FRAMES_ALIKE, axis=0)
    made = made[:count]
    for instance in video.instances:
        inside = slice(round(instance.start * video.fps), round(instance.end * video.fps))
        made[inside] += pattern(instance.label, stream, dimension)
    return made


def pattern(label: str, stream: str, dimension: int = DIMENSION) -> np.ndarray:
    """What a class adds to the features of a frame, as far from 0 whatever the dimension."""
    random = np.random.default_rng(zlib.crc32(f"{stream} {label}".encode()))
    return STRENGTH * math.sqrt(DIMENSION / dimension) * random.standard_normal(dimension, np.float32)


def write_streams(folder: Path, part: str, videos: Mapping[str, Video], dimension: int) -> None:
    """Write ``rgb_PART.h5`` and ``flow_PART.h5``."""
    for stream in ("rgb", "flow"):
        with whole(folder / f"{stream}_{part}.h5") as temporary, h5py.File(temporary, "w") as file:
            for name, video in tqdm(sorted(videos.items()), f"{stream}_{part}.h5", unit="video"):
                file[name] = features(name, video, stream, dimension)


def write(source: Path, folder: Path, options: thumos14.Options, dimension: int = DIMENSION) -> dict[str, Video]:
    """Copy the annotations from ``source`` to ``folder``, write the features, and give the annotated videos.

    ``dimension``: features of a frame in one stream.

    Raises:
        FileNotFoundError: names the annotations that are not in ``source``.

    """
    found = {name: at(source, versions) for name, versions in thumos14.published(options).items()}
    made_up = {version.name for version in thumos14.TSN_FILES}
    missing = [name for name, path in found.items() if path is None and name not in made_up]
    if missing:
        raise FileNotFoundError(f"not in {source}: {', '.join(missing)}; see 'react-tad data describe thumos14'")
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in found.items():
        if name not in made_up:
            shutil.copyfile(path, folder / path.name)
    videos = dict(thumos14.examine(found | dict.fromkeys(made_up), options).videos)
    for part, splits in (("val", ("training", "validation")), ("test", ("test",))):
        own = {name: video for name, video in videos.items() if video.subset in splits}
        write_streams(folder, part, own, dimension)
    return videos


def at(folder: Path, versions: Sequence[thumos14.Published]) -> Path | None:
    """The version of a published file that is in ``folder``."""
    return next((path for version in versions if (path := folder / version.name).is_file()), None)


def main() -> None:
    """Write what the command line asks for, and print its size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=Path, required=True, metavar="FOLDER", help="real annotations")
    parser.add_argument("--to", type=Path, required=True, metavar="MIRROR", help="folder to write")
    parser.add_argument(
        "--options", type=json.loads, default={}, metavar="JSON", help="of the data set, in params.yaml"
    )
    parser.add_argument("--dimension", type=int, default=DIMENSION, help=f"features of a frame (default: {DIMENSION})")
    arguments = parser.parse_args()
    videos = write(arguments.source, arguments.to, thumos14.Options(**arguments.options), arguments.dimension)
    print(f"{arguments.to}: {len(videos)} videos, {sum(map(frames, videos.values()))} frames a stream")


if __name__ == "__main__":
    main()
