"""What all pictures share: colours that colour-blind readers can tell apart, and files that do not change by
themselves."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from react_tad.files import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""Okabe and Ito's palette without black, the ones with most contrast on white first."""


def check_suffix(path: Path) -> None:
    """Refuse a picture that is neither ``.svg`` nor ``.png`` before anything is drawn."""
    if path.suffix not in (".svg", ".png"):
        raise ValueError(f"{path} should end in .svg or .png")


def check_outputs(pictures: Sequence[Path], *tables: Path | None) -> None:
    """Refuse a figure that is written to no file, or to one of another kind, before anything is computed."""
    if not any([*pictures, *tables]):
        raise ValueError("nothing to write: give --out or one of the other outputs")
    for path in pictures:
        check_suffix(path)


def save(figure: "Figure", path: Path) -> None:
    """Write a figure whole: SVG without date and random names, so equal figures are equal files, or PNG at 150 dpi."""
    from matplotlib import rc_context

    check_suffix(path)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    with whole(path) as temporary, rc_context({"svg.hashsalt": "react-tad"}):
        figure.savefig(temporary, dpi=150, metadata=metadata)
