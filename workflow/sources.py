"""Which source files a step of the pipeline uses: the closure of its imports, found without importing anything.

Snakemake does not see edits of an imported module, so the rules name these files as inputs. Imports inside functions
count, since the verbs import what is heavy only when they run. A module that is imported under a computed name (a data
set's module) cannot be seen and has to be given as a starting point.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path


def closure(root: Path, package: str, modules: Iterable[str]) -> list[str]:
    """Files of ``package`` that the import of ``modules`` may run, sorted.

    ``root`` is the folder that holds the package. A module that has no file there is an error.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    for name in waiting:
        if module_file(root, name) is None:
            raise ValueError(f"no source file for module '{name}' under {root}")
    while waiting:
        name = waiting.pop()
        file = module_file(root, name)
        if file is None or name in found:
            continue
        found[name] = file
        parent = name.rpartition(".")[0]
        waiting += [parent] * bool(parent)  # importing a module runs the __init__ of its packages
        waiting += [other for other in imported(file, name) if other.split(".")[0] == package]
    return sorted(str(file) for file in found.values())


def module_file(root: Path, name: str) -> Path | None:
    """The file of module ``name`` under ``root``, or ``None``."""
    path = root.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@cache
def imported(file: Path, name: str) -> frozenset[str]:
    """Names that module ``name`` imports anywhere in ``file``; of ``from a import b``, both ``a`` and ``a.b``."""

    def names() -> Iterator[str]:
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = resolve_name("." * node.level + (node.module or ""), package)
                yield origin
                yield from (f"{origin}.{alias.name}" for alias in node.names)

    return frozenset(names())
