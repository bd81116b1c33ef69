"""Anyone's own features and annotations; docs/own-data.md goes from nothing to a mAP.

Features are a folder with one ``VIDEO.npy`` a video, or one HDF5 file with a data set a video: numbers ``[snippets,
dimension]``, read where they lie. Annotations are ActivityNet-style JSON or a table
(:mod:`react_tad.data.annotations`), whose classes are those of its taxonomy, or, without one, of its instances. Subsets
and missing splits: :mod:`react_tad.data.splits`; when each snippet was: :mod:`react_tad.data.snippet_times`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from react_tad.data import own_features, snippet_times
from react_tad.data.annotation_documents import read_annotation_document
from react_tad.data.annotations import AnnotationError, Annotations, Video, parse_annotations
from react_tad.data.datasets import LazyFeatures, Prepared, Recording
from react_tad.data.own_files import OwnFilesAway, check, recorded, summary
from react_tad.data.published import Published
from react_tad.data.rescaling import rescaled
from react_tad.data.splits import UNUSED, use_subsets, with_all_splits
from react_tad.params.section import Positive

CLASSES: tuple[str, ...] = ()
LICENCE = CITATION = "the user's own data"

ANNOTATIONS = "annotations"
"""Name that the file of annotations is recorded under."""
WHERE = "datasets.custom.options"
SHOWN = 5
"""Names in a message about many videos."""
ENDS_MATCH = 0.1
"""Features that end further than this share of the duration from their video's end are worth a line on the screen."""

Share = Annotated[float, Field(ge=0, lt=1)]


class Options(snippet_times.Times):
    """Where the data are and what they say. Paths are absolute or start in the project's folder."""

    features: str = "own/features"
    """Folder of ``.npy`` files, or one HDF5 file."""
    annotations: str = "own/annotations.json"
    prefix: str = ""
    """What precedes a video's name in the names of its features, such as ``v_``."""
    rescale: Positive | None = None
    """Rescale every video to this many snippets, by linear interpolation; ``time`` has to be ``spread`` then."""
    subsets: dict[str, Literal["training", "validation", "test", "unused"]] = Field(default_factory=dict)
    """What the subsets of the JSON are here, such as ``{validation: test}``; those not named keep their names."""
    validation_share: Share = 0
    """Hold out this share of the training videos for validation, where the JSON has no validation videos."""
    test_share: Share = 0
    """The same for test, taken before that."""


OPTIONS = Options


def published(options: Options) -> dict[str, list[Published]]:
    """No files: the data are the user's."""
    return {}


def expected_counts(options: Options) -> dict[str, int]:
    """Nothing is known of them beforehand."""
    return {}


def own_files(options: Options) -> dict[str, Path]:
    """The user's files, by the names that they are recorded under."""
    check_options(options)
    annotations, features = Path(options.annotations), Path(options.features)
    if not annotations.exists() and not features.exists():
        raise OwnFilesAway(f"neither {annotations} nor {features} is there; {WHERE} should say where your data are")
    return {ANNOTATIONS: annotations} | own_features.files(features, prefix=options.prefix)


def check_options(options: Options) -> None:
    """Refuse options that contradict each other; a :class:`ValueError` names both."""
    snippet_times.check(options, WHERE)
    if options.rescale and options.time != "spread":
        raise ValueError(f"{WHERE}: rescale is given, and time is {options.time}; it needs time: spread")


def prepare(raw_directory: Path, options: Options) -> Prepared:
    """Check annotations and features against each other, and place each snippet in time.

    Raises:
        ValueError: what cannot be used, all faults of a kind at once; names the file, the videos and the values.

    """
    check_options(options)
    listing, path, place = recorded(Path(raw_directory)), Path(options.annotations), Path(options.features)
    check(ANNOTATIONS, path, listing)
    document, unused = use_subsets(read_annotation_document(path, subset="training"), options.subsets, where=str(path))
    annotations = with_all_splits(
        parse_annotations(document, where=str(path)),
        test_share=options.test_share,
        validation_share=options.validation_share,
    )
    features = own_features.open_features(place, listing, prefix=options.prefix)
    features = {video: lazy for video, lazy in features.items() if video not in unused}
    check_pairs(annotations, features, place)
    check_dimensions(features, place)
    if options.rescale:
        features = {video: rescaled(lazy, options.rescale) for video, lazy in features.items()}
    recordings = [
        make_recording(name, video, features[name], document["database"][name], options)
        for name, video in annotations.videos.items()
    ]
    found = tuple(notes(recordings, unused))
    return Prepared(recordings=recordings, source=summary(listing), classes=annotations.classes, notes=found)


def make_recording(
    name: str, video: Video, features: LazyFeatures, entry: Mapping[str, Any], options: Options
) -> Recording:
    """One recording with its place in time; ``entry`` is the video's in the JSON."""
    where = f"{options.annotations}: video '{name}'"
    seconds, first = snippet_times.place(options, entry, duration=video.duration, snippets=len(features), where=where)
    return Recording(
        video=name,
        subset=video.subset,
        duration=video.duration,
        instances=video.instances,
        features=features,
        seconds_per_snippet=seconds,
        first_center_seconds=first,
    )


def check_pairs(annotations: Annotations, features: Mapping[str, LazyFeatures], place: Path) -> None:
    """Refuse videos without features and features without a video, all at once."""
    missing = [video for video in annotations.videos if video not in features]
    foreign = [video for video in features if video not in annotations.videos]
    faults = []
    if missing:
        faults.append(
            f"{annotations.where}: no features in {place} of {listed(missing)}; add them, or give the subset '{UNUSED}'"
        )
    if foreign:
        faults.append(
            f"{place}: {annotations.where} does not know {listed(foreign)}; add an entry, of subset "
            f"'{UNUSED}' if it is to be left out, or take the features away"
        )
    if faults:
        raise AnnotationError("\n".join(faults))


def check_dimensions(features: Mapping[str, LazyFeatures], place: Path) -> None:
    """Refuse features that differ in dimension, all at once."""
    counts = Counter(lazy.shape[1] for lazy in features.values())
    usual, count = counts.most_common(1)[0]
    odd = {video: lazy.shape[1] for video, lazy in features.items() if lazy.shape[1] != usual}
    if odd:
        values = sorted(set(odd.values()))
        raise AnnotationError(
            f"{place}: a snippet has {usual} features in {count} videos, and {', '.join(map(str, values))} in "
            f"{listed(odd)}; it should have as many in all"
        )


def listed(videos: Collection[str]) -> str:
    """Names for a message: all of a few, the first of many."""
    shown = ", ".join(f"'{name}'" for name in sorted(videos)[:SHOWN])
    return f"{len(videos)} video{'s' * (len(videos) > 1)} ({shown}{', ...' * (len(videos) > SHOWN)})"


def notes(recordings: list[Recording], unused: Collection[str]) -> Iterator[str]:
    """What the user may want to see: videos that are left out, and features that end far from their video's end."""
    if unused:
        yield f"left out, of subset '{UNUSED}': {listed(unused)}"
    far = {item.video: item for item in recordings if abs(features_end(item) / item.duration - 1) > ENDS_MATCH}
    if far:
        item = far[min(far)]
        yield (
            f"features that end more than {ENDS_MATCH:.0%} of the duration from their video's end: {listed(far)}. In "
            f"the first, {len(item.features)} snippets end at {features_end(item):g} s of {item.duration:g} s: are the "
            "times right?"
        )


def features_end(recording: Recording) -> float:
    """Where the last snippet ends, in seconds."""
    return recording.first_center_seconds + (len(recording.features) - 0.5) * recording.seconds_per_snippet
