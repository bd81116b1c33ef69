"""Print parameters and multiply-accumulates (MAC) of a detector by component.

Without a variant: the detector of the paper at THUMOS14 size. What the paper's tables call FLOPs are MACs.
"""

import argparse

from react_tad.arguments import add_source_arguments, parse_overrides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("variant", nargs="?", help="a name under `variants` in the parameter file")
    add_source_arguments(parser)
    parser.add_argument("--window", type=int, default=256, help="snippets a window (default: 256)")
    parser.add_argument("--dimension", type=int, default=2048, help="features a snippet (default: 2048)")
    parser.add_argument("--classes", type=int, default=20, help="classes (default: 20)")


def run(arguments: argparse.Namespace) -> None:
    """Print the table."""
    from react_tad.model.flops import count
    from react_tad.params.experiment import Experiment
    from react_tad.params.model import Model

    settings = Model()
    if arguments.variant:
        overrides = parse_overrides(arguments.set)
        settings = Experiment.read(arguments.params, overrides).resolve(arguments.variant).params.model
    costs = count(settings, window=arguments.window, dimension=arguments.dimension, classes=arguments.classes)
    print(f"{'component':<18}{'parameters':>12}{'MMAC a window':>16}")
    for name, cost in costs.items():
        print(f"{name:<18}{cost.parameters:>12,}{cost.macs / 1e6:>16.2f}")
    parameters, macs = (sum(getattr(cost, field) for cost in costs.values()) for field in ("parameters", "macs"))
    print(f"{'total':<18}{parameters:>12,}{macs / 1e6:>16.2f}   ({parameters / 1e6:.2f} M, {macs / 1e9:.2f} GMAC)")
