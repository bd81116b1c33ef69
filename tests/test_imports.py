"""Who may import whom, and who starts without torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import react_tad
from react_tad.cli import VERBS

ROOT = Path(react_tad.__file__).parent
NEVER = {"snakemake", "snakemake_logger_plugin_react_tad", "dvc"}
LIGHT = (
    "cli", "arguments", "segments", "files", "tables", "params.experiment", "data.windows", "data.features",
    "data.video_scores", "detection.cells",
    "extraction.clips", "extraction.video", "extraction.scaling", "extraction.backbone", "extraction.folder",
    "detection.detections", "detection.soft_nms", "detection.fusion", "detection.predictions", "detection.recordings",
    "detection.report", "detection.time_base", "training.log", "training.model_folder", "training.packaging",
    "evaluation.average_precision", "evaluation.ground_truth", "evaluation.summary", "evaluation.profile_summary",
    "evaluation.validation", "evaluation.profiles.catalogue", "evaluation.profiles.measure",
    "evaluation.diagnosis.report", "paper.tables", "paper.sweeps",
    "pictures.timeline", "pictures.loss_curves", "pictures.ap_chart", "pictures.viewer.page",
)  # fmt: skip
"""What starts without torch."""

ORDER = (
    "cli", "commands", "arguments", "pictures", "paper", "evaluation", "detection", "training", "losses", "model",
    "extraction", "data", "params", "tables", "devices", "files", "segments",
)  # fmt: skip
"""The house from top to bottom: nothing here imports what stands before it. Last come the modules that everything
stands on."""

APART = {
    *(("losses", "model"), ("losses", "data"), ("model", "data"), ("files", "segments")),
    *(("pictures", "model"), ("pictures", "losses"), ("paper", "losses")),
}
"""What does not know each other, though the order would allow it."""

NETS = {"training", "losses", "model"}


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
    """The imports between parts of the package: (part that imports, file, part that is imported)."""
    for part, path, name in imports():
        top, *rest = name.split(".")
        if top == "react_tad" and rest and rest[0] in ORDER and rest[0] != part and part != "__init__":
            yield part, path, rest[0]


def test_every_part_of_the_package_has_a_place():
    parts = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__"} == set(ORDER)


def test_imports_go_down():
    """Folder by folder, the whole order."""
    wrong = [f"{path} imports {other}" for part, path, other in own_imports() if ORDER.index(other) < ORDER.index(part)]
    assert wrong == []


def test_what_is_kept_apart_stays_apart():
    assert [f"{path} imports {other}" for part, path, other in own_imports() if (part, other) in APART] == []


def test_verbs_do_not_know_each_other():
    """What several verbs share stands in ``arguments.py``, or below."""
    assert [f"{path} imports {name}" for _, path, name in imports() if name.startswith("react_tad.commands")] == []


def test_evaluation_knows_no_network():
    """It reads files."""
    wrong = [f"{path} imports {other}" for part, path, other in own_imports() if part == "evaluation" and other in NETS]
    assert wrong == []


def test_the_package_knows_neither_snakemake_nor_dvc():
    assert [f"{path} imports {name}" for _, path, name in imports() if name.split(".")[0] in NEVER] == []


def test_imports_are_seen():
    """The tests above look at something."""
    seen = {(part, target) for part, _, target in own_imports()}
    assert {("losses", "segments"), ("training", "model"), ("commands", "detection")} <= seen


def modules_after(code, looked_for=("torch", "snakemake", "dvc")):
    """Which of the modules ``looked_for`` a fresh Python has loaded after ``code``."""
    code += f"\nimport sys; print([name for name in {looked_for} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_light_modules_start_without_torch():
    found = modules_after("\n".join(f"import react_tad.{name}" for name in LIGHT))
    assert found == "[]", [name for name in LIGHT if modules_after(f"import react_tad.{name}") != "[]"]


def test_data_sets_start_without_what_is_heavy():
    """Snakemake imports them whenever it starts, for what ``params.yaml`` may say of them."""
    code = "from react_tad.data.datasets import available, find\nfor name in available(): find(name)"
    assert modules_after(code, ("torch", "scipy", "pandas", "matplotlib")) == "[]"


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
