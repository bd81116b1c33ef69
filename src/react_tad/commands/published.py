"""Table 1 (THUMOS14) or 2 (ActivityNet-1.3): the paper's rows, and ours where there is a run.

Rows of ours are a JSON list of {"preset": "paper", "window": 256, "description": training.json of a run, "metrics":
[files by seed], "features": what they are}. Without any, there is a row that says "not run here" for each setting of
the paper. GFLOPs of our rows are counted, as `react-tad flops` does.
"""

import argparse

from react_tad.arguments import add_table_outputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("table", choices=("table1", "table2"))
    parser.add_argument("--ours", metavar="JSON|FILE", help="rows of ours, as JSON or in a file")
    add_table_outputs(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, count, write."""
    from react_tad.paper import published_tables
    from react_tad.paper.published import lines, not_run, read_rows
    from react_tad.paper.table_files import write_table

    ours = read_rows(arguments.ours) if arguments.ours else []
    found = lines(arguments.table, ours or not_run(arguments.table))
    write_table(vars(arguments), published_tables, arguments.table, found)
