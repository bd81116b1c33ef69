"""Draw average mAP against one parameter (Figure 5), with a band, the seeds, and the paper's best value marked.

A sweep is {"name": "figure5a", "parameter": "model.raid.gamma", "points": [{"value": -0.9, "metrics": [files by seed],
"detections": [files by seed]}, ...]}. The band is one standard deviation over seeds; where a point has a single
seed, over bootstrapped test videos, if all points give their detections and --annotations is given. "paper"
names the paper's figure (figure5a, figure5b) where the sweep's name is not it already.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--study", required=True, metavar="JSON|FILE", help="the sweep, as JSON or in a file")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="ground truth, to resample its videos")
    parser.add_argument("--subset", default="test", metavar="NAME", help="subset of the annotations (test)")
    parser.add_argument("--resamples", type=int, default=1000, metavar="N", help="resamples of the videos (1000)")
    parser.add_argument("--out", type=Path, nargs="+", default=[], metavar="FILE", help="pictures, .svg or .png")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="what is drawn: fractions, unrounded")


def run(arguments: argparse.Namespace) -> None:
    """Read, draw, write."""
    from react_tad.files import write_text
    from react_tad.ground_truth import read_ground_truth
    from react_tad.paper.studies import Sweep, read_study
    from react_tad.paper.sweeps import as_csv, follow
    from react_tad.pictures.canvas import check_suffix
    from react_tad.pictures.sweep import draw_sweep

    if not arguments.out and not arguments.csv:
        raise ValueError("nothing to write: give --out, --csv or both")
    for path in arguments.out:
        check_suffix(path)
    sweep = read_study(arguments.study, Sweep)
    truth = read_ground_truth(arguments.annotations, arguments.subset) if arguments.annotations else None
    curve = follow(sweep, truth, resamples=arguments.resamples)
    if arguments.csv:
        write_text(arguments.csv, as_csv(curve))
    for path in arguments.out:
        draw_sweep(curve, path)
