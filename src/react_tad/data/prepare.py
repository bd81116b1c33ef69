"""The step ``features``: from a data set's raw files to annotations and feature arrays."""

from collections.abc import Iterator
from pathlib import Path

from react_tad.data.annotations import SUBSETS, AnnotationError, Video, write_annotations
from react_tad.data.datasets import find
from react_tad.data.download import verify_raw
from react_tad.data.features import write_features
from react_tad.params.section import validated


def prepare(name: str, given: dict, *, raw: Path, annotations: Path, features: Path) -> Iterator[str]:
    """Prepare the recordings of data set ``name`` with the options ``given``, and write them.

    Gives lines on what was written. Raises if the raw files are not what their manifest says.
    """
    dataset = find(name)
    options = validated(dataset.OPTIONS, given, f"--cfg options of {name}")
    files = verify_raw(raw, name, tuple(dataset.published(options)))
    prepared = dataset.prepare(raw, options)

    splits = {split: [item for item in prepared.recordings if item.subset == split] for split in SUBSETS}
    videos = {
        item.video: Video(item.subset, item.duration, item.instances, item.ambiguous, item.fps)
        for item in prepared.recordings
    }
    if not any(item.instances for item in splits["training"]):
        raise AnnotationError(f"{annotations}: no instance in the training split; there has to be at least one")
    source = {"options": options.model_dump(mode="json"), "files": files, **prepared.source}
    classes = dataset.CLASSES if prepared.classes is None else prepared.classes
    write_annotations(annotations, videos | prepared.without_features, classes, version=name)
    for split, recordings in splits.items():
        write_features(
            features,
            dataset=name,
            split=split,
            recordings=recordings,
            source=source,
            without_features=[video for video, entry in prepared.without_features.items() if entry.subset == split],
            dtype=prepared.dtype,
        )
    yield from prepared.notes
    for split, recordings in splits.items():
        snippets = sum(len(item.features) for item in recordings)
        instances = sum(len(item.instances) for item in recordings)
        yield f"{split}: {len(recordings)} recordings, {snippets} snippets, {instances} instances"
    if prepared.without_features:
        yield f"without features and still in the ground truth: {len(prepared.without_features)} recordings"
