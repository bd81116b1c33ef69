"""Arguments that several verbs have, and what they stand for."""

import argparse
import os
from pathlib import Path

from react_tad.files import read_text

MIRROR_VARIABLE = "REACT_TAD_MIRROR"
"""The environment variable that names a folder of published files."""


def add_cfg(parser: argparse.ArgumentParser, what: str, *, required: bool = True) -> None:
    """Add ``--cfg``, the parameters of a step as JSON text."""
    parser.add_argument(
        "--cfg", required=required, type=json_text, metavar="JSON|FILE", help=f"{what}, as JSON or in a file"
    )


def json_text(given: str) -> str:
    """JSON text as it is given, or the content of the file that is named; what is neither is said by whoever reads it.

    Raises argparse.ArgumentTypeError where it can only be the name of a file, and there is none that can be read.
    """
    if not given or given.lstrip()[:1] in "{[":
        return given
    try:
        if Path(given).is_file():
            return read_text(given)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{given}: {error}") from None
    if given.endswith(".json"):
        raise argparse.ArgumentTypeError(
            f"'{given}' should be a JSON object, such as '{{}}', or the name of a file that holds one; there is no "
            "such file"
        )
    return given


def add_machine_options(parser: argparse.ArgumentParser, *, keep_features: bool = False) -> None:
    """Add ``--threads`` and ``--device``, and ``--features-on-device`` where that can be."""
    parser.add_argument("--threads", type=int, default=1, help="cores to compute on (default: 1)")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: CUDA if there is one"
    )
    if keep_features:
        parser.add_argument(
            "--features-on-device",
            action="store_true",
            help="copy all features to the device once and cut windows there (they have to fit; the results are the "
            "same)",
        )


def add_mirror(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--mirror``, a folder or None; ``what`` is done with it."""
    parser.add_argument(
        "--mirror",
        type=lambda text: Path(text) if text else None,
        metavar="DIR",
        default=os.environ.get(MIRROR_VARIABLE),
        help=f"{what} (default: ${MIRROR_VARIABLE})",
    )


def add_own_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--split`` and ``--places``, for data sets of the user's own files."""
    parser.add_argument("--split", metavar="NAME", help="own data: this split alone (default: all)")
    parser.add_argument(
        "--places", metavar="JSON", help="own data: options that say where the files are, besides those of --cfg"
    )


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where parameters come from: the file, and overrides."""
    parser.add_argument("--params", default="params.yaml", help="parameter file (default: params.yaml)")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="overrides, such as train.epochs=1")


def parse_overrides(settings: list[str]) -> dict:
    """Turn ``["train.epochs=1"]`` into ``{"train.epochs": 1}``; values are YAML 1.2."""
    from react_tad.files import parse_yaml
    from react_tad.params.section import ParameterError

    for setting in settings:
        if "=" not in setting:
            raise ParameterError(f"--set {setting}: should be KEY=VALUE, such as train.epochs=1")
    pairs = (setting.split("=", 1) for setting in settings)
    return {key: parse_yaml(value, f"--set {key}") for key, value in pairs}


def add_table_outputs(parser: argparse.ArgumentParser) -> None:
    """Add ``--csv``, ``--json``, ``--markdown``, ``--latex`` and ``--html``."""
    parser.add_argument("--csv", type=Path, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--json", type=Path, metavar="OUT", help="the same by row, with what belongs to it")
    parser.add_argument(
        "--markdown", type=Path, metavar="OUT", help="per cent, for readers; printed if no OUT is given"
    )
    parser.add_argument("--latex", type=Path, metavar="OUT", help="per cent, with booktabs")
    parser.add_argument("--html", type=Path, metavar="OUT", help="per cent, a page of its own")


def add_study(parser: argparse.ArgumentParser, what: str, *, resampled: bool = True) -> None:
    """Add ``--study``, and with ``resampled`` what resampling its videos takes."""
    parser.add_argument("--study", required=True, metavar="JSON|FILE", help=f"{what}, as JSON or in a file")
    if resampled:
        parser.add_argument("--annotations", type=Path, metavar="FILE", help="ground truth, to resample its videos")
        parser.add_argument("--subset", default="test", metavar="NAME", help="subset of the annotations (test)")
        parser.add_argument("--resamples", type=int, default=1000, metavar="N", help="resamples of the videos (1000)")


def add_figure_outputs(parser: argparse.ArgumentParser) -> None:
    """Add ``--out`` and ``--csv``."""
    parser.add_argument("--out", type=Path, nargs="+", default=[], metavar="FILE", help="pictures, .svg or .png")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="what is drawn, unrounded")
