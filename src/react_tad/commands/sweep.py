"""Draw average mAP against one parameter (Figure 5), with a band, the seeds, and the paper's best value marked.

A sweep is {"name": "figure5a", "parameter": "model.raid.gamma", "points": [{"value": -0.9, "metrics": [files by seed],
"detections": [files by seed]}, ...]}. The band is one standard deviation over seeds; where a point has a single
seed, over bootstrapped test videos, or groups of them where the annotations have these, if all points give their
detections and --annotations is given. "paper" names the paper's figure (figure5a, figure5b) where the sweep's name is
not it already.
"""

import argparse

from react_tad.arguments import add_figure_outputs, add_study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    add_study(parser, "the sweep")
    add_figure_outputs(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, draw, write."""
    from react_tad.evaluation.ground_truth import read_ground_truth
    from react_tad.files import write_text
    from react_tad.paper.studies import Sweep, read_study
    from react_tad.paper.sweeps import as_csv, follow
    from react_tad.pictures.canvas import check_outputs
    from react_tad.pictures.sweep import draw_sweep

    check_outputs(arguments.out, arguments.csv)
    sweep = read_study(arguments.study, Sweep)
    truth = read_ground_truth(arguments.annotations, arguments.subset) if arguments.annotations else None
    curve = follow(sweep, truth, resamples=arguments.resamples)
    if arguments.csv:
        write_text(arguments.csv, as_csv(curve))
    for path in arguments.out:
        draw_sweep(curve, path)
