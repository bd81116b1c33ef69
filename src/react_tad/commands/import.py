"""Make a model's folder for use out of the authors' released checkpoint (THUMOS14, TSN features).

It is read without running anything that it may hold. What is missing in it, left over, or has another shape is an error
that lists it, and nothing is written then. ``react-tad fetch-weights`` gets the file.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="react_thumos_pretrained_weight.pth")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for model.safetensors, model.json and README.md"
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, check, translate, write."""
    from react_tad.evaluation.provenance import commit
    from react_tad.training.released_weights import import_checkpoint

    numbers = import_checkpoint(arguments.checkpoint, arguments.out, code=commit())
    print(f"{arguments.out}: {numbers} numbers from {arguments.checkpoint}")
