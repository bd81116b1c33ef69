"""Write detections as one HTML page to look at in a browser: no server, no network.

The page has a time line a recording, with annotations beside the detections, a slider for the score, classes to switch
on and off, and zoom. A click on a detection plays it, where --videos has a video of the recording: a file of its name.
The page refers to videos by their place relative to its own, so keep them together. The script that draws (Plotly) is
in the page: about 5 MB.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("detections", type=Path, metavar="DETECTIONS", help="detections of one or more recordings")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="ground truth to show beside them")
    parser.add_argument("--videos", type=Path, metavar="FOLDER", help="video files named like the recordings")
    parser.add_argument("--min-score", type=float, metavar="SCORE", help="leave out detections below it")
    parser.add_argument("--top", type=int, metavar="N", help="keep the best N detections of a recording")
    parser.add_argument("--title", metavar="TEXT", help="title of the page (default: the name of DETECTIONS)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the page: .html")


def run(arguments: argparse.Namespace) -> None:
    """Read, write the page, and say what is in it."""
    if arguments.out.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--out {arguments.out} should end in .html")
    if arguments.top is not None and arguments.top < 1:
        raise ValueError(f"--top {arguments.top} should be 1 or more")
    from react_tad.data.annotations import read_annotations
    from react_tad.detection.detections import read_detections
    from react_tad.pictures.viewer.page import write_page
    from react_tad.pictures.viewer.videos import find_videos

    detections = read_detections(arguments.detections)
    shown = write_page(
        arguments.out,
        detections,
        read_annotations(arguments.annotations) if arguments.annotations else None,
        videos=find_videos(arguments.videos, detections.videos) if arguments.videos else None,
        min_score=arguments.min_score,
        top=arguments.top,
        title=arguments.detections.name if arguments.title is None else arguments.title,
    )
    extra = f", {shown.annotations:,} annotations" if arguments.annotations else ""
    extra += f", videos of {shown.videos:,} recordings" if arguments.videos else ""
    print(
        f"{arguments.out}: {shown.recordings:,} recordings, {shown.detections:,} of {len(detections):,} detections"
        f"{extra}; {arguments.out.stat().st_size / 1e6:.1f} MB"
    )
