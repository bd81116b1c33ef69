"""Who may import whom, and who starts without torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import react_tad
from react_tad.cli import VERBS

ROOT = Path(react_tad.__file__).parent
NEVER = {"snakemake", "dvc"}
LIGHT = (
    "cli", "params", "segments", "files", "detections", "ground_truth", "evaluation", "soft_nms", "summary",
    "profile_summary", "profiles.catalogue", "profiles.measure",
    "pictures.timeline", "pictures.loss_curves", "pictures.ap_chart", "data.windows", "data.features",
    "data.video_scores", "fusion",
)  # fmt: skip

LAYERS = (
    {"segments", "params", "files", "devices"},
    {"data", "losses", "model", "detections", "ground_truth"},
    {
        *("batches", "checkpoints", "precision", "step_reports", "evaluation", "soft_nms", "flops", "profiles"),
        *("fusion", "released_weights"),
    },
    {
        *("inference", "training", "validation", "benchmark", "summary", "profile_summary", "pictures", "diagnosis"),
        *("paper", "provenance", "times"),
    },
    {"commands"},
    {"cli"},
)
"""What stands in a row may import what stands in the rows above it, and in its own, never what stands below."""

APART = {
    "losses": {"model"},
    "evaluation": {"model", "losses", "batches", "checkpoints"},
    "profiles": {"model", "losses", "batches", "checkpoints"},
    "fusion": {"model", "losses", "batches", "checkpoints"},
    "soft_nms": {"model", "losses", "batches", "checkpoints"},
    "model": {"losses", "data"},
    "data": {"model", "losses"},
    "pictures": {"training", "inference", "validation"},
    "profile_summary": {"training", "inference", "validation"},
    "summary": {"training", "inference", "validation"},
    "diagnosis": {"training", "inference", "validation"},
    "paper": {"training", "inference", "validation", "model", "losses"},
}
"""What stands in neighbouring rows and is kept apart all the same."""


def imports():
    """Every import statement of the package: (part that imports, file, what it imports)."""
    for path in sorted(ROOT.rglob("*.py")):
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}: relative import"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                yield part, path.relative_to(ROOT), name


def own_imports():
    """The imports within the package: (part that imports, file, part that is imported)."""
    parts = set().union(*LAYERS)
    for part, path, name in imports():
        top, *rest = name.split(".")
        if top == "react_tad" and rest and rest[0] in parts:
            yield part, path, rest[0]


def layer(part):
    found = [number for number, names in enumerate(LAYERS) if part in names]
    assert found, f"say in LAYERS where react_tad.{part} stands"
    return found[0]


def test_every_part_of_the_package_has_a_place():
    for path in ROOT.iterdir():
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists():
            layer(path.stem)


def test_nothing_imports_what_builds_on_it():
    wrong = [f"{path} imports {target}" for part, path, target in own_imports() if layer(part) < layer(target)]
    assert wrong == []


def test_what_is_kept_apart_stays_apart():
    wrong = [f"{path} imports {target}" for part, path, target in own_imports() if target in APART.get(part, ())]
    assert wrong == []


def test_the_package_knows_neither_snakemake_nor_dvc():
    assert [f"{path} imports {name}" for _, path, name in imports() if name.split(".")[0] in NEVER] == []


def test_imports_are_seen():
    """The tests above look at something."""
    seen = {(part, target) for part, _, target in own_imports()}
    assert {("losses", "segments"), ("training", "model"), ("commands", "inference")} <= seen


def modules_after(code):
    """Which of torch, Snakemake and DVC a fresh Python has loaded after ``code``."""
    code += "\nimport sys; print([name for name in ('torch', 'snakemake', 'dvc') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_light_modules_start_without_torch():
    found = modules_after("\n".join(f"import react_tad.{name}" for name in LIGHT))
    assert found == "[]", [name for name in LIGHT if modules_after(f"import react_tad.{name}") != "[]"]


def test_help_of_every_verb_starts_without_torch():
    code = "from react_tad.cli import main\n"
    for arguments in ([], *([verb] for verb in VERBS)):
        code += f"try: main({[*arguments, '--help']})\nexcept SystemExit as end: assert end.code == 0\n"
    assert modules_after(code) == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_a_module_with_a_docstring(verb):
    text = (ROOT / "commands" / f"{verb.replace('-', '_')}.py").read_text(encoding="utf-8")
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert {"add_arguments", "run"} <= names
    assert ast.get_docstring(ast.parse(text))
