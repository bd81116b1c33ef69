"""Folds: every recording is tested once, and nobody who is tested was trained on.

Recordings of a group (a person, say) stay together. The groups, sorted by name (``user9`` before ``user10``), are
dealt out in turn to ``count`` parts. Fold ``k`` (from 1) tests on part ``k`` and validates on part ``k + 1``, the one
after the last being the first; all other parts train. With two folds there is no third part: every second group of
those that are not tested is for validation, the first of them among these.

So every recording is tested in one fold, and with three folds or more also validated in one. What the published split
of a data set says plays no part. Recordings of subset ``new`` are in no fold.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from react_tad.data.annotations import NEW, SUBSETS, Video, group_of
from react_tad.data.datasets import DataSet, Prepared
from react_tad.params.folds import Fold, Folds
from react_tad.params.section import ParameterError

TRAINING, VALIDATION, TEST = SUBSETS


class FoldError(ValueError):
    """A data set that cannot be cut as its ``folds`` say; names the fold and the groups."""


def natural(name: str) -> tuple[list[str | int], str]:
    """Key that sorts names with the numbers in them as numbers."""
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def assign(groups: Collection[str], fold: Fold) -> dict[str, str]:
    """The split of each group in one fold: ``training``, ``validation`` or ``test``.

    Raises:
        FoldError: fewer groups than folds, no such fold, or a split without a group.

    """
    names = sorted(set(groups), key=natural)
    if fold.number > fold.count:
        raise FoldError(f"{fold}: there is no such fold; they are numbered from 1 to {fold.count}")
    if fold.count > len(names):
        raise FoldError(f"{fold}: there are {len(names)} groups; folds.count should be {len(names)} at most")
    parts = [names[first :: fold.count] for first in range(fold.count)]
    tested = parts[fold.number - 1]
    rest = [name for name in names if name not in set(tested)]
    validated = rest[::2] if fold.count == 2 else parts[fold.number % fold.count]
    splits = dict.fromkeys(names, TRAINING) | dict.fromkeys(validated, VALIDATION) | dict.fromkeys(tested, TEST)
    for split in SUBSETS:
        if split not in splits.values():
            raise FoldError(
                f"{fold}: no group is left for {split}: there are {len(names)} in all ({', '.join(names[:5])}); two "
                "folds need four groups, more need three"
            )
    return splits


def group(name: str, video: Video, by: str) -> str:
    """The group of a recording, where groups are made by ``by``."""
    return name if by == "video" else group_of(name, video)


def in_fold(prepared: Prepared, fold: Fold) -> Prepared:
    """A data set whose recordings have the splits of one fold in the place of their own; without ``new`` ones.

    Raises:
        FoldError: see :func:`assign`.

    """
    recordings = [item for item in prepared.recordings if item.subset != NEW]
    videos = {item.video: item.annotated for item in recordings} | dict(prepared.without_features)
    groups = {name: group(name, video, fold.by) for name, video in videos.items()}
    splits = assign(groups.values(), fold)
    for split in SUBSETS:
        if not any(splits[groups[item.video]] == split for item in recordings):
            raise FoldError(f"{fold}: no recording for {split} has features; fewer folds have more in each split")
    return replace(
        prepared,
        recordings=[replace(item, subset=splits[groups[item.video]]) for item in recordings],
        without_features={
            name: replace(video, subset=splits[groups[name]]) for name, video in prepared.without_features.items()
        },
        source=prepared.source | {"fold": fold.model_dump()},
        source_of_split={},
        annotated={},
    )


def check_folds(dataset: DataSet, folds: Folds | None, where: str) -> None:
    """Refuse folds by what the data set does not know; a :class:`ValueError` names ``where`` they are."""
    known = getattr(dataset, "FOLDS_BY", ("video",))
    if folds and folds.by not in known:
        raise ParameterError(f"{where}.by = {folds.by}: this data set knows {' and '.join(known)}")


def number_of_folds(dataset: DataSet, options: Any, folds: Folds, where: str) -> int:
    """How many folds there are; a :class:`ValueError` names ``where`` it is said, if there cannot be as many.

    Where it is not known yet how many groups there are, the step ``features`` finds out.
    """
    there = dataset.group_counts(options).get(folds.by) if hasattr(dataset, "group_counts") else None
    if there is None and folds.count == "all":
        raise ParameterError(
            f"{where}.count = all: how many groups there are by {folds.by} is known only when the data are there; give "
            "a number"
        )
    if there is not None and folds.count != "all" and folds.count > there:
        raise ParameterError(f"{where}.count = {folds.count}: there are {there} groups by {folds.by}")
    return there if folds.count == "all" else folds.count
