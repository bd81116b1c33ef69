import json
import re

import pytest

from react_tad.training.model_folder import LAYOUT, ModelError, find_description, read_description, write_description

DESCRIPTION = {"parameters": {"model": {"dim": 8}}, "dimension": 6, "classes": ["jump", "run"], "epoch": 3}


@pytest.fixture
def folder(tmp_path):
    """A folder with weights that nobody reads, and their description."""
    (tmp_path / "model.safetensors").write_bytes(b"numbers")
    write_description(tmp_path, "training.json", DESCRIPTION)
    return tmp_path


def edit(folder, **changes):
    """Change what ``training.json`` says; None takes a key away."""
    path = folder / "training.json"
    said = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in said.items() if value is not None}))


def refused(folder, message):
    with pytest.raises(ModelError, match=message):
        read_description(folder)


def test_a_description_goes_round(folder):
    found = read_description(folder)
    assert {key: found[key] for key in DESCRIPTION} == DESCRIPTION
    assert found["layout"] == LAYOUT
    assert re.fullmatch("[0-9a-f]{64}", found["weights_sha256"])


def test_that_of_use_comes_before_that_of_training(folder):
    write_description(folder, "model.json", DESCRIPTION | {"epoch": 4})
    assert find_description(folder).name == "model.json"
    assert read_description(folder)["epoch"] == 4


def test_weights_of_another_run_are_refused(folder):
    (folder / "model.safetensors").write_bytes(b"other numbers")
    refused(folder, r"model\.safetensors: sha256 [0-9a-f]{64}, and training\.json says [0-9a-f]{64}: these weights are")


def test_missing_weights_are_named(folder):
    (folder / "model.safetensors").unlink()
    refused(folder, r"model\.safetensors is missing; it belongs to .*training\.json")


def test_a_folder_of_an_earlier_version_is_refused(tmp_path):
    """Its ``model.json`` had neither a layout nor a checksum."""
    (tmp_path / "model.safetensors").write_bytes(b"numbers")
    (tmp_path / "model.json").write_text(json.dumps(DESCRIPTION))
    refused(tmp_path, r"model\.json has no checksum of its weights: .*earlier version.*correction.*train it anew")


def test_a_folder_of_a_later_version_is_refused(folder):
    edit(folder, layout=LAYOUT + 1)
    refused(folder, rf"layout {LAYOUT + 1}, and this version of react-tad reads {LAYOUT}")


@pytest.mark.parametrize("key", ["parameters", "dimension", "classes", "weights_sha256"])
def test_what_is_not_said_is_named(folder, key):
    edit(folder, **{key: None})
    refused(folder, f"does not say {key}")


def test_what_is_no_model_says_what_it_has(tmp_path):
    refused(tmp_path / "none", "none is no folder of a model: it is not there")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "it is empty")
    (tmp_path / "some").mkdir()
    (tmp_path / "some/model.safetensors").write_bytes(b"numbers")
    refused(
        tmp_path / "some", r"it has model\.safetensors; there should be model\.safetensors with model\.json \(react-tad"
    )
    refused(tmp_path / "some/model.safetensors", "it is a file")


def test_what_is_no_json_object_is_named(folder):
    (folder / "training.json").write_text("[]")
    refused(folder, r"training\.json should be a JSON object")
