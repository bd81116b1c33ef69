"""Time a training step, on generated features: nothing has to be downloaded.

Without a variant: the detector of the paper at THUMOS14 size. Shares of the parts are measured where the CPU computes;
on a GPU, which works behind the host, --trace shows what it waits for.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_machine_options, add_source_arguments, parse_overrides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("variant", nargs="?", help="a name under `variants` in the parameter file")
    add_source_arguments(parser)
    parser.add_argument("--dimension", type=int, default=2048, help="features a snippet (default: 2048)")
    parser.add_argument("--classes", type=int, default=20, help="classes (default: 20)")
    parser.add_argument("--steps", type=int, default=20, help="steps to time (default: 20)")
    parser.add_argument("--warmup", type=int, default=5, help="steps before them (default: 5)")
    add_machine_options(parser, keep_features=True)
    parser.add_argument("--trace", type=Path, metavar="OUT", help="record one step for Chrome's or Perfetto's viewer")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write what was measured")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    from dataclasses import asdict

    from react_tad.devices import choose_device, use_threads
    from react_tad.files import write_json
    from react_tad.params.experiment import Experiment
    from react_tad.params.section import ParameterError
    from react_tad.training.step_timing import Size, measure
    from react_tad.training.trainer import Settings

    for name in ("steps", "warmup", "dimension", "classes"):
        if getattr(arguments, name) < 1:
            raise ParameterError(f"--{name} {getattr(arguments, name)}: should be 1 or more")
    use_threads(arguments.threads)
    device = choose_device(arguments.device)
    overrides = parse_overrides(arguments.set)
    if arguments.variant:
        resolved = Experiment.read(arguments.params, overrides).resolve(arguments.variant)
    else:
        paper = {"dataset": "paper", "datasets": {"paper": {}}, "seeds": [0], "variants": {"paper": {}}}
        resolved = Experiment(paper, overrides=overrides, where="the paper's size").resolve("paper")
    values = resolved.params
    timing = measure(
        Settings(values.model, values.matching, values.loss, values.train, seed=0),
        Size(values.windows, arguments.dimension, arguments.classes),
        device=device,
        steps=arguments.steps,
        warmup=arguments.warmup,
        keep=arguments.features_on_device,
        trace=arguments.trace,
    )
    where = f"{device.type}, {arguments.threads} threads, {values.train.precision}"
    size = f"{values.train.batch_size} windows of {values.windows.length} snippets of {arguments.dimension} features"
    print(f"{where}; {size}; {arguments.steps} steps")
    print(f"{timing.seconds:.4f} s a step by the clock, {timing.cpu_seconds:.4f} s of CPU")
    print(f"{timing.peak_bytes / 2**20:.0f} MiB at most")
    whole = sum(seconds for part, seconds in timing.shares.items() if part != "matching")
    for part, seconds in timing.shares.items():
        print(f"{'  matching' if part == 'matching' else part:<12}{100 * seconds / whole:6.1f} %{seconds:10.4f} s")
    if arguments.json:
        write_json(arguments.json, {"setting": f"{where}; {size}"} | asdict(timing))
