"""Detect in new recordings with a trained model: from files of features to detections; no annotations are needed.

MODEL is a folder such as results/toy/models/full/seed0. FILE is .npy [snippets, dimension] or HDF5 (a data set a
recording), or a folder of such files; for a model of the data set hapt also .csv, the raw signal of six columns at
50 Hz. For a model that was trained on features of 'react-tad extract' it may be a film or a folder of films; those that
cannot be used are named, the others go on, and the exit status is 1.
When the snippets were: from the options, from VIDEO.json beside a file ({"seconds_per_snippet", "first_center_seconds",
"duration"}), or as in the recordings that the model was trained on. docs/predict.md has examples.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_machine_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="folder of a model")
    parser.add_argument("recordings", type=Path, nargs="+", metavar="FILE", help="files, or folders of files")
    parser.add_argument("--out", type=Path, metavar="OUT", help="detections to write (.json)")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="the same: video, start, end, label, score")
    parser.add_argument(
        "--timeline", type=Path, metavar="OUT", help="picture, .svg or .png; of several recordings OUT-VIDEO.svg each"
    )
    parser.add_argument("--min-score", type=float, default=0.0, metavar="SCORE", help="leave out what is below (0)")
    parser.add_argument(
        "--top", type=int, metavar="N", help="keep the best N of each recording (what the model keeps: soft_nms.keep)"
    )
    parser.add_argument(
        "--backbone", type=Path, metavar="FOLDER", help="of films: where the network is now (where it was in training)"
    )
    times = parser.add_argument_group("when the snippets were, in seconds")
    times.add_argument("--seconds-per-snippet", type=float, metavar="S", help="from one snippet to the next")
    times.add_argument("--first-center-seconds", type=float, metavar="S", help="centre of the first snippet")
    times.add_argument("--duration", type=float, metavar="S", help="length of the recording")
    parser.add_argument("--profile", action="store_true", help="print where the time went")
    add_machine_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Load, detect, write, print."""
    from react_tad.detection.predictions import check_limits, check_outputs
    from react_tad.detection.report import speed_table, table_of_best
    from react_tad.pictures.canvas import check_suffix

    check_outputs(arguments.out, arguments.csv, arguments.timeline)
    check_limits(min_score=arguments.min_score, top=arguments.top)
    if arguments.timeline:
        check_suffix(arguments.timeline)

    from react_tad.detection.detector import Detector
    from react_tad.detection.stopwatch import Stopwatch

    detector = Detector(arguments.model, device=arguments.device, threads=arguments.threads)
    found = detector.predict_files(
        arguments.recordings,
        seconds_per_snippet=arguments.seconds_per_snippet,
        first_center_seconds=arguments.first_center_seconds,
        duration=arguments.duration,
        min_score=arguments.min_score,
        top=arguments.top,
        backbone=arguments.backbone,
        progress=True,
    )
    watch = Stopwatch()
    with watch.stage("write"):
        if arguments.out:
            found.write(arguments.out)
        if arguments.csv:
            found.write_csv(arguments.csv)
        if arguments.timeline:
            from react_tad.pictures.timeline import draw_detections

            draw_detections(found.detections, found.durations, arguments.timeline)
    print(table_of_best(found))
    for note in found.notes:
        print(note)
    if arguments.profile:
        print("\n" + speed_table(found, found.seconds | watch.seconds))
    if found.failed:
        total = len(found.failed) + len(found.durations)
        raise ValueError("\n".join([f"{len(found.failed)} of {total} recordings could not be used:", *found.failed]))
