"""The authors' weights from a mirror folder to a table: a made-up checkpoint of a small network."""

import json
import subprocess
import sys

import pytest
from test_thumos14_whole import REAL, SMALL, write_annotations
from tiny_project import Project, copy, environment

pytestmark = pytest.mark.workflow

MADE_UP = """
import sys, torch
from react_tad.data.released_checkpoint import CHECKPOINT, DIMENSION, released_params
from react_tad.training.released_weights import released_shapes
torch.manual_seed(0)
shapes = released_shapes(released_params().model, dimension=DIMENSION, classes=20)
state = {name: 0.3 * torch.randn(shape) for name, shape in shapes.items()}
for name in state:
    if name.startswith("segment_embed."):
        state[name] = state["transformer.decoder." + name]
torch.save({"meta": {"epoch": 14}, "state_dict": state}, sys.argv[1] + "/" + CHECKPOINT.name)
"""


def shrink_released(project) -> None:
    """Make the authors' network small, in the copy of the project."""
    project.edit("src/react_tad/data/released_checkpoint.py", "DIMENSION = 2048", "DIMENSION = 16")
    size = "".join(f'        "model.{name}": {value},\n' for name, value in SMALL["model"].items())
    project.edit("src/react_tad/params/presets.py", '    "released": {\n', f'    "released": {{\n{size}')


@pytest.fixture
def project(unrun, tmp_path, monkeypatch) -> Project:
    """A copy of the project with THUMOS14's files and a checkpoint in a mirror folder."""
    if not REAL.exists():
        pytest.skip("the annotations of THUMOS14 are not here")
    project, mirror = copy(unrun, tmp_path), tmp_path / "mirror"
    shrink_released(project)
    write_annotations(tmp_path / "real")
    project.ok(
        *("python", "benchmarks/thumos14_like.py", "--from", str(tmp_path / "real"), "--to", str(mirror)),
        *("--dimension", "8"),
    )
    code = [sys.executable, "-c", MADE_UP, str(mirror)]
    subprocess.run(code, env=environment() | {"PYTHONPATH": str(project.folder / "src")}, check=True)
    monkeypatch.setenv("REACT_TAD_MIRROR", str(mirror))
    return project


def test_from_the_checkpoint_to_the_authors_numbers(project):
    asked = ("pretrained", "--config", "dataset=thumos14")
    printed = project.make(*asked)
    results = project.folder / "results/thumos14/pretrained"
    page = (results / "comparison.md").read_text()
    assert page in printed
    assert "| 70.8 | 65.9 | 57.8 | 47.2 | 34.2 | 55.2 |" in page
    metrics = json.loads((results / "metrics.json").read_text())
    assert metrics["profile"] == "ssn"
    assert set(metrics["profiles"]) == {"official", "opentad", "gtad", "ssn"}
    assert metrics["counts"]["detections"] > 0
    for name, own in metrics["profiles"].items():
        (line,) = (line for line in page.splitlines() if line.startswith(f"| this project | {name}"))
        assert f"| {own['counts']['videos']} | {own['counts']['instances']} |" in line
        assert f"| {100 * own['average_map']:.2f} |" in line
    model = json.loads((results / "model/model.json").read_text())
    recorded = json.loads((project.folder / "data/thumos14/downloads/pretrained/checksums.json").read_text())
    (name,) = recorded
    assert model["provenance"]["inputs"] == {name: recorded[name]["sha256"]}

    again = project.make(*asked)
    assert page in again, "printed again, without computing anything"
    assert project.planned(*asked) == {}
    assert not (project.folder / "results/thumos14/trained").exists(), "nothing is trained"


def test_other_data_sets_are_refused(unrun):
    done = unrun.run("snakemake", "--cores", "1", "-n", "pretrained")
    assert done.returncode
    assert (
        "the authors' checkpoint is for thumos14, and the data set is toy; add --config dataset=thumos14" in done.stdout
    )


def test_features_that_they_were_not_trained_on_are_refused(unrun):
    options = ("--config", "dataset=thumos14", "overrides={windows.stride: 32}")
    done = unrun.run("snakemake", "--cores", "1", "-n", "pretrained", *options)
    assert done.returncode
    assert "windows.stride is 32, should be 64" in done.stdout


def test_the_default_target_does_not_ask_for_them(unrun):
    planned = unrun.ok("snakemake", "-n", "all")
    assert "released" not in planned and "compare_with_authors" not in planned
