"""Reading YAML as DVC and Snakemake read it."""

from pathlib import Path
from typing import Any

from react_tad.files import DEPTH, check_tree, read_text
from react_tad.params.section import ParameterError

VALUES = 100_000
"""Values on one level of a YAML document, aliases written out; nobody writes as many by hand."""


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML 1.2 (``1e-4`` is a number and ``on`` a string, as DVC reads it; PyYAML is YAML 1.1).

    Raises :class:`ParameterError` that names ``where``: no YAML, nested too deep or within itself, no finite number.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(text)
        check_tree(loaded, where, most=VALUES)
    except YAMLError as error:
        raise ParameterError(f"{where} is not valid YAML: {error}") from error
    except RecursionError:
        raise ParameterError(f"{where}: lists and mappings are nested more than {DEPTH} deep") from None
    except ValueError as error:  # such as a date in a month that there is not
        message = str(error)
        raise ParameterError(message if message.startswith(where) else f"{where} is not valid YAML: {error}") from error
    return loaded


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a file by :func:`parse_yaml`; it should be a mapping."""
    loaded = parse_yaml(read_text(path), str(path))
    if not isinstance(loaded, dict):
        raise ParameterError(f"{path}: expected a mapping of parameters, found {type(loaded).__name__}")
    return loaded
