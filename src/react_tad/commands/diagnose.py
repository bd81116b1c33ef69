"""Error analysis of any ActivityNet-style detections in the manner of DETAD (Alwassel et al., ECCV 2018).

Kinds of false positives among the best 10 G detections of each class (G: its instances) and the mAP gained without
each kind; normalized mAP and missed instances by length, coverage and number of instances. The definitions are
described in react_tad/evaluation/diagnosis/. Numbers are printed in per cent, means over tIoU thresholds; the CSV file
has every number at every threshold as a fraction, unrounded.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from react_tad.evaluation.diagnosis.report import Diagnosis

DEFAULT_TIOU = "0.3:0.7:0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--annotations", type=Path, required=True, metavar="FILE", help="ground truth")
    parser.add_argument("--detections", type=Path, required=True, metavar="FILE", help="results to analyse")
    parser.add_argument("--subset", required=True, metavar="NAME", help="subset of the annotations, in any case")
    parser.add_argument(
        "--tiou", default=DEFAULT_TIOU, metavar="A:B:STEP|A,B", help=f"thresholds, last included ({DEFAULT_TIOU})"
    )
    parser.add_argument(
        "--profiles", metavar="DATASET|FILE", help="whose ground-truth profile, where --profile names one"
    )
    parser.add_argument("--profile", metavar="NAME", help="ground-truth profile; all that is annotated if not given")
    parser.add_argument(
        "--videos", type=Path, metavar="FILE", help="videos that there are features for, if the profile needs them"
    )
    parser.add_argument("--csv", type=Path, metavar="OUT", help="table to write, one number a row")
    parser.add_argument("--figure", type=Path, metavar="OUT", help="picture to draw, .svg or .png")
    parser.add_argument(
        "--buckets",
        choices=("auto", "activitynet", "thumos14", "quantiles"),
        default="auto",
        help="bounds between XS and XL: DETAD's for one of its data sets, quantiles, or the first of these that "
        "spreads the instances at hand over three buckets or more (auto)",
    )
    parser.add_argument(
        "--bounds",
        nargs="+",
        default=[],
        metavar="NAME=A,B",
        help="own bounds for length (s), coverage (share of the video) or instances (of the class in the video), "
        "such as length=2,5,10",
    )
    parser.add_argument(
        "--unknown-labels",
        choices=("refuse", "ignore"),
        default="refuse",
        help="labels that the annotations do not have: an error (default), or left out",
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, analyse, write table and picture if asked to, and print."""
    from react_tad.detection.detections import read_detections
    from react_tad.evaluation.average_precision import parse_tiou
    from react_tad.evaluation.diagnosis.report import diagnose
    from react_tad.evaluation.ground_truth import read_ground_truth
    from react_tad.pictures.canvas import check_suffix

    if arguments.figure:
        check_suffix(arguments.figure)
    tiou, bounds = parse_tiou(arguments.tiou), _bounds(arguments.bounds)
    if bool(arguments.profile) != bool(arguments.profiles):
        raise ValueError("--profile and --profiles belong together: which profile, and of which data set")
    ground_truth = read_ground_truth(arguments.annotations, arguments.subset)
    if arguments.profile:
        from react_tad.evaluation.profiles.catalogue import read_video_names, under_profile

        videos = read_video_names(arguments.videos) if arguments.videos else None
        ground_truth = under_profile(ground_truth, arguments.profiles, arguments.profile, videos)
    diagnosis = diagnose(
        ground_truth,
        read_detections(arguments.detections),
        tiou,
        buckets=arguments.buckets,
        bounds=bounds,
        unknown_labels=arguments.unknown_labels,
    )
    if arguments.csv:
        diagnosis.write_csv(arguments.csv)
    if arguments.figure:
        from react_tad.pictures.diagnosis import draw_diagnosis

        draw_diagnosis(diagnosis, arguments.figure)
    print(table(diagnosis))


def _bounds(texts: list[str]) -> dict[str, list[float]]:
    """Bounds by characteristic from ``name=a,b``."""
    bounds = {}
    for text in texts:
        name, _, numbers = text.partition("=")
        try:
            bounds[name] = [float(number) for number in numbers.split(",")]
        except ValueError as error:
            raise ValueError(f"--bounds {text} should be like length=2,5,10") from error
    return bounds


def table(diagnosis: "Diagnosis") -> str:
    """Means over thresholds in per cent as lines of text."""
    overall = {name: f"{100 * values.mean():.2f}" for name, values in diagnosis.overall.items()}
    return "\n".join(
        [
            f"subset {diagnosis.subset}: {diagnosis.instances} instances, {diagnosis.detections} detections "
            f"({diagnosis.left_out} left out); N = {diagnosis.usual_instances:g}; "
            f"mean over tIoU {', '.join(map(str, diagnosis.tiou))}",
            f"mAP {overall['map']}, normalized {overall['normalized_map']}; missed {overall['missed']} % of instances",
            "",
            *_false_positives(diagnosis),
            *_sensitivities(diagnosis),
        ]
    )


def _false_positives(diagnosis: "Diagnosis") -> list[str]:
    """Shares of the kinds, and what removing one gains, as lines."""
    from react_tad.evaluation.diagnosis.false_positives import Kind
    from react_tad.evaluation.diagnosis.report import TOP

    lines = [f"{'best detections':18}{'1G':>8}{TOP:>8}{'without it: mAP':>23}{'norm. mAP':>11}"]
    for kind in Kind:
        line = f"{kind.words:18}{_per_cent(diagnosis.shares[0, kind], 8)}{_per_cent(diagnosis.top_shares[kind], 8)}"
        if kind is not Kind.TRUE_POSITIVE:
            plain, normalized = (gains[kind].mean() for gains in diagnosis.gain.values())
            line += _per_cent(plain, 23) + _per_cent(normalized, 11)
        lines.append(line)
    return lines


def _sensitivities(diagnosis: "Diagnosis") -> list[str]:
    """Normalized mAP and missed instances by bucket, as lines."""
    from react_tad.evaluation.diagnosis.characteristics import UNITS

    lines = []
    for part in diagnosis.sensitivities:
        own = part.characteristic
        title = f"{own.name} ({UNITS[own.name]})"
        lines += ["", f"{title:40}{'instances':>10}{'norm. mAP':>11}{'missed':>8}   bounds: {own.scheme}"]
        for index, name in enumerate(own.buckets):
            numbers = _per_cent(part.normalized_map[index].mean(), 11) + _per_cent(part.missed[index].mean(), 8)
            lines.append(f"{name:4}{own.span(index):36}{own.counts[index]:10}{numbers}")
    return lines


def _per_cent(fraction: float, width: int) -> str:
    """A fraction in per cent; a dash where there is none (NaN)."""
    return f"{100 * fraction:{width}.2f}" if fraction == fraction else f"{'-':>{width}}"
