"""Which split each video belongs to: what an annotation file's subsets are here, and videos that are held out.

Where videos have groups, whole groups are held out.
"""

import hashlib
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from react_tad.data.annotations import NEW, SUBSETS, AnnotationError, Annotations, Video, group_of

UNUSED = "unused"
"""Subset of the videos that are left out."""


def held_out(names: Iterable[str], share: float) -> frozenset[str]:
    """Choose ``share`` of some groups (:func:`react_tad.data.annotations.group_of`), rounded up, by the sha256 of their
    names.

    The same are chosen on every machine; their order does not matter, and further ones hardly change the choice. The
    choice for one share is part of that for a larger one.
    """
    ordered = sorted(set(names), key=lambda name: hashlib.sha256(name.encode()).digest())
    return frozenset(ordered[: math.ceil(share * len(ordered))])


def use_subsets(document: Any, subsets: Mapping[str, str], *, where: str) -> tuple[dict[str, Any], frozenset[str]]:
    """Give an annotation document the project's subsets.

    Args:
        document: as read; names of videos become composed Unicode (NFC), as those of files are.
        subsets: what a subset of the file is here: ``training``, ``validation``, ``test``, ``new`` or ``unused``. Those
            five need not be named.
        where: the file, for messages.

    Returns:
        The document without the videos that are not used, and the names of those.

    Raises:
        AnnotationError: no ``database``, a video twice, or unknown subsets, all at once.

    """
    database = document.get("database") if isinstance(document, dict) else None
    if not isinstance(database, dict):
        raise AnnotationError(f"{where}: expected an object with a 'database' of videos, as in ActivityNet")
    known = {name: name for name in (*SUBSETS, NEW, UNUSED)} | dict(subsets)
    entries = {unicodedata.normalize("NFC", name): entry for name, entry in database.items()}
    if len(entries) < len(database):
        raise AnnotationError(f"{where}: two videos whose names differ in nothing but their coding; keep one of them")
    _check_subsets(entries, known, where)
    entries = {name: _with_subset(entry, known) for name, entry in entries.items()}
    unused = frozenset(name for name, entry in entries.items() if _subset(entry) == UNUSED)
    return document | {"database": {name: entry for name, entry in entries.items() if name not in unused}}, unused


def _subset(entry: Any) -> Any:
    """An entry's subset; what is no entry is left to :func:`react_tad.data.annotations.parse_annotations`."""
    return entry.get("subset") if isinstance(entry, dict) else None


def _with_subset(entry: Any, known: Mapping[str, str]) -> Any:
    subset = _subset(entry)
    return entry | {"subset": known[subset]} if isinstance(subset, str) else entry


def _check_subsets(entries: Mapping[str, Any], known: Mapping[str, str], where: str) -> None:
    counts = Counter(subset for subset in map(_subset, entries.values()) if isinstance(subset, str))
    unknown = {subset: count for subset, count in counts.items() if subset not in known}
    if unknown:
        found = ", ".join(f"'{subset}' ({count} videos)" for subset, count in unknown.items())
        lines = ", ".join(f"{_as_yaml(name)}: {_likely(name)}" for name in unknown)
        raise AnnotationError(
            f"{where}: unknown subsets: {found}; here they are called {', '.join((*SUBSETS, NEW))} or {UNUSED}. "
            f"Say which is which in the options of the data set, in params.yaml, in one line:\nsubsets: {{{lines}}}"
        )


_OTHER_NAMES = {
    "training": ("train", "trn", "tr", "trainset", "training set", "train set"),
    "validation": ("val", "valid", "validate", "dev", "validation set", "val set"),
    "test": ("tst", "testing", "test set", "testset", "eval", "evaluation"),
    "new": ("unlabelled", "unlabeled", "unannotated", "unknown"),
}


def _likely(subset: str) -> str:
    """What a subset of another name most likely is: one that nobody has heard of is left out."""
    words = " ".join(subset.casefold().replace("_", " ").replace("-", " ").split())
    return next((here for here, others in _OTHER_NAMES.items() if words == here or words in others), UNUSED)


def _as_yaml(name: str) -> str:
    """A key of a YAML mapping: as it is where it is a plain word that cannot be anything else, or else in quotes."""
    plain = re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII) and name.casefold() not in _NO_TEXT
    return name if plain else json.dumps(name, ensure_ascii=False)


_NO_TEXT = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def with_all_splits(annotations: Annotations, *, test_share: float, validation_share: float) -> Annotations:
    """Annotations with a training, a validation and a test split.

    A share above 0 of the training videos is held out: first for test, then of what is left for validation. Where they
    have groups it is a share of the groups, each with all its training videos.

    Raises:
        AnnotationError: a split without videos, or a share for a split that has some.

    """
    videos = dict(annotations.videos)
    for split, share in (("test", test_share), ("validation", validation_share)):
        if share and _of(videos, split):
            raise AnnotationError(
                f"{annotations.where}: {len(_of(videos, split))} videos are of subset '{split}' already; {split}_share "
                f"= {share} should be 0"
            )
        groups = {name: group_of(name, videos[name]) for name in _of(videos, "training")}
        chosen = held_out(groups.values(), share)
        for name in (name for name, group in groups.items() if group in chosen):
            videos[name] = replace(videos[name], subset=split)
    for split in SUBSETS:
        if not _of(videos, split):
            raise AnnotationError(f"{annotations.where}: no videos of subset '{split}'. {_REMEDIES[split]}")
    return Annotations(videos, annotations.classes, annotations.where)


def check_instances(annotations: Annotations) -> None:
    """Refuse a split without an instance, before anything is trained: nothing could be learned or measured there."""
    for split in SUBSETS:
        videos = annotations.subset(split)
        if not any(video.instances for video in videos.values()):
            raise AnnotationError(
                f"{annotations.where}: no instance in the {len(videos)} videos of subset '{split}'; there has to be at "
                f"least one. Recordings that nobody annotated have the subset '{NEW}'"
            )


def _of(videos: Mapping[str, Video], split: str) -> list[str]:
    return [name for name, video in videos.items() if video.subset == split]


_REMEDIES = {
    "training": "Give some videos that subset",
    "validation": "Give some videos that subset, or set the option validation_share: 0.2 to hold out a fifth of the "
    "training videos",
    "test": "Give some videos that subset, or set the option test_share: 0.2 to hold out a fifth of the training "
    "videos. Where results are reported on validation: subsets: {validation: test} and validation_share: 0.2",
}
