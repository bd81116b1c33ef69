"""Put the detections of all folds into one file, or their annotations: each recording once.

Then one average precision is taken over all recordings of a data set, each detected in by the network of the fold that
tested it. A recording that is in two files is an error.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--detections", type=Path, nargs="+", metavar="FILE", help="detections, a file a fold")
    what.add_argument("--annotations", type=Path, nargs="+", metavar="FILE", help="annotations, a file a fold")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")


def run(arguments: argparse.Namespace) -> None:
    """Read, pool, write."""
    from react_tad.data.pooling import pool_annotations
    from react_tad.detection.detections import read_detections, write_detections
    from react_tad.detection.pooling import pool

    if arguments.annotations:
        count = pool_annotations(arguments.annotations, arguments.out)
        print(f"{arguments.out}: {count} recordings of {len(arguments.annotations)} folds")
        return
    pooled = pool([read_detections(path) for path in arguments.detections])
    write_detections(arguments.out, pooled)
    print(f"{arguments.out}: {len(pooled)} detections in {len(pooled.videos)} recordings")
