"""Which source files a step of the pipeline uses: the closure of its imports, found without importing anything.

Snakemake does not see edits of an imported module, so the rules name these files as inputs. Imports inside functions
count, since the verbs import what is heavy only when they run; those for type checkers alone do not. A module that is
imported under a computed name (a data set's module) cannot be seen and has to be given as a starting point.

What a verb itself says, its options and help, makes no result: it reads arguments, calls and writes, and the options
that a rule gives stand in the rule. So the modules of the command line are left out.
"""

import ast
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

from react_tad.evaluation.profiles import catalogue

VALIDATION = ("react_tad.evaluation.validation", "react_tad.detection.inference")
"""What ``react-tad train`` looks at a model with. It makes nothing unless an epoch is selected by it."""


def closure(root: Path, package: str, modules: Iterable[str], without: Collection[str] = ()) -> list[str]:
    """Files of ``package`` that the import of ``modules`` may run, sorted.

    ``root`` is the folder that holds the package. A module that has no file there is an error. Modules in ``without``
    are not followed.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    for name in waiting:
        if module_file(root, name) is None:
            raise ValueError(f"no source file for module '{name}' under {root}")
    while waiting:
        name = waiting.pop()
        file = module_file(root, name)
        if file is None or name in found or name in without:
            continue
        found[name] = file
        parent = name.rpartition(".")[0]
        waiting += [parent] * bool(parent)  # importing a module runs the __init__ of its packages
        waiting += [other for other in imported(file, name) if other.split(".")[0] == package]
    return sorted(str(file) for file in found.values())


COMMAND_LINE = ("cli", "arguments", "commands")


def of_verb(root: Path, package: str, verb: str, more: Iterable[str] = (), without: Collection[str] = ()) -> list[str]:
    """Files that make what ``verb`` writes: the closure of its imports and of the modules ``more``."""
    files = closure(root, package, [f"{package}.commands.{verb}", *more], without)
    parts = (Path(file).relative_to(root / package).with_suffix("").parts[0] for file in files)
    return [file for file, part in zip(files, parts, strict=True) if part not in COMMAND_LINE]


def module_file(root: Path, name: str) -> Path | None:
    """The file of module ``name`` under ``root``, or ``None``."""
    path = root.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@cache
def imported(file: Path, name: str) -> frozenset[str]:
    """Names that module ``name`` imports anywhere in ``file``; of ``from a import b``, both ``a`` and ``a.b``."""

    def names() -> Iterator[str]:
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for node in executed(ast.parse(file.read_bytes(), str(file))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = resolve_name("." * node.level + (node.module or ""), package)
                yield origin
                yield from (f"{origin}.{alias.name}" for alias in node.names)

    return frozenset(names())


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and the statements below it, without what is there for type checkers only."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, STATEMENTS) and not for_type_checkers(child):
            yield from executed(child)


STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
"""Statements and what holds some. Expressions, most of a file, hold none."""


def for_type_checkers(node: ast.AST) -> bool:
    """Whether it is ``if TYPE_CHECKING:``."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def of_step(root: Path, verb: str, kind: str, without: Collection[str] = ()) -> list[str]:
    """Files of this project in ``root``, relative to it, that make what ``react-tad VERB`` writes for a data set of a
    kind (the name of its module).
    """
    more = [f"react_tad.data.datasets.{kind}"] if verb in ("fetch", "features", "package") else []
    files = of_verb(root / "src", "react_tad", verb, more, without)
    own_profiles = catalogue.profile_file(kind)
    if own_profiles and catalogue.__file__ in files:
        files.append(str(own_profiles))
    return [os.path.relpath(file, root) for file in files]


def digest(root: Path, files: Iterable[str]) -> str:
    """Short digest of the contents of ``files`` under ``root``."""
    contents = hashlib.sha256()
    for file in files:
        contents.update((root / file).read_bytes())
    return contents.hexdigest()[:12]
