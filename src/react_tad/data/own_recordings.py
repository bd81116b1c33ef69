"""The user's own recordings by split, as the annotations and the features say, before any feature is read.

All that is wrong with annotations, and with how they and the features fit each other, is found here: when the workflow
starts, long before something is trained. What a split consists of has a digest (:meth:`OwnRecordings.content`), which
decides whether anything is made anew of it. In it are what the annotations say of its recordings, the checksums of
their features, and the classes; not where the files are, nor anything of other splits. Where features are extracted
from films in the workflow, the checksums are those of the films and of the network.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from react_tad.data import own_features, own_files, own_films, prefixes, sidecars, snippet_times
from react_tad.data.annotation_documents import read_annotation_document
from react_tad.data.annotations import NEW, SUBSETS, AnnotationError, Annotations, is_number, parse_annotations
from react_tad.data.formats.streams import listed
from react_tad.data.own_features import Seen
from react_tad.data.own_files import OwnFilesAway, digest
from react_tad.data.own_films import SeenFilm
from react_tad.data.problems import Faults
from react_tad.data.sidecars import Beside
from react_tad.data.splits import UNUSED, check_instances, use_subsets, with_all_splits
from react_tad.data.transposed import check_orientation

TIMES = ("duration", "fps", "seconds_per_snippet", "first_center_seconds")
"""What is read of a recording's entry besides its subset and instances."""
SIDECARS = "own_sidecars.json"
"""In the folder of downloads: what was seen in the files beside features."""


@dataclass(frozen=True)
class OwnRecordings:
    """What there is."""

    annotations: Annotations
    """The annotated recordings, each in a split."""
    entries: Mapping[str, Mapping[str, Any]]
    """Entries of the JSON by video, new recordings included; empty for those that it does not know."""
    new: tuple[str, ...]
    """Recordings of subset ``new``."""
    unused: frozenset[str]
    """Videos that are left out."""
    features: Mapping[str, Seen | SeenFilm]
    """What was seen of the features of each video, or of its film; empty where only annotations were read."""
    remarks: tuple[str, ...] = ()
    """Lines about the features as a whole."""
    beside: Mapping[str, Beside] = field(default_factory=dict)
    """What the file beside the features of each video says, where ``time`` is ``sidecar``."""
    films: Mapping[str, Path] = field(default_factory=dict)
    """Films that features are extracted from."""
    backbone: str = ""
    """Digest of the network that does."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The three, and ``new`` if there are such recordings."""
        return (*SUBSETS, NEW) if self.new else SUBSETS

    def videos(self, split: str) -> list[str]:
        """Names of the recordings of a split, in the order of the file."""
        return list(self.new) if split == NEW else list(self.annotations.subset(split))

    def listing(self, split: str) -> dict[str, Seen | SeenFilm]:
        """Checksums of the features, or films, of a split."""
        return {video: self.features[video] for video in self.videos(split)}

    def content(self, split: str, listing: Mapping[str, Any] | None = None, backbone: str | None = None) -> str:
        """Digest of all that a split is made from; of the features that ``listing`` names, and the network whose digest
        is ``backbone``, if they are given.
        """
        listing = self.listing(split) if listing is None else listing
        recordings = [[video, self._read(video), listing[video]] for video in self.videos(split)]
        extracted = {"backbone": backbone or self.backbone} if self.films else {}
        return digest({"classes": self.annotations.classes, "recordings": recordings} | extracted)

    def _read(self, video: str) -> dict[str, Any]:
        times = {key: self.entries[video][key] for key in TIMES if key in self.entries[video]}
        known = self.annotations.videos.get(video)
        if video in self.beside:
            beside = self.beside[video]
            times["beside"] = {**beside, "extraction": sidecars.what_counts(beside["extraction"])}
        group = {"group": known.group} if known and known.group else {}
        return times | group | {"instances": [*known.instances, *known.ambiguous] if known else []}

    def notes(self, split: str) -> Iterator[str]:
        """What the user may want to see of a split."""
        if split == SUBSETS[0]:
            yield from self.remarks
        if split == SUBSETS[0] and self.unused:
            yield f"left out, of subset '{UNUSED}': {listed(self.unused)}"
        annotated = [video for video in self.new if self.entries[video].get("annotations")]
        if split == NEW and annotated:
            yield f"of subset '{NEW}', so their annotations are not looked at: {listed(annotated)}"


def read_recordings(options: Any, directory: Path | None = None, *, where: str) -> OwnRecordings:
    """Read the annotations and see which features there are.

    Args:
        options: those of own data (:class:`react_tad.data.datasets.custom.Options`).
        directory: folder that remembers the checksums of features; without one none are computed.
        where: what the options are, for messages.

    Raises:
        ValueError: what cannot be used, all faults of a kind at once; names the file, the videos and the values.

    """
    path = Path(options.annotations)
    places = [Path(options.videos)] if options.videos else own_features.places(options.features)
    place = own_features.named(places)
    if not any(each.exists() for each in (path, *places)):
        raise OwnFilesAway(f"neither {path} nor {place} is there; {where} should say where your data are")
    document, new, unused = _read_document(path, options)
    entries = document["database"]
    faults = Faults()
    with faults.kept():
        annotations = _annotations(document, frozenset(new), options)
        check_instances(annotations)
    films: Mapping[str, Path] = {}
    features: Mapping[str, Any] = {}
    backbone = ""
    with faults.kept():
        films = own_films.find(options) if options.videos else {}
        features, backbone = _examine(films, places, options, directory, where) if directory else ({}, "")
        names = films or features or own_features.names(places, prefix=options.prefix)
        names = [video for video in names if video not in unused]
        if options.unlisted == NEW:
            new += [video for video in names if video not in entries]
            entries = {video: {} for video in names} | entries
        check_pairs(path, entries, names, place, where, prefix=options.prefix)
    remarks: list[str] = []
    beside: dict[str, Beside] = {}
    if not options.videos:
        with faults.kept():
            used = {video: seen for video, seen in features.items() if video not in unused}
            remarks = check_shapes(
                {video: (seen["snippets"], seen["dimension"]) for video, seen in used.items()}, place
            )
        if options.time == "sidecar" and not faults.errors:
            with faults.kept():
                beside = _read_sidecars(own_features.beside(places, prefix=options.prefix), entries, directory)
                sidecars.agreed(beside, place)
    with faults.kept():
        check_durations(path, {video: entries[video] for video in new}, options, where)
    faults.raise_all()
    if not options.videos:
        remarks = [*own_features.unread(places, prefix=options.prefix), *remarks]
    films = {video: film for video, film in films.items() if video not in unused}
    return OwnRecordings(annotations, entries, tuple(new), unused, features, tuple(remarks), beside, films, backbone)


def _read_document(path: Path, options: Any) -> tuple[dict[str, Any], list[str], frozenset[str]]:
    """The JSON with the project's subsets, and the videos of the subsets ``new`` and ``unused``."""
    if not path.is_file():
        raise AnnotationError(f"{path} is not there; it should be the annotations of the own data")
    document, unused = use_subsets(read_annotation_document(path, subset=SUBSETS[0]), options.subsets, where=str(path))
    entries = document["database"]
    new = [name for name, entry in entries.items() if isinstance(entry, dict) and entry.get("subset") == NEW]
    if new and len(new) == len(entries):
        raise nothing_to_train_on(path, len(new))
    return document, new, unused


def _annotations(document: Mapping[str, Any], new: frozenset[str], options: Any) -> Annotations:
    labelled = {name: entry for name, entry in document["database"].items() if name not in new}
    return with_all_splits(
        parse_annotations({**document, "database": labelled}, where=str(options.annotations)),
        test_share=options.test_share,
        validation_share=options.validation_share,
    )


def read_annotated(options: Any) -> Annotations:
    """The annotations alone, whatever there is of features.

    Raises:
        ValueError: they cannot be used.

    """
    document, new, _ = _read_document(Path(options.annotations), options)
    return _annotations(document, frozenset(new), options)


def _examine(
    films: Mapping[str, Path], places: list[Path], options: Any, directory: Path, where: str
) -> tuple[Mapping[str, Any], str]:
    """What is seen of films or features, and the digest of the network that makes features of films."""
    if films:
        return own_films.examine(films, options, directory, where)
    return own_features.examine(places, directory, prefix=options.prefix), ""


def _read_sidecars(places: Mapping[str, Path], videos: Collection[str], directory: Path | None) -> dict[str, Beside]:
    """What the files beside the features of ``videos`` say; ``directory`` remembers it."""
    files = {f"beside/{video}": places[video] for video in videos}
    missing = [video for video in videos if not places[video].is_file()]
    if missing:
        raise AnnotationError(
            f"{places[missing[0]].parent}: no VIDEO.json beside the features of {listed(missing)}; with time: sidecar "
            "it says when the snippets were"
        )
    if directory is None:
        return {video: sidecars.read(places[video]) for video in videos}
    seen = own_files.remembered(files, directory, lambda _, path: sidecars.read(path), memory=SIDECARS)
    return {video: seen[f"beside/{video}"] for video in videos}


def nothing_to_train_on(path: Path, count: int) -> AnnotationError:
    """The error for new recordings alone."""
    return AnnotationError(
        f"{path}: {count} recordings of subset '{NEW}', and none of the subsets {', '.join(SUBSETS)}: a network has to "
        "be trained on annotated recordings before it detects in others. Add such recordings; or, with a network that "
        "was trained elsewhere, use 'react-tad predict MODEL FILES'"
    )


def check_pairs(
    path: Path, entries: Collection[str], features: Collection[str], place: str, where: str, *, prefix: str = ""
) -> None:
    """Refuse videos without features and features without a video, all at once."""
    there = set(features)
    missing = [video for video in entries if video not in there]
    foreign = [video for video in features if video not in entries]
    faults = []
    if missing:
        faults.append(f"{path}: no features in {place} of {listed(missing)}; add them, or give the subset '{UNUSED}'")
    if foreign:
        faults.append(
            f"{place}: {path} does not know {listed(foreign)}; add an entry (of subset '{NEW}' to detect in them, of "
            f"subset '{UNUSED}' to leave them out), take the features away, or set {where}.unlisted: {NEW} to detect "
            "in all that have no entry"
        )
    if faults:
        raise AnnotationError("\n".join(filter(None, (*faults, prefixes.advice(missing, foreign, prefix)))))


def check_shapes(shapes: Mapping[str, tuple[int, int]], place: str) -> list[str]:
    """Refuse features that look like ``[dimension, snippets]``, and such that differ in dimension, all at once.

    Gives lines for the screen; see :func:`react_tad.data.transposed.check_orientation`.
    """
    turned = check_orientation(shapes, place)
    counts = Counter(dimension for _, dimension in shapes.values())
    usual, count = counts.most_common(1)[0] if counts else (0, 0)
    odd = {video: dimension for video, (_, dimension) in shapes.items() if dimension != usual}
    if odd:
        values = sorted(set(odd.values()))
        raise AnnotationError(
            f"{place}: a snippet has {usual} features in {count} videos, and {', '.join(map(str, values))} in "
            f"{listed(odd)}; it should have as many in all"
        )
    return turned


def check_durations(path: Path, new: Mapping[str, Mapping[str, Any]], options: snippet_times.Times, where: str) -> None:
    """Refuse new recordings whose duration is no number above 0, or missing where it has to be known."""
    without = []
    for video, entry in new.items():
        duration = entry.get("duration")
        if duration is None:
            without.append(video)
        elif not is_number(duration) or duration <= 0:
            raise AnnotationError(
                f"{path}: video '{video}': duration = {duration!r} should be a number of seconds above 0"
            )
    if without and options.time == "spread":
        raise AnnotationError(
            f"{path}: no duration of {listed(without)}, of subset '{NEW}'. {where}.time is spread, which divides the "
            "duration among the snippets: add a duration to their entries, or set time: seconds or time: frames"
        )
