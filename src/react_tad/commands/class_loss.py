"""Draw the validation classification loss by epoch (supplement, Figure 3) of several settings, from training logs.

A study is {"name": "figureS3", "rows": {"both": {"label": "with ACE-dec", "logs": [log.csv by seed]}, "query_only":
{"label": "focal loss", "logs": [...]}}}. Lines are means over seeds, bands their standard deviation.
"""

import argparse

from react_tad.arguments import add_figure_outputs, add_study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    add_study(parser, "the settings", resampled=False)
    add_figure_outputs(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, draw, write."""
    from react_tad.files import write_text
    from react_tad.paper.class_losses import as_csv, follow_classification
    from react_tad.paper.studies import LogStudy, read_study
    from react_tad.pictures.canvas import check_outputs
    from react_tad.pictures.class_loss import draw_class_loss

    check_outputs(arguments.out, arguments.csv)
    study = read_study(arguments.study, LogStudy)
    curves = follow_classification(study)
    if arguments.csv:
        write_text(arguments.csv, as_csv(curves))
    for path in arguments.out:
        draw_class_loss(curves, path, title=study.title)
