"""Soft-NMS of raw detections, video by video; writes ActivityNet results that any evaluator of the field reads."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--cfg", required=True, metavar="JSON", help='parameters: {"soft_nms": {...}}')
    parser.add_argument("--raw", type=Path, required=True, metavar="FILE", help="raw detections (.npz)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="detections to write (.json)")


def run(arguments: argparse.Namespace) -> None:
    """Read, suppress, write."""
    from react_tad.detections import RawDetections, write_detections
    from react_tad.params import SoftNms, step_params
    from react_tad.soft_nms import suppress

    params = step_params(SoftNms, arguments.cfg, "soft_nms")
    raw = RawDetections.read(arguments.raw)
    kept = suppress(raw, params)
    write_detections(arguments.out, kept)
    print(f"{arguments.out}: kept {len(kept)} of {len(raw)} detections in {len(raw.videos)} videos")
