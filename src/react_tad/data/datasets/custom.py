"""Anyone's own features and annotations; docs/own-data.md goes from nothing to a mAP.

Features are a folder with one ``VIDEO.npy`` a video, one HDF5 file with a data set a video, or several of these as
streams: numbers ``[snippets, dimension]``, read where they lie (:mod:`react_tad.data.own_features`). Annotations are
ActivityNet-style JSON or a table (:mod:`react_tad.data.annotations`), whose classes are those of its taxonomy, or,
without one, of its instances. Subsets and missing splits: :mod:`react_tad.data.splits`; when each snippet was:
:mod:`react_tad.data.snippet_times`. Recordings of subset ``new`` are only detected in.

Instead of features there may be films (``videos``), whose features the workflow extracts: see
:mod:`react_tad.data.own_films`.

There may be several such data sets: a block of any name under ``datasets`` in ``params.yaml`` that says ``kind:
custom``.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from react_tad.data import own_features, own_films, sidecars, snippet_times
from react_tad.data.annotations import NEW, group_of
from react_tad.data.datasets import Examined, LazyFeatures, OwnSplit, Prepared, Recording
from react_tad.data.formats.streams import cut_note, listed
from react_tad.data.own_features import Seen
from react_tad.data.own_files import OwnFileError, digest
from react_tad.data.own_films import SeenFilm
from react_tad.data.own_recordings import OwnRecordings, check_shapes, read_annotated, read_recordings
from react_tad.data.problems import Faults, Problem
from react_tad.data.published import Published
from react_tad.data.rescaling import LONGEST, rescaled
from react_tad.data.sidecars import Beside
from react_tad.files import read_json
from react_tad.params.section import ParameterError, checked

CLASSES: tuple[str, ...] = ()
LICENCE = CITATION = "the user's own data"
FOLDS_BY = ("group", "video")

WHERE = "options of own data"
ENDS_MATCH = 0.1
"""Features that end further than this share of the duration from their video's end are worth a line on the screen."""

Share = Annotated[float, Field(ge=0, lt=1)]


class Options(snippet_times.Times, own_films.Films):
    """Where the data are and what they say. Paths are absolute or start in the project's folder."""

    time: Literal["spread", "seconds", "frames", "sidecar"] = Field(
        default_factory=lambda before: "sidecar" if before.get("videos") else "spread"
    )
    features: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default_factory=lambda before: None if before.get("videos") else "own/features"
    )
    """Folder of ``.npy``, ``.npz`` or HDF5 files, or such a file; a list of them is joined along the dimension. Null
    where ``videos`` is given."""
    annotations: str = "own/annotations.json"
    prefix: str = ""
    """What precedes a video's name in the names of its features, such as ``v_``."""
    rescale: Annotated[int, Field(gt=0, le=LONGEST)] | None = None
    """Rescale every video to this many snippets, by linear interpolation; ``time`` has to be ``spread`` then."""
    subsets: dict[str, Literal["training", "validation", "test", "new", "unused"]] = Field(default_factory=dict)
    """What the subsets of the JSON are here, such as ``{validation: test}``; those not named keep their names."""
    unlisted: Literal["refuse", "new"] = "refuse"
    """Features that the JSON does not know: an error, or recordings of subset ``new``."""
    validation_share: Share = 0
    """Hold out this share of the training videos for validation, where the JSON has no validation videos."""
    test_share: Share = 0
    """The same for test, taken before that."""


OPTIONS = Options

IN_CONTENT = (
    *("features", "annotations", "prefix", "subsets", "unlisted", "validation_share", "test_share"),
    *own_films.PLACES,
)
"""Options that say where the data are and which recordings each split has. The content of a split is what they come to,
so they make nothing run again by themselves."""


def published(options: Options) -> dict[str, list[Published]]:
    """No files: the data are the user's."""
    return {}


def expected_counts(options: Options) -> dict[str, int]:
    """Nothing is known of them beforehand."""
    return {}


def check_options(options: Options, where: str = WHERE) -> None:
    """Refuse options that contradict each other; a :class:`ValueError` names both."""
    own_films.check(options, where)
    snippet_times.check(options, where, without=own_films.OF_CLIPS if options.videos else ())
    if options.time == "sidecar" and not options.videos and len(own_features.places(options.features)) > 1:
        raise ParameterError(
            f"{where}: time is sidecar, and features are several streams; it should be one folder or file, or time: "
            "seconds"
        )
    if options.rescale and options.time != "spread":
        raise ValueError(f"{where}: rescale is given, and time is {options.time}; it needs time: spread")


def group_counts(options: Options) -> dict[str, int]:
    """As the annotations have them; nothing where they are away. Raises ValueError if they cannot be used."""
    if not Path(options.annotations).is_file():
        return {}
    videos = read_annotated(options).videos
    return {"group": len({group_of(name, video) for name, video in videos.items()}), "video": len(videos)}


def own_splits(options: Options, directory: Path, where: str = WHERE) -> dict[str, OwnSplit]:
    """What each split consists of; ``directory`` remembers the checksums of features.

    Raises:
        ValueError: see :func:`react_tad.data.own_recordings.read_recordings`.

    """
    found = read_recordings(options, directory, where=where)
    return {
        split: OwnSplit(
            found.content(split),
            found.listing(split),
            {video: found.films[video] for video in found.videos(split) if found.films},
            found.backbone,
        )
        for split in found.splits
    }


def prepare(raw_directory: Path, options: Options, splits: Sequence[str] | None = None) -> Prepared:
    """Place each snippet of the recordings in time; of some ``splits``, or of all.

    Raises:
        ValueError: what cannot be used, all faults of a kind at once; names the file, the videos and the values.

    """
    found = read_recordings(options, where=WHERE)
    listings = {split: recorded_listing(Path(raw_directory), split, found) for split in splits or found.splits}
    recordings, source_of_split = [], {}
    for split, listing in listings.items():
        if options.videos:
            own = open_extracted(found, split, options, Path(raw_directory).parent / own_films.EXTRACTED, listing)
        else:
            own = open_recordings(found, split, options, listing)
        recordings += own.recordings
        source_of_split[split] = summary(listing) | own.extraction
    notes = [note for split in listings for note in found.notes(split)]
    return Prepared(
        recordings=recordings,
        source={"options": what_was_done(options)},
        source_of_split=source_of_split,
        classes=found.annotations.classes,
        notes=(*notes, *cut_note([item.features for item in recordings]), *ends(recordings)),
        annotated=found.annotations.videos,
        time_base=snippet_times.origin(options),
    )


def what_was_done(options: Options) -> dict[str, Any]:
    """Options that say how recordings are read."""
    unread = () if options.videos else own_films.Films.model_fields
    return {key: value for key, value in options.model_dump().items() if key not in (*IN_CONTENT, *unread)}


def examine(files: Mapping[str, Path | None], options: Options) -> Examined:
    """Look at all that is there, whether it was fetched or not; of features at what their files say of the shape."""
    faults = Faults()
    with faults.kept():
        found = read_recordings(options, where=WHERE)
    if options.videos and not faults.errors:  # their features are looked at where they are converted
        notes = tuple(note for split in found.splits for note in found.notes(split))
        about = {"classes": found.annotations.classes, "notes": notes, "time_base": snippet_times.origin(options)}
        return Examined(dict(found.annotations.videos), [], [], **about)
    notes: list[str] = []
    if not options.videos:
        places = own_features.places(options.features)
        with faults.kept():
            lazies = own_features.open_features(places, prefix=options.prefix)
            unused = () if faults.errors else found.unused
            shapes = {video: lazy.shape for video, lazy in lazies.items() if video not in unused}
            notes += check_shapes(shapes, own_features.named(places))
    if not faults.errors:
        with faults.kept():
            recordings = [item for split in found.splits for item in open_recordings(found, split, options).recordings]
    if faults.errors:
        problems = [Problem(options.annotations, "", line, "") for line in faults.lines]
        try:
            annotations = read_annotated(options)
        except ValueError:  # among the faults already
            return Examined({}, [], problems)
        return Examined(annotations.videos, [], problems, classes=annotations.classes)
    notes += [note for split in found.splits for note in found.notes(split)]
    return Examined(
        {item.video: item.annotated for item in recordings},
        recordings,
        [],
        classes=found.annotations.classes,
        notes=(*notes, *cut_note([item.features for item in recordings]), *ends(recordings)),
        time_base=snippet_times.origin(options),
    )


class Recorded(TypedDict):
    """What ``react-tad fetch`` records of a split, in ``SPLIT.json`` of the raw folder."""

    own_files: dict[str, dict[str, Any]]
    """What was seen of each recording."""
    content: str
    """Digest of all that the split is made from."""
    backbone: NotRequired[str | None]
    """Digest of the network that makes features of films."""


def recorded_listing(raw_directory: Path, split: str, found: OwnRecordings) -> dict[str, Seen]:
    """What ``react-tad fetch`` recorded of a split's features, if the annotations are still those.

    Raises:
        OwnFileError: there is no such record, or it was made of other annotations or other recordings.

    """
    path = raw_directory / f"{split}.json"
    if not path.is_file():
        raise OwnFileError(f"{path} is not there; run 'react-tad fetch' first")
    record = checked(Recorded, read_json(path), str(path))
    listing = record["own_files"]
    videos = set(found.videos(split))
    if set(listing) != videos or record["content"] != found.content(split, listing, record.get("backbone")):
        raise OwnFileError(
            f"{found.annotations.where}: it says something else of the split '{split}' ({path}) than when 'react-tad "
            "fetch' recorded it; run it again"
        )
    return listing


class Opened(NamedTuple):
    """The recordings of a split."""

    recordings: list[Recording]
    extraction: dict[str, Any]
    """How the features were extracted, as an entry of the feature manifest; empty where nothing says it."""


def open_recordings(
    found: OwnRecordings, split: str, options: Options, listing: Mapping[str, Seen] | None = None
) -> Opened:
    """The recordings of a split; their features have to be those of ``listing``, if it is given."""
    videos = found.videos(split)
    features = own_features.open_features(
        own_features.places(options.features), videos, prefix=options.prefix, listing=listing
    )
    if options.rescale:
        features = {video: rescaled(lazy, options.rescale) for video, lazy in features.items()}
    beside = {video: found.beside[video] for video in videos if found.beside}
    return make_recordings(found, features, beside, options)


def open_extracted(
    found: OwnRecordings, split: str, options: Options, folder: Path, listing: Mapping[str, SeenFilm]
) -> Opened:
    """The recordings of a split whose features were extracted from the films of ``listing``."""
    videos = found.videos(split)
    beside = own_films.read_extracted(folder, {video: listing[video] for video in videos})
    return make_recordings(found, own_films.open_extracted(folder, videos), beside, options)


def make_recordings(
    found: OwnRecordings, features: Mapping[str, LazyFeatures], beside: Mapping[str, Beside], options: Options
) -> Opened:
    """The recordings whose features are given, with what the files beside them say, if there are any."""
    recordings = []
    faults = Faults()
    for video, lazy in features.items():
        with faults.kept():
            recordings.append(make_recording(found, video, lazy, options, beside.get(video)))
    faults.raise_all()
    extraction = sidecars.agreed(beside, found.annotations.where)
    return Opened(recordings, {"extraction": extraction} if extraction else {})


def make_recording(
    found: OwnRecordings, name: str, features: LazyFeatures, options: Options, beside: Beside | None = None
) -> Recording:
    """One recording with its place in time."""
    entry, known = found.entries[name], found.annotations.videos.get(name)
    duration = known.duration if known else entry.get("duration")
    if duration is None and beside:
        duration = beside["duration"]
    where = f"{found.annotations.where}: video '{name}'"
    seconds, first = snippet_times.place(
        options, entry, duration=duration, snippets=len(features), where=where, beside=beside
    )
    return Recording(
        video=name,
        subset=known.subset if known else NEW,
        duration=float(first + (len(features) - 0.5) * seconds if duration is None else duration),
        instances=known.instances if known else (),
        ambiguous=known.ambiguous if known else (),
        group=known.group if known else None,
        features=features,
        seconds_per_snippet=seconds,
        first_center_seconds=first,
    )


def ends(recordings: Sequence[Recording]) -> Iterator[str]:
    """A line on features that end far from their video's end, if there are any."""
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


def summary(listing: Mapping[str, Seen | SeenFilm]) -> dict[str, int | str]:
    """How many files or parts of one, how many bytes, and one checksum: what a feature manifest says of a split."""
    size = sum(seen["bytes"] for seen in listing.values())
    return {"own_files": len(listing), "bytes": size, "sha256": digest(listing)}
