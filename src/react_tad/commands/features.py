"""Turn a data set's raw files into annotations and feature arrays.

Writes ActivityNet-style annotations, and for each of the splits training, validation and test one array SPLIT.npy
and its manifest SPLIT.json (see react_tad.data.features). The raw files have to be what their manifest says.
"""

import argparse
import json
from pathlib import Path

from react_tad.params import validated


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cfg", required=True, metavar="JSON", help="'dataset' and its 'options'")
    parser.add_argument("--raw", required=True, type=Path, metavar="DIR", help="folder written by 'react-tad fetch'")
    parser.add_argument("--annotations", required=True, type=Path, metavar="FILE", help="annotations to write")
    parser.add_argument("--features", required=True, type=Path, metavar="DIR", help="folder for arrays and manifests")


def run(arguments: argparse.Namespace) -> None:
    """Prepare the recordings and write them."""
    from react_tad.data.annotations import SUBSETS, AnnotationError, Video, write_annotations
    from react_tad.data.datasets import find
    from react_tad.data.download import verify_raw
    from react_tad.data.features import write_features

    cfg = json.loads(arguments.cfg)
    dataset = find(cfg["dataset"])
    options = validated(dataset.OPTIONS, cfg.get("options", {}), f"--cfg options of {cfg['dataset']}")
    files = verify_raw(arguments.raw, cfg["dataset"], tuple(dataset.published(options)))
    prepared = dataset.prepare(arguments.raw, options)

    splits = {split: [item for item in prepared.recordings if item.subset == split] for split in SUBSETS}
    videos = {
        item.video: Video(item.subset, item.duration, item.instances, item.ambiguous, item.fps)
        for item in prepared.recordings
    }
    if not any(item.instances for item in splits["training"]):
        raise AnnotationError(
            f"{arguments.annotations}: no instance in the training split; there has to be at least one"
        )
    source = {"options": options.model_dump(mode="json"), "files": files, **prepared.source}
    classes = dataset.CLASSES if prepared.classes is None else prepared.classes
    write_annotations(arguments.annotations, videos | prepared.without_features, classes, version=cfg["dataset"])
    for split, recordings in splits.items():
        write_features(
            arguments.features,
            dataset=cfg["dataset"],
            split=split,
            recordings=recordings,
            source=source,
            without_features=[name for name, video in prepared.without_features.items() if video.subset == split],
            dtype=prepared.dtype,
        )
    for note in prepared.notes:
        print(note)
    for split, recordings in splits.items():
        snippets = sum(len(item.features) for item in recordings)
        instances = sum(len(item.instances) for item in recordings)
        print(f"{split}: {len(recordings)} recordings, {snippets} snippets, {instances} instances")
    if prepared.without_features:
        print(f"without features and still in the ground truth: {len(prepared.without_features)} recordings")
