"""The step ``features``: from a data set's raw files to annotations and feature arrays, a file of each a split.

What is written of a split holds nothing of the others and no place of a file, so that a change elsewhere leaves it as
it is.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from react_tad.data.annotations import NEW, SUBSETS, AnnotationError, Video, write_annotations
from react_tad.data.datasets import DataSet, Prepared, is_own, standardised
from react_tad.data.doubts import WARNING, doubts
from react_tad.data.download import verify_raw
from react_tad.data.features import write_features
from react_tad.data.folds import in_fold
from react_tad.data.overview import class_table, of_splits, times
from react_tad.params.folds import Fold


def prepare(
    name: str,
    dataset: DataSet,
    options: Any,
    *,
    raw: Path,
    annotations: Path,
    features: Path,
    split: str | None = None,
    fold: Fold | None = None,
) -> Iterator[str]:
    """Prepare the recordings of a data set that is called ``name``, and write them.

    ``annotations`` is a file (``.json``) for all of them, or a folder for a file a split; ``features`` is a folder.
    With ``split``, which own data can do, nothing is read or written of the others. With ``fold`` the recordings have
    the splits of that fold, before anything is computed from those of training. Gives lines on what was written.
    Raises if the raw files are not what their manifest says.
    """
    files = verify_raw(raw, name, tuple(dataset.published(options)))
    prepared = _recordings(name, dataset, options, raw, split, fold)
    splits = {each: [item for item in prepared.recordings if item.subset == each] for each in (*SUBSETS, NEW)}
    chosen = [split] if split else [each for each in splits if each != NEW or splits[NEW]]
    if "training" in chosen and not any(item.instances for item in splits["training"]):
        raise AnnotationError(f"{annotations}: no instance in the training split; there has to be at least one")
    source = {"options": options.model_dump(mode="json"), "files": files, **prepared.source}
    if annotations.suffix == ".json":
        _write_annotations(annotations, name, prepared, dataset.CLASSES, chosen)
    for each in chosen:
        if annotations.suffix != ".json":
            _write_annotations(annotations / f"{each}.json", name, prepared, dataset.CLASSES, [each])
        write_features(
            features,
            dataset=name,
            split=each,
            recordings=splits[each],
            source=source | prepared.source_of_split.get(each, {}),
            without_features=[video for video, entry in prepared.without_features.items() if entry.subset == each],
            dtype=prepared.dtype,
        )
    yield from _told(prepared, dataset.CLASSES if prepared.classes is None else prepared.classes, chosen)
    if prepared.without_features:
        yield f"without features and still in the ground truth: {len(prepared.without_features)} recordings"


def _recordings(name: str, dataset: DataSet, options: Any, raw: Path, split: str | None, fold: Fold | None) -> Prepared:
    """All that the splits that are asked for consist of."""
    if split is None:
        splits = [SUBSETS] if fold and is_own(dataset) else []
    elif not is_own(dataset):
        raise ValueError(f"--split {split}: the splits of {name} are prepared together; leave it out")
    elif fold:
        raise ValueError(f"--split {split}: the splits of a fold are prepared together; leave it out")
    else:
        splits = [(split,)]
    prepared = dataset.prepare(raw, options, *splits)
    return standardised(dataset, in_fold(prepared, fold) if fold else prepared)


def _write_annotations(
    path: Path, name: str, prepared: Prepared, classes: Sequence[str], splits: Sequence[str]
) -> None:
    videos = {item.video: item.annotated for item in prepared.recordings} | prepared.without_features
    videos = {video: entry for video, entry in videos.items() if entry.subset in splits}
    write_annotations(path, videos, classes if prepared.classes is None else prepared.classes, version=name)


def _told(prepared: Prepared, classes: Sequence[str], splits: Sequence[str]) -> Iterator[str]:
    """What the user should see before anything is trained; what concerns all splits is told with training's."""
    recordings = prepared.recordings
    videos: dict[str, Video] = {**prepared.annotated, **{item.video: item.annotated for item in recordings}}
    videos |= prepared.without_features
    if SUBSETS[0] in splits:
        yield from class_table(videos, classes)
    yield from of_splits(videos, recordings, splits)
    yield from times(recordings, prepared.time_base)
    yield from prepared.notes
    yield from (WARNING + doubt for doubt in doubts(videos, recordings, classes, splits))
