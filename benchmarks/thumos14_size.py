"""Write a data set of the size of THUMOS14: its real annotations, with generated features.

    python benchmarks/thumos14_size.py --annotations thumos14.json --to /tmp/thumos14_size

``thumos14.json`` is ActivityNet style, with ``duration`` and ``fps`` of every video. The 200 videos of the official
validation set, which everybody trains on, become the splits ``training`` and ``validation``; with
``train.include_validation`` an epoch runs over all of them. A snippet is every fifth frame, its features are 2048
random numbers: they cost what real ones cost, and nothing can be learnt from them. About 2 GB.
"""

import argparse
import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.data.annotations import Instance, Video, write_annotations
from react_tad.data.datasets import LazyFeatures, Recording
from react_tad.data.features import write_features
from react_tad.files import read_json

DIMENSION = 2048
FRAMES_A_SNIPPET = 5
HELD_OUT = 10
"""One video in so many is of the validation split."""


def snippets(duration: float, fps: float) -> int:
    """Snippets of a video: every fifth of its frames, of which optical flow needs two."""
    return max(1, math.ceil((round(duration * fps) - 1) / FRAMES_A_SNIPPET))


def generated(video: str, length: int) -> np.ndarray:
    """Features ``[length, 2048]`` that depend on the video's name only."""
    random = np.random.default_rng(zlib.crc32(video.encode()))
    return random.standard_normal((length, DIMENSION), np.float32)


def recording(video: str, entry: Mapping[str, Any], split: str) -> Recording:
    """One video with its annotated instances."""
    duration, fps = entry["duration"], entry["fps"]
    length = snippets(duration, fps)
    seconds = FRAMES_A_SNIPPET / fps
    return Recording(
        video=video,
        subset=split,
        duration=duration,
        instances=tuple(Instance(each["label"], *map(float, each["segment"])) for each in entry["annotations"]),
        features=LazyFeatures((length, DIMENSION), lambda: generated(video, length)),
        seconds_per_snippet=seconds,
        first_center_seconds=seconds / 2,
    )


def write(annotations: Path, folder: Path, subset: str = "validation") -> dict[str, list[Recording]]:
    """Write ``annotations.json`` and the features of both splits to ``folder``; give their recordings by split."""
    database = read_json(annotations)["database"]
    videos = {name: entry for name, entry in sorted(database.items()) if entry["subset"].casefold() == subset}
    if not videos:
        raise ValueError(f"{annotations}: no video of subset {subset}")
    splits: dict[str, list[Recording]] = {"training": [], "validation": []}
    for number, (name, entry) in enumerate(videos.items()):
        split = "training" if number % HELD_OUT else "validation"
        splits[split].append(recording(name, entry, split))
    every = [each for own in splits.values() for each in own]
    classes = tuple(sorted({instance.label for each in every for instance in each.instances}))
    written = {each.video: Video(each.subset, each.duration, each.instances) for each in every}
    write_annotations(folder / "annotations.json", written, classes, version="THUMOS14, generated features")
    for split, own in splits.items():
        source = {"features": "generated", "annotations": annotations.name}
        write_features(folder / "features", dataset="thumos14_size", split=split, recordings=own, source=source)
    return splits


def main() -> None:
    """Write what the command line asks for, and print its size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True, help="thumos14.json")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write")
    arguments = parser.parse_args()
    splits = write(arguments.annotations, arguments.to)
    counts = {
        split: {"videos": len(own), "snippets": sum(len(each.features) for each in own)}
        for split, own in splits.items()
    }
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
