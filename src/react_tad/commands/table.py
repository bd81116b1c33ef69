"""One table of a study: every row with its spread, its difference with the reference row, and the paper's row.

A study is {"name": "table3", "title": "Main components", "reference": "all", "rows": {"all": {"metrics": [files by
seed], "detections": [files by seed]}, ...}}. With --annotations, rows that give their detections get an interval over
test videos, or over groups of them (people, venues) where the annotations have these; without, only the one over seeds.
"paper" names the paper's table (table1, table2, table3, table4_ace_enc, table4_ace_dec) where the study's name is not
it already; a row's "label" is what readers see.
"""

import argparse

from react_tad.arguments import add_study, add_table_outputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    add_study(parser, "the study")
    add_table_outputs(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, compare, write."""
    from react_tad.evaluation.ground_truth import read_ground_truth
    from react_tad.paper import tables
    from react_tad.paper.comparison import compare
    from react_tad.paper.studies import Study, read_study
    from react_tad.paper.table_files import write_table

    study = read_study(arguments.study, Study)
    truth = read_ground_truth(arguments.annotations, arguments.subset) if arguments.annotations else None
    comparison = compare(study, truth, resamples=arguments.resamples)
    write_table(vars(arguments), tables, comparison)
