"""One table of metrics files: mean and standard deviation over seeds of every variant, as CSV and as Markdown.

The first variant given is the one that the others are compared with, seed by seed. With --by-profile, each variant has
a row for every ground-truth profile that it was measured under; with --by-fold, one for every fold of its data set, and
for all folds together, as the metrics files say which they are of.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--metrics", type=Path, nargs="+", required=True, metavar="FILE", help="metrics files")
    parser.add_argument("--csv", type=Path, required=True, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--markdown", type=Path, required=True, metavar="OUT", help="per cent, for readers")
    rows = parser.add_mutually_exclusive_group()
    rows.add_argument("--by-profile", action="store_true", help="rows for all ground-truth profiles of the metrics")
    rows.add_argument("--by-fold", action="store_true", help="rows for all folds of the metrics")
    parser.add_argument("--json", type=Path, metavar="OUT", help="means alone, for `dvc metrics diff`")


def run(arguments: argparse.Namespace) -> None:
    """Read, summarize, write both tables."""
    from react_tad.evaluation import fold_summary
    from react_tad.evaluation.profile_summary import as_markdown as as_profile_markdown
    from react_tad.evaluation.profile_summary import by_profile
    from react_tad.evaluation.summary import as_csv, as_json, as_markdown, read_metrics, summarize
    from react_tad.files import write_json, write_text

    if (arguments.by_profile or arguments.by_fold) and arguments.json:
        raise ValueError("--json holds one setting; leave it out with --by-profile and --by-fold")
    metrics = [read_metrics(path) for path in arguments.metrics]
    if arguments.by_fold:
        write_text(arguments.csv, fold_summary.as_csv(metrics))
        write_text(arguments.markdown, fold_summary.as_markdown(metrics))
        return
    table = summarize(by_profile(metrics) if arguments.by_profile else metrics)
    write_text(arguments.csv, as_csv(table))
    write_text(arguments.markdown, as_profile_markdown(metrics) if arguments.by_profile else as_markdown(table))
    if arguments.json:
        write_json(arguments.json, as_json(table))
