"""The folders for use that the workflow makes: complete, and to the bit what its own steps say."""

import json

import numpy as np
import pytest

from react_tad import load
from react_tad.data.annotations import read_annotations
from react_tad.data.features import FeatureStore
from react_tad.files import read_json, write_json

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("variant", ["full", "wide"])
def test_a_model_says_of_a_new_recording_what_the_workflow_says(run, tmp_path, variant):
    """`wide` has the weights of `full`, and its own Soft-NMS."""
    store = FeatureStore(run.folder / "data/toy/features/test.json")
    videos = read_annotations(run.folder / "data/toy/annotations/test.json").videos
    for name in store:
        np.save(tmp_path / f"{name}.npy", store[name])
        write_json(tmp_path / f"{name}.json", {"duration": videos[name].duration})
    detector = load(run.folder / f"results/toy/models/{variant}/seed0", device="cpu", threads=1)
    expected = read_json(run.folder / f"results/toy/detections/{variant}/seed0.json")["results"]
    assert detector.predict_files(tmp_path).json()["results"] == expected
    for name, detections in expected.items():
        assert detector.predict_files(tmp_path / f"{name}.npy").json()["results"] == {name: detections}
    assert sum(map(len, expected.values())) > 20


def test_a_model_is_complete(run):
    results = run.folder / "results/toy"
    for variant, sigma in (("full", 0.4), ("wide", 0.8)):
        folder = results / f"models/{variant}/seed0"
        assert {path.name for path in folder.iterdir()} == {"README.md", "model.json", "model.safetensors"}
        found = read_json(folder / "model.json")
        assert found["parameters"]["soft_nms"]["sigma"] == sigma
        assert found["parameters"]["windows"]["length"] == 64
        assert found["metrics"] == read_json(results / f"metrics/{variant}/seed0.json")
        assert found["features"]["time"] == {"seconds_per_snippet": 0.4, "first_center_seconds": 0.2}
        assert len(found["code"]["commit"]) == 40
        assert f"| soft_nms.sigma | {sigma} |" in (folder / "README.md").read_text().replace("\\", "") or sigma == 0.4
        assert json.dumps(found["parameters"]["train"]["epochs"]) == "8"


def test_what_is_damaged_is_made_anew(project):
    (project.folder / "results/toy/models/wide/seed0/model.json").write_text("{}")
    assert project.planned() == {"package_model": 1}
