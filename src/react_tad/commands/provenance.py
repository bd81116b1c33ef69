"""Say what results come from: commit, parameters, data with checksums, software, machine; as JSON and as a page.

--experiment is {"dataset", "first": name, "parameters": {key: value}, "differences": {variant: {key: value}}, "seeds":
{variant: [seed]}}, as the workflow gives it.
"""

import argparse
from pathlib import Path

from react_tad.arguments import json_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument(
        "--experiment",
        required=True,
        type=json_text,
        metavar="JSON|FILE",
        help="what was asked for, as JSON or in a file",
    )
    parser.add_argument("--features", type=Path, nargs="+", required=True, metavar="FILE", help="feature manifests")
    parser.add_argument("--device", default="cpu", help="where the networks ran (default: cpu)")
    parser.add_argument("--json", type=Path, required=True, metavar="OUT", help="everything")
    parser.add_argument("--html", type=Path, required=True, metavar="OUT", help="a page for readers")


def run(arguments: argparse.Namespace) -> None:
    """Collect and write."""
    from react_tad.evaluation.provenance import as_html, collect
    from react_tad.files import write_json, write_text
    from react_tad.params.section import parse_object

    collected = collect(parse_object(arguments.experiment, "--experiment"), arguments.features, device=arguments.device)
    write_json(arguments.json, collected)
    write_text(arguments.html, as_html(collected))
