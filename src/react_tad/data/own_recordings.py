"""The user's own recordings by split, as the annotations and the features say, before any feature is read.

All that is wrong with annotations, and with how they and the features fit each other, is found here: when the workflow
starts, long before something is trained. What a split consists of has a digest (:meth:`OwnRecordings.content`), which
decides whether anything is made anew of it. In it are what the annotations say of its recordings, the checksums of
their features, and the classes; not where the files are, nor anything of other splits.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from react_tad.data import own_features, prefixes, snippet_times
from react_tad.data.annotation_documents import read_annotation_document
from react_tad.data.annotations import NEW, SUBSETS, AnnotationError, Annotations, is_number, parse_annotations
from react_tad.data.formats.streams import listed
from react_tad.data.own_features import Seen
from react_tad.data.own_files import OwnFilesAway, digest
from react_tad.data.splits import UNUSED, check_instances, use_subsets, with_all_splits
from react_tad.data.transposed import check_orientation

TIMES = ("duration", "fps", "seconds_per_snippet", "first_center_seconds")
"""What is read of a recording's entry besides its subset and instances."""


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
    features: Mapping[str, Seen]
    """What was seen of the features of each video; empty where only annotations were read."""
    remarks: tuple[str, ...] = ()
    """Lines about the features as a whole."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The three, and ``new`` if there are such recordings."""
        return (*SUBSETS, NEW) if self.new else SUBSETS

    def videos(self, split: str) -> list[str]:
        """Names of the recordings of a split, in the order of the file."""
        return list(self.new) if split == NEW else list(self.annotations.subset(split))

    def listing(self, split: str) -> dict[str, Seen]:
        """Checksums of the features of a split."""
        return {video: self.features[video] for video in self.videos(split)}

    def content(self, split: str, listing: Mapping[str, Seen] | None = None) -> str:
        """Digest of all that a split is made from; of the features that ``listing`` names, if it is given."""
        listing = self.listing(split) if listing is None else listing
        recordings = [[video, self._read(video), listing[video]] for video in self.videos(split)]
        return digest({"classes": self.annotations.classes, "recordings": recordings})

    def _read(self, video: str) -> dict[str, Any]:
        times = {key: self.entries[video][key] for key in TIMES if key in self.entries[video]}
        known = self.annotations.videos.get(video)
        return times | {"instances": [*known.instances, *known.ambiguous] if known else []}

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
    path, places = Path(options.annotations), own_features.places(options.features)
    place = own_features.named(places)
    if not any(each.exists() for each in (path, *places)):
        raise OwnFilesAway(f"neither {path} nor {place} is there; {where} should say where your data are")
    if not path.is_file():
        raise AnnotationError(f"{path} is not there; it should be the annotations of the own data")
    document, unused = use_subsets(read_annotation_document(path, subset=SUBSETS[0]), options.subsets, where=str(path))
    entries = document["database"]
    new = [name for name, entry in entries.items() if isinstance(entry, dict) and entry.get("subset") == NEW]
    labelled = {name: entry for name, entry in entries.items() if name not in set(new)}
    if new and not labelled:
        raise nothing_to_train_on(path, len(new))
    annotations = with_all_splits(
        parse_annotations(document | {"database": labelled}, where=str(path)),
        test_share=options.test_share,
        validation_share=options.validation_share,
    )
    check_instances(annotations)
    features = own_features.examine(places, directory, prefix=options.prefix) if directory else {}
    names = features or own_features.names(places, prefix=options.prefix)
    names = [video for video in names if video not in unused]
    if options.unlisted == NEW:
        new += [video for video in names if video not in entries]
        entries = {video: {} for video in names} | entries
    check_pairs(path, entries, names, place, where, prefix=options.prefix)
    used = {video: seen for video, seen in features.items() if video not in unused}
    turned = check_orientation({video: (seen["snippets"], seen["dimension"]) for video, seen in used.items()}, place)
    check_dimensions(used, place)
    check_durations(path, {video: entries[video] for video in new}, options, where)
    remarks = (*own_features.unread(places, prefix=options.prefix), *turned)
    return OwnRecordings(annotations, entries, tuple(new), unused, features, remarks)


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
    missing = [video for video in entries if video not in features]
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


def check_dimensions(features: Mapping[str, Seen], place: str) -> None:
    """Refuse features that differ in dimension, all at once."""
    counts = Counter(seen["dimension"] for seen in features.values())
    usual, count = counts.most_common(1)[0] if counts else (0, 0)
    odd = {video: seen["dimension"] for video, seen in features.items() if seen["dimension"] != usual}
    if odd:
        values = sorted(set(odd.values()))
        raise AnnotationError(
            f"{place}: a snippet has {usual} features in {count} videos, and {', '.join(map(str, values))} in "
            f"{listed(odd)}; it should have as many in all"
        )


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
