"""Turn a data set's raw files into annotations and feature arrays.

Writes ActivityNet-style annotations, and for each of the splits training, validation and test one array SPLIT.npy
and its manifest SPLIT.json (see react_tad.data.features). The raw files have to be what their manifest says.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cfg", required=True, metavar="JSON", help="'dataset' and its 'options'")
    parser.add_argument("--raw", required=True, type=Path, metavar="DIR", help="folder written by 'react-tad fetch'")
    parser.add_argument("--annotations", required=True, type=Path, metavar="FILE", help="annotations to write")
    parser.add_argument("--features", required=True, type=Path, metavar="DIR", help="folder for arrays and manifests")


def run(arguments: argparse.Namespace) -> None:
    """Prepare the recordings and write them."""
    from react_tad.data.prepare import prepare
    from react_tad.params.section import data_set_of

    name, options = data_set_of(arguments.cfg)
    files = {"raw": arguments.raw, "annotations": arguments.annotations, "features": arguments.features}
    for line in prepare(name, options, **files):
        print(line)
