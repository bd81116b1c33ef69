"""One table of metrics files: mean and standard deviation over seeds of every variant, as CSV and as Markdown.

The first variant given is the one that the others are compared with, seed by seed.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--metrics", type=Path, nargs="+", required=True, metavar="FILE", help="metrics files")
    parser.add_argument("--csv", type=Path, required=True, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--markdown", type=Path, required=True, metavar="OUT", help="per cent, for readers")
    parser.add_argument("--json", type=Path, metavar="OUT", help="means alone, for `dvc metrics diff`")


def run(arguments: argparse.Namespace) -> None:
    """Read, summarize, write both tables."""
    from react_tad.files import write_json, write_text
    from react_tad.summary import as_csv, as_json, as_markdown, read_metrics, summarize

    table = summarize([read_metrics(path) for path in arguments.metrics])
    write_text(arguments.csv, as_csv(table))
    write_text(arguments.markdown, as_markdown(table))
    if arguments.json:
        write_json(arguments.json, as_json(table))
