"""The import closure, on a package written for it and on the project's own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
from sources import closure  # noqa: E402


@pytest.fixture
def package(tmp_path):
    files = {
        "pack/__init__.py": "",
        "pack/start.py": "import json\n\ndef run():\n    from pack.inner import late\n",
        "pack/inner/__init__.py": "from . import sibling\n",
        "pack/inner/late.py": "import pack.other\nfrom ..plain import value\n",
        "pack/inner/sibling.py": "",
        "pack/other.py": "try: from pack import start\nexcept ImportError: import pack.rescued\n",
        "pack/plain.py": "match 1:\n case value: import pack.matched\nif TYPE_CHECKING: import pack.typed\n",
        **dict.fromkeys(("pack/rescued.py", "pack/matched.py", "pack/typed.py"), ""),
        "pack/unused.py": "import pack.start\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_imports_in_functions_packages_and_relative_ones_are_followed(package):
    found = {str(Path(file).relative_to(package)) for file in closure(package, "pack", ["pack.start"])}
    expected = ("__init__", "start", "inner/__init__", "inner/late", "inner/sibling", "other", "plain")
    assert found == {f"pack/{name}.py" for name in (*expected, "rescued", "matched")}


def test_what_is_left_out_is_not_followed(package):
    found = {
        str(Path(file).relative_to(package)) for file in closure(package, "pack", ["pack.start"], ["pack.inner.late"])
    }
    assert found == {f"pack/{name}.py" for name in ("__init__", "start", "inner/__init__", "inner/sibling")}


def test_a_starting_point_that_does_not_exist_is_an_error(package):
    with pytest.raises(ValueError, match=r"pack\.missing"):
        closure(package, "pack", ["pack.missing"])


@pytest.mark.parametrize(
    "verb",
    [
        *("features", "windows", "train", "detect", "suppress", "evaluate", "summarize", "plot"),
        *("table", "sweep", "relations", "class_loss", "diagnose"),
        *("fetch_weights", "import", "pretrained"),
    ],
)
def test_nothing_outside_the_closure_is_imported(verb):
    files = closure(ROOT / "src", "react_tad", ["react_tad.cli", f"react_tad.commands.{verb}"])
    names = [
        ".".join(Path(file).relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__") for file in files
    ]
    code = (
        f"import importlib, sys\nnames = {names!r}\nfor name in names: importlib.import_module(name)\n"
        "print(*(name for name in sys.modules if name.split('.')[0] == 'react_tad' and name not in names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
