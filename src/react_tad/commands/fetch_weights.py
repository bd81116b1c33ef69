"""Download the checkpoint of ReAct's authors from Google Drive, or take it from a mirror folder.

Its sha256 is recorded at the first use, in checksums.json beside it, and required from then on. A file that is there
already and right is kept.
"""

import argparse
import os
from pathlib import Path

from react_tad.commands.fetch import MIRROR_VARIABLE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--to", required=True, type=Path, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--mirror",
        metavar="DIR",
        default=os.environ.get(MIRROR_VARIABLE),
        help=f"take the file from this folder instead of downloading (default: ${MIRROR_VARIABLE})",
    )


def run(arguments: argparse.Namespace) -> None:
    """Get the file."""
    from react_tad.data.download import obtain
    from react_tad.data.released_checkpoint import CHECKPOINT, DATASET

    mirror = Path(arguments.mirror) if arguments.mirror else None
    arguments.to.mkdir(parents=True, exist_ok=True)
    destination = arguments.to / CHECKPOINT.name
    record = obtain(destination, [CHECKPOINT], mirror=mirror, folder=DATASET)
    print(f"{destination}: {record['bytes']} bytes from {record['source']}, sha256 {record['sha256']}")
