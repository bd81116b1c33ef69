"""Reading YAML files as DVC and Snakemake read them."""

from pathlib import Path
from typing import Any

from react_tad.params.section import ParameterError


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a YAML 1.2 file (``1e-4`` is a number and ``on`` a string, as DVC reads it; PyYAML is YAML 1.1)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8-sig"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path} is not valid YAML: {error}") from error
    except RecursionError:
        raise ParameterError(f"{path} is nested too deep to be a file of parameters") from None
    except ValueError as error:  # such as a date on the 31st of February
        raise ParameterError(f"{path}: a value cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise ParameterError(f"{path}: expected a mapping of parameters, found {type(loaded).__name__}")
    return loaded
