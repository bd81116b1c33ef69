"""Table 1 (THUMOS14) or 2 (ActivityNet-1.3): the paper's rows, and ours where there is a run.

Rows of ours are a JSON list of {"preset": "paper", "window": 256, "description": model.json of a run, "metrics": [files
by seed], "features": what they are}. Without any, there is a row that says "not run here" for each setting of the
paper. GFLOPs of our rows are counted, as `react-tad flops` does.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("table", choices=("table1", "table2"))
    parser.add_argument("--ours", metavar="JSON|FILE", help="rows of ours, as JSON or in a file")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--json", type=Path, metavar="OUT", help="the same by row, with the notes")
    parser.add_argument(
        "--markdown", type=Path, metavar="OUT", help="per cent, for readers; printed if no OUT is given"
    )
    parser.add_argument("--latex", type=Path, metavar="OUT", help="per cent, with booktabs")
    parser.add_argument("--html", type=Path, metavar="OUT", help="per cent, a page of its own")


def run(arguments: argparse.Namespace) -> None:
    """Read, count, write."""
    from react_tad.files import write_json, write_text
    from react_tad.paper.published import lines, not_run, read_rows
    from react_tad.paper.published_tables import as_csv, as_dict, as_html, as_latex, as_markdown

    ours = read_rows(arguments.ours) if arguments.ours else []
    found = lines(arguments.table, ours or not_run(arguments.table))
    texts = {"csv": as_csv, "markdown": as_markdown, "latex": as_latex, "html": as_html}
    for name, text in texts.items():
        if path := getattr(arguments, name):
            write_text(path, text(arguments.table, found))
    if arguments.json:
        write_json(arguments.json, as_dict(arguments.table, found))
    if not any(getattr(arguments, name) for name in (*texts, "json")):
        print(as_markdown(arguments.table, found), end="")
