"""Give detections the classes of a video-level classifier: segment score times class score.

Takes and writes ActivityNet results. Every segment becomes a detection of each of the best classes of its video,
whatever its own label; react_tad/detection/fusion.py says it exactly. Published scores: CUHK's for ActivityNet
(cuhk_anet17_pred.json or cuhk_val_simp_share.json) and UntrimmedNet's for THUMOS14 (uNet_test.npy).
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--detections", type=Path, required=True, metavar="FILE", help="results, after any suppression")
    parser.add_argument("--scores", required=True, metavar="FILE", help="video-level class scores")
    parser.add_argument("--source", choices=("cuhk", "untrimmednet"), default="cuhk", help="whose (default: cuhk)")
    parser.add_argument("--video-list", metavar="FILE", help="untrimmednet: names of the array's rows, one a line")
    parser.add_argument("--class-list", metavar="FILE", help="untrimmednet: names of its columns, one a line")
    parser.add_argument("--top-k", type=int, default=2, metavar="K", help="classes a video (default: 2)")
    parser.add_argument("--segment-power", type=float, default=1.0, metavar="P", help="of the segment's score (1)")
    parser.add_argument("--class-power", type=float, default=1.0, metavar="P", help="of the class's score (1)")
    parser.add_argument("--softmax", action="store_true", help="the file holds logits")
    parser.add_argument(
        "--missing",
        choices=("refuse", "keep"),
        default="refuse",
        help="videos without class scores: an error (default), or left as they are",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT", help="detections to write: .json or .csv, also .gz"
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, fuse, write."""
    from react_tad.data.video_scores import read_video_scores
    from react_tad.detection.detections import read_detections, write_detections
    from react_tad.detection.fusion import fuse
    from react_tad.params.fusion import Fusion
    from react_tad.params.section import validated

    given = {name: getattr(arguments, name) for name in Fusion.model_fields if name != "enabled"}
    settings = validated(Fusion, given, "react-tad fuse")
    detections = read_detections(arguments.detections)
    fused, unfused = fuse(detections, read_video_scores(settings), settings)
    write_detections(arguments.out, fused)
    print(f"{arguments.out}: {len(fused)} detections of {len(detections)} in {len(fused.videos)} videos")
    if unfused:
        print(f"{arguments.out}: no class scores, and left as they are: {', '.join(unfused)}")
