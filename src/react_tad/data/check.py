"""Everything that is wrong with a data set at once: its files, annotations and features, as far as they are there."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm import tqdm

from react_tad.data.annotations import NEW, SUBSETS, Video, read_annotations
from react_tad.data.datasets import DataSet, Examined, Recording, standardised
from react_tad.data.doubts import doubts
from react_tad.data.doubts.window_lengths import doubtful_lengths
from react_tad.data.download import fault
from react_tad.data.features import FeatureError, FeatureStore
from react_tad.data.first_use import FirstUse
from react_tad.data.overview import class_table, of_splits, times
from react_tad.data.problems import DataError, Problem
from react_tad.data.published import Published
from react_tad.params.windows import Windows


def check_files(
    published: Mapping[str, Sequence[Published]], directory: Path, mirror: Path | None, folder: str
) -> tuple[dict[str, Path | None], list[Problem]]:
    """Look for each published file, and compare it with what is known of it.

    Args:
        published: versions of each file by its name in ``directory``.
        directory: folder of the downloads; their recorded checksums are there too.
        mirror: looked into for what is not in ``directory``, and in its subfolder ``folder``.
        folder: the data set's name.

    Returns:
        Where each file is, ``None`` for one that is missing or damaged; and what is wrong.

    """
    first_use = FirstUse(directory)
    found: dict[str, Path | None] = {}
    problems = []
    for name, versions in published.items():
        versions = [first_use.expected(version) for version in versions]
        places = [(directory / name, version) for version in versions]
        places += [
            (root / version.name, version)
            for version in versions
            for root in ((mirror, mirror / folder) if mirror else ())
        ]
        faults = [(path, fault(path, version)) for path, version in places if path.is_file()]
        found[name] = next((path for path, wrong in faults if wrong is None), None)
        if found[name] is None and faults:
            path, wrong = faults[0]
            problems.append(Problem(str(path), "", f"damaged or another version: {wrong}", "the published file"))
        elif found[name] is None:
            problems.append(Problem(name, "", "not there", _from_where(versions)))
    return found, problems


def _from_where(versions: Sequence[Published]) -> str:
    version = next((version for version in versions if version.url), None)
    if version is None:
        return "a file that only mirrors have"
    return f"{'by hand' if version.by_hand else 'downloaded'} from {version.url}"


@contextmanager
def gathered(files: Mapping[str, Path | None], directory: Path) -> Iterator[Path]:
    """A folder that has the files under their names: ``directory``, or links to where they are."""
    if all(path is None or path.parent == directory for path in files.values()):
        yield directory
        return
    with TemporaryDirectory() as folder:
        for name, path in files.items():
            if path is not None:
                (Path(folder) / name).symlink_to(path.resolve())
        yield Path(folder)


def check_raw(dataset: DataSet, options: Any, files: Mapping[str, Path | None], directory: Path) -> Examined:
    """Look at what the files hold; a module without ``examine`` needs all of them, as :func:`gathered` has them."""
    try:
        if hasattr(dataset, "examine"):
            examined = dataset.examine(files, options)
            return replace(examined, classes=examined.classes or dataset.CLASSES)
        if None in files.values():
            return Examined({}, [], [])
        prepared = standardised(dataset, dataset.prepare(directory, options))
    except DataError as error:
        return Examined({}, [], error.problems)
    except (ValueError, OSError) as error:
        return Examined({}, [], [Problem(str(directory), "", str(error), "the published data")])
    return Examined(
        {item.video: item.annotated for item in prepared.recordings},
        prepared.recordings,
        [],
        classes=dataset.CLASSES if prepared.classes is None else prepared.classes,
        notes=prepared.notes,
        time_base=prepared.time_base,
    )


def overview(examined: Examined) -> Iterator[str]:
    """The data set in a few lines."""
    splits = [split for split in (*SUBSETS, NEW) if any(each.subset == split for each in examined.videos.values())]
    if not splits:
        return
    yield from class_table(examined.videos, examined.classes)
    yield from of_splits(examined.videos, examined.recordings, splits)
    yield from times(examined.recordings, examined.time_base)
    yield from examined.notes


def all_doubts(examined: Examined, windows: Windows | None) -> Iterator[str]:
    """Sentences on what is probably wrong; ``windows`` as ``params.yaml`` has them, if it does."""
    splits = [split for split in (*SUBSETS, NEW) if any(each.subset == split for each in examined.videos.values())]
    yield from doubts(examined.videos, examined.recordings, examined.classes, splits)
    for split in splits if windows else ():
        of_split = [item for item in examined.recordings if item.subset == split and item.instances]
        lengths = [
            (min(end, item.duration) - start) / item.seconds_per_snippet
            for item in of_split
            for _, start, end in item.instances
            if start < min(end, item.duration)
        ]
        if lengths:
            seconds = median(item.seconds_per_snippet for item in of_split)
            found = doubtful_lengths(lengths, length=windows.length, min_inside=windows.min_inside, seconds=seconds)
            yield from (f"{split}: {doubt}" for doubt in found)


def check_segments(videos: Mapping[str, Video], classes: Sequence[str], where: str) -> list[Problem]:
    """Segments without length, past the end of their video, or with a label that is no class.

    A data set whose classes its annotations name has no ``classes``, and no label is wrong there.
    """
    return [
        Problem(where, name, f"{label} [{start:g}, {end:g}] {what}", expected)
        for name, video in videos.items()
        for label, start, end in (*video.instances, *video.ambiguous)
        for what, expected in _segment_faults(label, start, end, video, classes)
    ]


def _segment_faults(
    label: str, start: float, end: float, video: Video, classes: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if end == start:
        yield "has no length", "an end after its start"
    if start >= video.duration:
        yield "starts past the end of the video", f"a start before {video.duration:.2f} s"
    elif end > video.duration:
        yield "ends past the end of the video", f"an end of at most {video.duration:.2f} s"
    if classes and label not in classes and label not in {ambiguous.label for ambiguous in video.ambiguous}:
        yield "has an unknown label", f"one of {', '.join(classes)}"


def check_numbers(recordings: Sequence[Recording], where: str) -> list[Problem]:
    """Features that are not finite, or cannot be read; one recording is in memory at a time."""
    problems = []
    for recording in tqdm(recordings, "reading features", unit="recording", delay=2):
        try:
            wrong = ~np.isfinite(np.asarray(recording.features, np.float32))
        except (ValueError, OSError) as error:
            problems.append(Problem(where, recording.video, str(error), "features that can be read"))
            continue
        if wrong.any():
            first = int(np.argmax(wrong.any(axis=1)))
            found = f"{int(wrong.sum())} features are no finite numbers, the first in snippet {first}"
            problems.append(Problem(where, recording.video, found, "finite numbers"))
    return problems


def check_converted(folder: Path, classes: Sequence[str]) -> list[Problem]:
    """Annotations and features that were made from the files: ``annotations/SPLIT.json``, ``features/SPLIT.json``."""
    problems = []
    for split in (*SUBSETS, NEW):
        path = folder / "annotations" / f"{split}.json"
        if not path.is_file():
            continue
        try:
            videos = read_annotations(path).videos
        except (ValueError, OSError) as error:
            problems.append(Problem(str(path), "", str(error), "valid annotations"))
            continue
        problems += check_segments(videos, classes, str(path))
        problems += _check_split(folder / "features" / f"{split}.json", videos)
    return problems


def _check_split(manifest: Path, videos: Mapping[str, Video]) -> list[Problem]:
    where = str(manifest)
    try:
        store = FeatureStore(manifest)
    except (ValueError, OSError) as error:
        return [Problem(where, "", str(error), "the features of this split")]
    problems = [Problem(where, name, "no features", "features of every annotated video") for name in videos
                if name not in store and name not in store.without_features]  # fmt: skip
    for name in store:
        if name not in videos:
            problems.append(Problem(where, name, "no annotations in this split", "an entry, which may be empty"))
            continue
        end = store.seconds(name, store.info(name).length)
        tolerance = 1.0 + 2 * store.info(name).seconds_per_snippet
        if abs(end - videos[name].duration) > tolerance:
            problems.append(Problem(where, name, f"features end at {end:.2f} s", f"{videos[name].duration:.2f} s"))
    try:
        store.verify()
    except FeatureError as error:
        problems.append(Problem(where, "", str(error), "finite numbers, as their manifest says"))
    return problems
