"""Download a data set's files, or take them from a mirror folder, and check them.

Writes the files and manifest.json with their sha256, licence and citation. A download that broke off is gone on with; a
file that is there already and right is kept. What no program can fetch is listed with its address and the folder to put
it into. A data set that is generated has a manifest and no files. The user's own files stay where they are: the
checksums of each split are written to SPLIT.json.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg, add_mirror, add_own_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_cfg(parser, "'dataset', its 'kind' and 'options'")
    parser.add_argument("--to", required=True, type=Path, metavar="DIR", help="folder to write")
    add_mirror(parser, "take the files from this folder instead of downloading")
    add_own_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Get the files, then write the manifest."""
    from react_tad.data.datasets import of_cfg
    from react_tad.data.fetching import fetch_data_set

    of_data = of_cfg(arguments.cfg, arguments.places)
    for line in fetch_data_set(*of_data, arguments.to, arguments.mirror, arguments.split):
        print(line)
