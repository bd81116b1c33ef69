"""One table of a study: every row with its spread, its difference with the reference row, and the paper's row.

A study is {"name": "table3", "title": "Main components", "reference": "all", "rows": {"all": {"metrics": [files by
seed], "detections": [files by seed]}, ...}}. With --annotations, rows that give their detections get an interval over
test videos; without, only the one over seeds. "paper" names the paper's table (table1, table2, table3, table4_ace_enc,
table4_ace_dec) where the study's name is not it already; a row's "label" is what readers see.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--study", required=True, metavar="JSON|FILE", help="the study, as JSON or in a file")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="ground truth, to resample its videos")
    parser.add_argument("--subset", default="test", metavar="NAME", help="subset of the annotations (test)")
    parser.add_argument("--resamples", type=int, default=1000, metavar="N", help="resamples of the videos (1000)")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--json", type=Path, metavar="OUT", help="the same by row")
    parser.add_argument(
        "--markdown", type=Path, metavar="OUT", help="per cent, for readers; printed if no OUT is given"
    )
    parser.add_argument("--latex", type=Path, metavar="OUT", help="per cent, with booktabs")
    parser.add_argument("--html", type=Path, metavar="OUT", help="per cent, a page of its own")


def run(arguments: argparse.Namespace) -> None:
    """Read, compare, write."""
    from react_tad.files import write_json, write_text
    from react_tad.ground_truth import read_ground_truth
    from react_tad.paper.comparison import compare
    from react_tad.paper.studies import Study, read_study
    from react_tad.paper.tables import as_csv, as_dict, as_html, as_latex, as_markdown

    study = read_study(arguments.study, Study)
    truth = read_ground_truth(arguments.annotations, arguments.subset) if arguments.annotations else None
    comparison = compare(study, truth, resamples=arguments.resamples)
    texts = {"csv": as_csv, "markdown": as_markdown, "latex": as_latex, "html": as_html}
    for name, text in texts.items():
        if path := getattr(arguments, name):
            write_text(path, text(comparison))
    if arguments.json:
        write_json(arguments.json, as_dict(comparison))
    if not any(getattr(arguments, name) for name in (*texts, "json")):
        print(as_markdown(comparison), end="")
