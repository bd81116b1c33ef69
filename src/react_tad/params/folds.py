"""Folds of a data set: which recordings stay together, and into how many parts they are cut.

A block of ``datasets`` in ``params.yaml`` may say ``folds: {by: user, count: 6}``. Groups of recordings are dealt out
to ``count`` parts, and each part is the test split of one fold; :mod:`react_tad.data.folds` says which goes where.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from react_tad.params.section import ParameterError, Positive, Section, parse_object, validated

By = Literal["user", "group", "video"]
"""What makes a group: the person recorded, the annotations' ``group``, or each recording by itself. Data sets say which
of them they know."""
Parts = Annotated[int, Field(ge=2, lt=2**31)]
EXAMPLE = "folds: {by: video, count: 5}"


class Folds(Section):
    """How a data set is cut."""

    by: By
    count: Parts | Literal["all"]
    """How many folds; ``all``: as many as there are groups, so that each leaves one out."""


class Fold(Section):
    """One fold of a data set, as the step ``features`` is told."""

    by: By
    count: Parts
    number: Positive
    """From 1 to ``count``."""

    def __str__(self) -> str:
        """What it is called in messages."""
        return f"fold {self.number} of {self.count} by {self.by}"


def read_folds(block: Any, where: str) -> Folds | None:
    """The key ``folds`` of a data set's ``block``, checked; None if it has none. ``where`` names the block."""
    given = block.get("folds") if isinstance(block, Mapping) else None
    if given is None:
        return None
    if not isinstance(given, Mapping) or not {"by", "count"} <= given.keys():
        raise ParameterError(f"{where}: folds = {given!r} should say by what and how many, as in {EXAMPLE}")
    count = given["count"]
    if count != "all" and (type(count) is not int or count < 2):
        raise ParameterError(f"{where}: folds.count = {count!r} should be an integer >= 2, or all")
    return validated(Folds, given, f"{where}, folds")


def fold_of(cfg: str) -> Fold | None:
    """The fold that the ``--cfg`` of the step ``features`` names, if it does."""
    given = parse_object(cfg, "--cfg").get("fold")
    return None if given is None else validated(Fold, given, "--cfg fold")
