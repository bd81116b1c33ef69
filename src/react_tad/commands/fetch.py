"""Download a data set's files, or take them from a mirror folder, and check them.

Writes the files and manifest.json with their sha256, licence and citation. A download that broke off is gone on with; a
file that is there already and right is kept. What no program can fetch is listed with its address and the folder to put
it into. A data set that is generated has a manifest and no files. The user's own files stay where they are: the
manifest has their checksums.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_mirror
from react_tad.params.section import data_set_of, validated


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cfg", required=True, metavar="JSON", help="'dataset' and its 'options'")
    parser.add_argument("--to", required=True, type=Path, metavar="DIR", help="folder to write")
    add_mirror(parser, "take the files from this folder instead of downloading")


def run(arguments: argparse.Namespace) -> None:
    """Get the files, then write the manifest."""
    from react_tad.data.datasets import find
    from react_tad.data.fetching import fetch_data_set, listed

    name, given = data_set_of(arguments.cfg)
    dataset = find(name)
    options = validated(dataset.OPTIONS, given, f"--cfg options of {name}")
    for line in listed(fetch_data_set(name, dataset, options, arguments.to, arguments.mirror), arguments.to):
        print(line)
