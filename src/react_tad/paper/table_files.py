"""The files that a table is written to: one a form."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from react_tad.files import write_json, write_text

FORMS = ("csv", "markdown", "latex", "html")


def write_table(paths: Mapping[str, Path | None], tables: ModuleType, *content: Any) -> None:
    """Write ``content`` in each form that has a path, ``json`` too; Markdown is printed where none has.

    ``tables`` has a function of the content for each form: ``as_csv``, ``as_dict`` (for JSON), ...
    """
    asked = {form: path for form in FORMS if (path := paths.get(form))}
    for form, path in asked.items():
        write_text(path, getattr(tables, f"as_{form}")(*content))
    if paths.get("json"):
        write_json(paths["json"], tables.as_dict(*content))
    elif not asked:
        print(tables.as_markdown(*content), end="")
