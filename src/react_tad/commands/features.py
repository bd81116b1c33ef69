"""Turn a data set's raw files into annotations and feature arrays.

Writes ActivityNet-style annotations, and for each of the splits training, validation and test (and new, in own data)
one array SPLIT.npy and its manifest SPLIT.json (see react_tad.data.features). The raw files have to be what their
manifest says. Prints what there is, and warnings on what is probably wrong.

With 'fold' in --cfg, such as {"by": "user", "count": 6, "number": 1}, the splits are those of that fold in place of the
data set's own (react_tad.data.folds).
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg, add_own_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_cfg(parser, "'dataset', its 'kind' and 'options', and 'fold'")
    parser.add_argument("--raw", required=True, type=Path, metavar="DIR", help="folder written by 'react-tad fetch'")
    parser.add_argument(
        "--annotations",
        required=True,
        type=Path,
        metavar="PLACE",
        help="annotations to write: a file (.json), or a folder for SPLIT.json a split",
    )
    parser.add_argument("--features", required=True, type=Path, metavar="DIR", help="folder for arrays and manifests")
    add_own_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Prepare the recordings and write them."""
    from react_tad.data.datasets import of_cfg
    from react_tad.data.prepare import prepare
    from react_tad.params.folds import fold_of

    places = {"raw": arguments.raw, "annotations": arguments.annotations, "features": arguments.features}
    part = {"split": arguments.split, "fold": fold_of(arguments.cfg)}
    for line in prepare(*of_cfg(arguments.cfg, arguments.places), **places, **part):
        print(line)
