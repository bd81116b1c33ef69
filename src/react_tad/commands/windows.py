"""Cut the recordings of one split into windows.

The split is that of the feature manifest. Features are read whole once, and checked against their manifest. Prints
what was kept, how many segments were cut or dropped and why, and how many instances no window holds.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_cfg(parser, "the section 'windows' of the parameters")
    parser.add_argument("--annotations", required=True, type=Path, metavar="FILE", help="ActivityNet-style JSON")
    parser.add_argument("--features", required=True, type=Path, metavar="FILE", help="feature manifest of the split")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="index of windows to write")


def run(arguments: argparse.Namespace) -> None:
    """Make the index and write it."""
    from react_tad.data.annotations import read_annotations
    from react_tad.data.features import FeatureStore
    from react_tad.data.windows import make_windows, told
    from react_tad.files import write_json
    from react_tad.params.section import step_params
    from react_tad.params.windows import Windows

    params = step_params(Windows, arguments.cfg, "windows")
    annotations = read_annotations(arguments.annotations)
    store = FeatureStore(arguments.features)
    store.verify()
    index = make_windows(annotations, store, params)
    write_json(arguments.out, index, indent=None)
    for line in told(index, store):
        print(line)
