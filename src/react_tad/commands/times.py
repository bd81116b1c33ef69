"""What each step of the pipeline cost: jobs, wall seconds, share of the whole.

Reads the benchmark files of Snakemake, such as logs/toy/benchmarks. Wall seconds are summed over jobs, some of which
ran at the same time.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument(
        "folder", type=Path, help="folder of benchmark files, such as logs/toy/benchmarks or logs/toy/folds"
    )
    parser.add_argument("--csv", type=Path, metavar="OUT", help="write the table, shares as fractions")


def run(arguments: argparse.Namespace) -> None:
    """Print the table, and write it if asked to."""
    from react_tad.evaluation.run_times import read_benchmarks, shares
    from react_tad.files import write_text

    table = shares(read_benchmarks(arguments.folder))
    if arguments.csv:
        write_text(arguments.csv, table.to_csv())
    print(f"{'step':<12}{'jobs':>6}{'wall s':>10}{'share %':>9}")
    for step, row in table.iterrows():
        print(f"{step:<12}{row.jobs:>6.0f}{row.wall_s:>10.1f}{100 * row.share:>9.1f}")
    print(f"{'all':<12}{table.jobs.sum():>6}{table.wall_s.sum():>10.1f}{100:>9.1f}")
