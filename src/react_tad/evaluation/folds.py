"""Which fold of its data set a metrics file is of: a number from 1, or all of them together."""

from collections.abc import Mapping
from typing import Any

ALL_FOLDS = "all"


def check_fold(about: Mapping[str, Any], where: str) -> None:
    """Refuse a ``fold`` that is none; a :class:`ValueError` begins with ``where``. There may be no fold at all."""
    fold = about.get("fold", ALL_FOLDS)
    if fold != ALL_FOLDS and not (type(fold) is int and fold >= 1):
        raise ValueError(f"{where}: fold = {fold!r} should be a number from 1, or '{ALL_FOLDS}'")
