"""Make the folder of a model that people use: weights, model.json with all that running them takes, and README.md.

--cfg has the sections that training does not read: dataset, preset, options, windows, inference, soft_nms, fusion.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_cfg


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    add_cfg(parser, "parameters of the other steps")
    parser.add_argument("--trained", type=Path, required=True, metavar="DIR", help="folder of `react-tad train`")
    parser.add_argument("--features", type=Path, nargs="+", required=True, metavar="FILE", help="feature manifests")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="what its run measured (`react-tad evaluate`)")
    parser.add_argument("--variant", required=True, metavar="NAME", help="name of its variant")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")


def run(arguments: argparse.Namespace) -> None:
    """Read, complete, write."""
    from react_tad.evaluation.provenance import commit
    from react_tad.training.packaging import package

    package(
        arguments.trained,
        arguments.out,
        cfg=arguments.cfg,
        features=arguments.features,
        metrics=arguments.metrics,
        variant=arguments.variant,
        code=commit(),
    )
