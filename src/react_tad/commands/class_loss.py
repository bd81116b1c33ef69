"""Draw the validation classification loss by epoch (supplement, Figure 3) of several settings, from training logs.

A study is {"name": "figureS3", "rows": {"both": {"label": "with ACE-dec", "logs": [log.csv by seed]}, "query_only":
{"label": "focal loss", "logs": [...]}}}. Lines are means over seeds, bands their standard deviation.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--study", required=True, metavar="JSON|FILE", help="the settings, as JSON or in a file")
    parser.add_argument("--out", type=Path, nargs="+", default=[], metavar="FILE", help="pictures, .svg or .png")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="what is drawn, unrounded")


def run(arguments: argparse.Namespace) -> None:
    """Read, draw, write."""
    from react_tad.files import write_text
    from react_tad.paper.class_losses import as_csv, follow_classification
    from react_tad.paper.studies import LogStudy, read_study
    from react_tad.pictures.canvas import check_suffix
    from react_tad.pictures.class_loss import draw_class_loss

    if not arguments.out and not arguments.csv:
        raise ValueError("nothing to write: give --out, --csv or both")
    for path in arguments.out:
        check_suffix(path)
    study = read_study(arguments.study, LogStudy)
    curves = follow_classification(study)
    if arguments.csv:
        write_text(arguments.csv, as_csv(curves))
    for path in arguments.out:
        draw_class_loss(curves, path, title=study.title)
