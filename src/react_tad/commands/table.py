"""One table of a study: every row with its spread, its difference with the reference row, and the paper's row.

A study is {"name": "table3", "title": "Main components", "reference": "all", "rows": {"all": {"metrics": [files by
seed], "detections": [files by seed]}, ...}}. With --annotations, rows that give their detections get an interval over
test videos; without, only the one over seeds. "paper" names the paper's table (table1, table2, table3, table4_ace_enc,
table4_ace_dec) where the study's name is not it already; a row's "label" is what readers see.
"""

import argparse
from pathlib import Path

from react_tad.commands.table_outputs import add_table_outputs, write_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--study", required=True, metavar="JSON|FILE", help="the study, as JSON or in a file")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="ground truth, to resample its videos")
    parser.add_argument("--subset", default="test", metavar="NAME", help="subset of the annotations (test)")
    parser.add_argument("--resamples", type=int, default=1000, metavar="N", help="resamples of the videos (1000)")
    add_table_outputs(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, compare, write."""
    from react_tad.ground_truth import read_ground_truth
    from react_tad.paper import tables
    from react_tad.paper.comparison import compare
    from react_tad.paper.studies import Study, read_study

    study = read_study(arguments.study, Study)
    truth = read_ground_truth(arguments.annotations, arguments.subset) if arguments.annotations else None
    comparison = compare(study, truth, resamples=arguments.resamples)
    write_table(arguments, tables, comparison)
