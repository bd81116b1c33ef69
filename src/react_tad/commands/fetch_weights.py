"""Download the checkpoint of ReAct's authors from Google Drive, or take it from a mirror folder.

Its sha256 is recorded at the first use, in checksums.json beside it, and required from then on. A file that is there
already and right is kept.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_mirror


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--to", required=True, type=Path, metavar="DIR", help="folder to write")
    add_mirror(parser, "take the file from this folder instead of downloading")


def run(arguments: argparse.Namespace) -> None:
    """Get the file."""
    from react_tad.data.download import obtain
    from react_tad.data.released_checkpoint import CHECKPOINT, DATASET

    arguments.to.mkdir(parents=True, exist_ok=True)
    destination = arguments.to / CHECKPOINT.name
    record = obtain(destination, [CHECKPOINT], mirror=arguments.mirror, folder=DATASET)
    print(f"{destination}: {record['bytes']} bytes from {record['source']}, sha256 {record['sha256']}")
