"""Draw detections on a time line, training logs, or AP by class, as SVG (or PNG, by the suffix of --out)."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the kinds of picture and their options."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    timeline = kinds.add_parser("timeline", help="ground truth and the best detections of one video")
    timeline.add_argument("--annotations", type=Path, required=True, metavar="FILE")
    timeline.add_argument("--detections", type=Path, required=True, metavar="FILE")
    timeline.add_argument(
        "--video", required=True, metavar="NAME|auto", help="auto: most classes, nearest to ten instances"
    )
    timeline.add_argument("--subset", default="test", metavar="NAME", help="subset of the annotations (test)")
    losses = kinds.add_parser("losses", help="curves of every loss; several logs are overlaid with their mean")
    losses.add_argument("--log", type=Path, nargs="+", required=True, metavar="FILE")
    ap = kinds.add_parser("ap", help="AP by class and tIoU threshold; several metrics files are averaged")
    ap.add_argument("--metrics", type=Path, nargs="+", required=True, metavar="FILE")
    for kind in (timeline, losses, ap):
        kind.add_argument("--out", type=Path, required=True, metavar="FILE", help=".svg or .png")


def run(arguments: argparse.Namespace) -> None:
    """Draw the picture that was asked for."""
    from react_tad.pictures.canvas import check_suffix

    check_suffix(arguments.out)
    {"timeline": _timeline, "losses": _losses, "ap": _ap}[arguments.kind](arguments)


def _timeline(arguments: argparse.Namespace) -> None:
    from react_tad.detection.detections import read_detections
    from react_tad.evaluation.ground_truth import read_ground_truth
    from react_tad.pictures.timeline import choose_video, draw_timeline

    ground_truth = read_ground_truth(arguments.annotations, arguments.subset)
    detections = read_detections(arguments.detections)
    video = choose_video(ground_truth, detections) if arguments.video == "auto" else arguments.video
    draw_timeline(ground_truth, detections, video, arguments.out)


def _losses(arguments: argparse.Namespace) -> None:
    from react_tad.pictures.loss_curves import draw_loss_curves
    from react_tad.training.log import read_log

    draw_loss_curves([read_log(path) for path in arguments.log], arguments.out)


def _ap(arguments: argparse.Namespace) -> None:
    from react_tad.evaluation.summary import read_metrics
    from react_tad.pictures.ap_chart import draw_ap_chart

    draw_ap_chart([read_metrics(path) for path in arguments.metrics], arguments.out)
