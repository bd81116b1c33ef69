"""What the authors' released weights reach here under every ground-truth profile, beside the authors' own numbers.

The metrics are those of ``react-tad evaluate --profile ssn all`` on detections of the model that ``react-tad import``
wrote, at the tIoU thresholds 0.3 to 0.7.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--metrics", type=Path, required=True, metavar="FILE", help="metrics file with profiles")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--markdown", type=Path, metavar="OUT", help="per cent, for readers; it is printed too")


def run(arguments: argparse.Namespace) -> None:
    """Read, compare, write, print."""
    from react_tad.evaluation.summary import read_metrics
    from react_tad.files import write_text
    from react_tad.paper import pretrained

    metrics = read_metrics(arguments.metrics)
    pretrained.check(metrics)
    page = pretrained.as_markdown(metrics)
    if arguments.csv:
        write_text(arguments.csv, pretrained.as_csv(metrics))
    if arguments.markdown:
        write_text(arguments.markdown, page)
    print(page, end="")
