"""What all pictures share: colours that colour-blind readers can tell apart, names as they are, and files that do not
change by themselves.

Names of recordings, classes and variants are anybody's: a ``$`` in them is no formula, and what cannot be printed is
shown as such. Where the usual font lacks a letter, one that is installed and has it is taken; where none is, a line
says so.
"""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from react_tad.files import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""Okabe and Ito's palette without black, the ones with most contrast on white first."""


UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"
USUAL_FONT, PLACEHOLDERS = "DejaVu Sans", "Last Resort High-Efficiency"
"""What Matplotlib brings along: its font, and the one that has a box for every letter."""


def shown(name: str) -> str:
    """A name as it can be drawn: line breaks, control characters and halves of characters are replaced one by one."""
    return "".join(letter if letter.isprintable() or letter == "\xa0" else UNPRINTABLE for letter in name)


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
    with rc_context({"svg.hashsalt": "react-tad", "text.parse_math": False}), warnings.catch_warnings():
        lacking = _prepare_texts(figure)
        if lacking:
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            print(
                f"{path}: no installed font has {lacking}, drawn as boxes; install one that has them, such as Debian's "
                "fonts-noto-cjk or fonts-noto, and remove the picture to have it drawn again",
                file=sys.stderr,
            )
        with whole(path) as temporary:
            figure.savefig(temporary, dpi=150, metadata=metadata)


def _prepare_texts(figure: "Figure") -> str:
    """Let no text be read as a formula, and give all of them fonts for their letters; the letters that none has."""
    from matplotlib.text import Text

    for axes in figure.axes:  # so that tick labels have their texts
        axes.get_xticklabels(), axes.get_yticklabels()
    texts = figure.findobj(Text)
    families, lacking = _families({letter for text in texts for letter in text.get_text() if not letter.isspace()})
    for text in texts:
        text.set_parse_math(False)
        if len(families) > 1:
            text.set_fontfamily(families)
    return lacking


def _families(letters: set[str]) -> tuple[list[str], str]:
    """The usual font, and others that have what it lacks; and the letters that no font has, sorted."""
    from matplotlib.font_manager import fontManager, get_font

    entries = sorted(fontManager.ttflist, key=lambda entry: (entry.name != USUAL_FONT, entry.name, entry.fname))
    families, lacking = [], {ord(letter) for letter in letters if not letter.isascii()}
    for entry in entries:
        if not lacking:
            break
        found = lacking & get_font(entry.fname).get_charmap().keys() if entry.name != PLACEHOLDERS else set()
        if found:
            families.append(entry.name)
            lacking -= found
    return [USUAL_FONT, *(name for name in families if name != USUAL_FONT)], "".join(map(chr, sorted(lacking)))
