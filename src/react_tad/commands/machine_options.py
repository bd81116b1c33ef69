"""The arguments of every verb that computes with networks."""

import argparse


def add_machine_options(parser: argparse.ArgumentParser, *, keep_features: bool = False) -> None:
    """Add ``--threads`` and ``--device``, and ``--features-on-device`` where that can be."""
    parser.add_argument("--threads", type=int, default=1, help="cores to compute on (default: 1)")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: CUDA if there is one"
    )
    if keep_features:
        parser.add_argument(
            "--features-on-device",
            action="store_true",
            help="copy all features to the device once and cut windows there (they have to fit; the results are the "
            "same)",
        )
