"""Soft-NMS of raw detections, video by video; writes ActivityNet results that any evaluator of the field reads.

Where the parameters say fusion.enabled, what Soft-NMS keeps gets the classes of a video-level classifier, as by
`react-tad fuse`.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    add_cfg(parser, 'parameters: {"soft_nms": {...}, "fusion": {...}}')
    parser.add_argument("--raw", type=Path, required=True, metavar="FILE", help="raw detections (.npz)")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="detections to write: .json or .csv, also .gz"
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, suppress, write."""
    from react_tad.data.video_scores import read_video_scores
    from react_tad.detection.detections import RawDetections, write_detections
    from react_tad.detection.fusion import fuse
    from react_tad.detection.soft_nms import suppress
    from react_tad.params.fusion import Fusion
    from react_tad.params.section import step_params
    from react_tad.params.soft_nms import SoftNms

    params = step_params(SoftNms, arguments.cfg, "soft_nms")
    fusion = step_params(Fusion, arguments.cfg, "fusion")
    raw = RawDetections.read(arguments.raw)
    kept = suppress(raw, **params.model_dump())
    print(f"{arguments.out}: kept {len(kept)} of {len(raw)} detections in {len(raw.videos)} videos")
    if fusion.enabled:
        kept, unfused = fuse(kept, read_video_scores(fusion).of_classes(kept.classes), fusion)
        print(f"{arguments.out}: {len(kept)} detections of the best {fusion.top_k} classes of each video")
        if unfused:
            print(f"{arguments.out}: no class scores, and left as they are: {', '.join(unfused)}")
    write_detections(arguments.out, kept)
