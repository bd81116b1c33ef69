"""Reading YAML files as DVC and Snakemake read them."""

from pathlib import Path
from typing import Any

from react_tad.files import parse_yaml, read_text
from react_tad.params.section import ParameterError


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a YAML 1.2 file by :func:`react_tad.files.parse_yaml`; it should be a mapping of parameters."""
    try:
        loaded = parse_yaml(read_text(path), str(path))
    except ValueError as error:
        raise ParameterError(str(error)) from error
    if not isinstance(loaded, dict):
        raise ParameterError(f"{path}: expected a mapping of parameters, found {type(loaded).__name__}")
    return loaded
