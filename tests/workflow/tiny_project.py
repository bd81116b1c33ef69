"""A tiny project that was run once, and copies of it to disturb.

The project is this working tree (what git would commit) with the small parameters below, in a git repository of its own
with a DVC remote beside it. Tests change copies only; dates of files are copied too, as Snakemake and DVC look at them.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]

STEPS = {
    "fetch_recordings": 1,
    "compute_features": 1,
    "cut_windows": 3,
    "train_network": 1,
    "detect_segments": 1,
    "suppress_duplicates": 2,
    "evaluate_detections": 2,
    "summarize_metrics": 1,
    "package_model": 2,
    "draw_timeline": 2,
    "draw_losses": 2,
    "draw_ap": 2,
    "draw_relations": 1,
    "diagnose_errors": 2,
    "record_provenance": 1,
}
"""Jobs of the tiny project without studies: two variants, one seed; both have the same training."""
STUDY_STEPS = {
    "train_study_network": 2,
    "detect_study_segments": 2,
    "suppress_study_duplicates": 3,
    "evaluate_study_detections": 3,
    "compare_rows": 1,
    "draw_sweep": 1,
    "draw_class_losses": 1,
    "record_provenance": 1,
}
"""Jobs of its studies after those: six rows, of which two are `full`, two the same and one is suppressed otherwise."""
FROM_SUPPRESSION = {
    name: STEPS[name]
    for name in (
        *("suppress_duplicates", "evaluate_detections", "summarize_metrics", "package_model"),
        *("draw_timeline", "draw_ap", "diagnose_errors", "record_provenance"),
    )
}
FROM_TRAINING = FROM_SUPPRESSION | {
    name: STEPS[name] for name in ("train_network", "detect_segments", "draw_losses", "draw_relations")
}
NOTHING = "Nothing to be done"
AGGREGATES = {
    *("all", "fetch", "features", "windows", "data", "train", "detect", "suppress", "evaluate", "figures"),
    *("studies", "table1", "table2", "table3", "table4", "figure4", "figure5", "figureS3", "presets", "diagnosis"),
    *("pretrained", "new", "on_request"),
}


def shrink(params: dict) -> None:
    """Make an experiment of a few seconds out of ``params.yaml``."""
    params["seeds"] = [0]
    params["variants"] = {"full": {}, "wide": {"soft_nms.sigma": 0.8}}
    params["studies"] = {}
    params["datasets"]["toy"] = {
        "options": {"training": 6, "validation": 2, "test": 3},
        "windows": {"length": 64, "stride": 32},
        "model": {"dim": 16, "heads": 2, "ffn_dim": 16, "encoder_layers": 1, "decoder_layers": 2, "queries": 8},
        "train": {"epochs": 8, "batch_size": 4, "lr": 1e-3},
    }


def add_studies(params: dict) -> None:
    """Give the small experiment a table and a sweep."""
    params["studies"] = {
        "table3": {
            "seeds": [0],
            "reference": "all",
            "rows": {
                "all": {},
                "without_ace_dec": {"loss.classification.ground_truth": False},
                "the_same": {"loss.classification.ground_truth": False},
                "wider": {"soft_nms.sigma": 1.2},
            },
        },
        "figure5a": {"seeds": [0], "parameter": "model.raid.gamma", "values": [0.2, 0.6]},
    }


@dataclass(frozen=True)
class Project:
    """A folder with the project, and the tools run in it."""

    folder: Path

    def run(self, *command: str, **options) -> subprocess.CompletedProcess:
        """Run a command; its output is one text."""
        text = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.run(command, **{"cwd": self.folder, "env": environment()} | text | options)

    def ok(self, *command: str) -> str:
        """Run a command that has to succeed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}"
        return done.stdout

    def start(self, *command: str, **options) -> subprocess.Popen:
        """Start a command in a process group of its own, as a terminal does."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.folder, env=environment(), start_new_session=True, **quiet | options)

    def make(self, *arguments: str) -> str:
        """``snakemake --cores 8 all``."""
        return self.ok("snakemake", "--cores", "8", *(arguments or ("all",)))

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs by rule that ``snakemake -n all`` would run; empty if it says that nothing is to be done."""
        plan = self.ok("snakemake", "-n", *(arguments or ("all",)))
        if NOTHING in plan:
            return {}
        table = re.search(r"Job stats:\n.*?\n-[- ]+\n(.*?)\ntotal", plan, re.DOTALL)
        counts = dict(line.split() for line in table[1].splitlines())
        return {rule: int(count) for rule, count in counts.items() if rule not in AGGREGATES}

    def status(self) -> dict:
        """``dvc status --json``; empty when clean."""
        return json.loads(self.ok("dvc", "status", "--json"))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one place where ``old`` stands in a file."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, (name, old)
        path.write_text(text.replace(old, new))

    def params(self, change) -> None:
        """Change ``params.yaml`` by a function of its content."""
        path = self.folder / "params.yaml"
        yaml = YAML()
        content = yaml.load(path)
        change(content)
        yaml.dump(content, path)

    def gamma(self, value: float) -> None:
        """Set ``model.raid.gamma``."""
        self.params(lambda params: params["model"].setdefault("raid", {}).update(gamma=value))

    def commit(self, message: str) -> None:
        """Commit everything that git does not ignore."""
        self.ok("git", "add", "--all")
        self.ok("git", "commit", "--quiet", "--message", message)

    def results(self) -> dict[str, str]:
        """sha256 of models, detections and metrics."""
        folder = self.folder / "results/toy"
        files = [
            *folder.glob("trained/**/*.safetensors"),
            *folder.glob("detections/**/*.json"),
            *folder.glob("metrics/**/*.json"),
        ]
        assert files
        return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    def cache_is_sound(self) -> bool:
        """Whether every file in the DVC cache still has the content that its name says."""
        files = [file for file in (self.folder / ".dvc/cache/files/md5").rglob("*") if file.is_file()]
        assert files
        return all(
            hashlib.md5(file.read_bytes()).hexdigest() == file.parent.name + file.name.removesuffix(".dir")
            for file in files
        )


def environment() -> dict[str, str]:
    """This Python's tools, one thread each, and no settings of the user's."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "DVC_NO_ANALYTICS": "1",
    }


def finished(output: str) -> dict[str, int]:
    """Jobs by rule that a run says it finished, in the output of Snakemake or of DVC."""
    rules = re.findall(r"^\[ *\d+/\d+\] (\w+)(?: \(.*?\))?: \d", output, re.MULTILINE)
    return {rule: rules.count(rule) for rule in rules if rule not in AGGREGATES}


def copy_of_working_tree(target: Path) -> None:
    """Copy what git knows or would add; everything but generated folders where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        generated = shutil.ignore_patterns("data", "results", "logs", ".snakemake", ".venv", "__pycache__")
        shutil.copytree(ROOT, target, ignore=generated)
        return
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "results/")):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def copy(project: Project, folder: Path) -> Project:
    """Copy a project with all its dates."""
    return Project(Path(shutil.copytree(project.folder, folder / "project", symlinks=True)))
