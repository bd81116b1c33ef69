"""The files that a table can be written to: one option a form, Markdown on the screen where none is given."""

import argparse
from pathlib import Path
from types import ModuleType
from typing import Any

from react_tad.files import write_json, write_text

FORMS = ("csv", "markdown", "latex", "html")


def add_table_outputs(parser: argparse.ArgumentParser) -> None:
    """Add ``--csv``, ``--json``, ``--markdown``, ``--latex`` and ``--html``."""
    parser.add_argument("--csv", type=Path, metavar="OUT", help="fractions, unrounded")
    parser.add_argument("--json", type=Path, metavar="OUT", help="the same by row, with what belongs to it")
    parser.add_argument(
        "--markdown", type=Path, metavar="OUT", help="per cent, for readers; printed if no OUT is given"
    )
    parser.add_argument("--latex", type=Path, metavar="OUT", help="per cent, with booktabs")
    parser.add_argument("--html", type=Path, metavar="OUT", help="per cent, a page of its own")


def write_table(arguments: argparse.Namespace, tables: ModuleType, *content: Any) -> None:
    """Write what is asked for; ``tables`` has a function of the content for each form: ``as_csv``, ``as_dict``, ..."""
    asked = {form: path for form in FORMS if (path := getattr(arguments, form))}
    for form, path in asked.items():
        write_text(path, getattr(tables, f"as_{form}")(*content))
    if arguments.json:
        write_json(arguments.json, tables.as_dict(*content))
    elif not asked:
        print(tables.as_markdown(*content), end="")
