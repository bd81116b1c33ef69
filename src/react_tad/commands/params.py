"""Show what a variant of ``params.yaml`` resolves to: every parameter, its value, and where the value comes from.

Beside them the folds of the data set, if it has any.

``react-tad params show full --set train.epochs=1`` shows what an override changes.
"""

import argparse

from react_tad.arguments import add_source_arguments, parse_overrides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="print the resolved parameters of a variant")
    show.add_argument("variant", help="a name under `variants` in the parameter file")
    add_source_arguments(show)
    show.add_argument("--step", help="print only what one step reads, as the JSON that the step is given")


def run(arguments: argparse.Namespace) -> None:
    """Print a table, a parameter a line."""
    from react_tad.params.experiment import STEP_SECTIONS, Experiment
    from react_tad.params.section import ParameterError, flatten

    experiment = Experiment.read(arguments.params, parse_overrides(arguments.set))
    resolved = experiment.resolve(arguments.variant)
    if arguments.step:
        if arguments.step not in STEP_SECTIONS:
            raise ParameterError(f"--step {arguments.step}: should be one of {', '.join(STEP_SECTIONS)}")
        print(resolved.step(arguments.step))
        return
    values = {key: str(value) for key, value in flatten(resolved.params.model_dump(mode="json"))}
    source = dict(resolved.source)
    if experiment.folds:
        folds = {f"folds.{key}": str(value) for key, value in experiment.folds.model_dump().items()}
        values, source = values | folds, source | dict.fromkeys(folds, f"datasets.{experiment.dataset}")
    widths = max(map(len, values)), max(map(len, values.values()))
    for key, value in values.items():
        print(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {source[key]}")
