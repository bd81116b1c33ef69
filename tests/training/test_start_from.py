"""``train.start_from``: what is taken of a trained model, and what begins anew."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from react_tad.cli import main
from react_tad.files import sha256
from react_tad.model.react import build_react
from react_tad.training.model_folder import TRAINING, ModelError, write_description
from react_tad.training.start_from import CLASS_HEADS, StartingPoint
from small import CLASSES, DIMENSION, resolve, train_arguments

SHORT = {"train.epochs": 1, "train.batch_size": 4, "loss.ace_enc.stage": "joint"}


def network(seed, classes=3, dimension=DIMENSION, overrides=None):
    torch.manual_seed(seed)
    return build_react(resolve(overrides=overrides).params.model, dimension=dimension, classes=classes)


def write(folder, model, classes):
    folder.mkdir()
    save_file({name: tensor.clone() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    write_description(folder, TRAINING, {"classes": classes, "dimension": DIMENSION, "parameters": {}})
    return folder


def same(one, other, name):
    return torch.equal(one.state_dict()[name], other.state_dict()[name])


def test_the_same_network_is_taken_whole(tmp_path):
    old, new = network(0), network(1)
    report = StartingPoint.read(write(tmp_path / "old", old, CLASSES)).give(new, CLASSES)
    names = list(old.state_dict())
    assert all(same(old, new, name) for name in names)
    assert (report["weights"], report["new"], report["new_classes"]) == ([len(names)] * 2, {}, [])
    assert report["classes"] == list(CLASSES)


def test_class_heads_follow_the_names_of_classes(tmp_path):
    """Row by row: old (jump, run, swim); new (dive, swim, jump)."""
    old, new, untouched = network(0), network(1), network(1)
    report = StartingPoint.read(write(tmp_path / "old", old, CLASSES)).give(new, ("dive", "swim", "jump"))
    assert (report["classes"], report["new_classes"]) == (["swim", "jump"], ["dive"])
    heads = [name for name in old.state_dict() if name.startswith(CLASS_HEADS)]
    assert len(heads) == 2 * 3
    for name in heads:
        before, after, random = (model.state_dict()[name] for model in (old, new, untouched))
        assert torch.equal(after[0], random[0]), "a new class begins anew"
        assert torch.equal(after[1], before[2])
        assert torch.equal(after[2], before[0])


def test_another_number_of_classes_fits_too(tmp_path):
    old, new = network(0), network(1, classes=5)
    report = StartingPoint.read(write(tmp_path / "old", old, CLASSES)).give(new, ("a", "b", "run", "c", "d"))
    assert (report["classes"], report["new"]) == (["run"], {})
    head = f"{CLASS_HEADS}1.weight"
    assert torch.equal(new.state_dict()[head][2], old.state_dict()[head][1])


def test_what_does_not_fit_begins_anew_and_is_named(tmp_path):
    """Features of another dimension, other queries; without common classes the heads are new too."""
    old, changed = network(0), {"model.queries": 7}
    new, untouched = (network(1, 2, 9, changed) for _ in range(2))
    report = StartingPoint.read(write(tmp_path / "old", old, CLASSES)).give(new, ("x", "y"))
    assert {name: shape for name, shape in report["new"].items()} == {
        "content": [[7, 8], [5, 8]],
        "position": [[7, 8], [5, 8]],
        "project.weight": [[8, 9], [8, 6]],
    }
    taken = [name for name in new.state_dict() if same(old, new, name)]
    kept = [name for name in new.state_dict() if same(untouched, new, name)]
    assert {"content", "position", "project.weight", f"{CLASS_HEADS}0.weight"} <= set(kept)
    assert {"project.bias", "reference.weight", "encoder.layers.0.attention.offset.bias"} <= set(taken)
    assert report["weights"][0] == len(new.state_dict()) - 3 - 6


def test_a_model_that_has_more_or_less(tmp_path):
    """No segment quality before, one now."""
    old, new, untouched = network(0, overrides={"model.quality": False}), network(1), network(1)
    report = StartingPoint.read(write(tmp_path / "old", old, CLASSES)).give(new, CLASSES)
    assert set(report["new"]) == {name for name in new.state_dict() if name.startswith("quality.")}
    assert all(same(untouched, new, name) for name in report["new"])


class TestRefused:
    def test_no_folder(self, tmp_path):
        with pytest.raises(ModelError, match=r"start_from: .*away is no folder of a model: it is not there"):
            StartingPoint.read(tmp_path / "away")

    def test_other_weights_than_asked_for(self, tmp_path):
        folder = write(tmp_path / "old", network(0), CLASSES)
        StartingPoint.read(folder, sha256(folder / "model.safetensors"))
        with pytest.raises(ModelError, match="was asked for; start again"):
            StartingPoint.read(folder, "0" * 64)

    def test_damaged_weights(self, tmp_path):
        folder = write(tmp_path / "old", network(0), CLASSES)
        (folder / "model.safetensors").write_bytes(b"no weights")
        with pytest.raises(
            ModelError, match=r"start_from: .*model.safetensors: sha256 .* cut short or those of another run"
        ):
            StartingPoint.read(folder)

    def test_nothing_fits(self, tmp_path):
        folder = write(tmp_path / "old", torch.nn.Linear(3, 3), CLASSES)
        with pytest.raises(ModelError, match="none of its weights fits"):
            StartingPoint.read(folder).give(network(1), CLASSES)


def train(tiny, folder, overrides, seed=0):
    cfg = resolve("paper", SHORT | overrides).step("train", seed=seed)
    assert main(train_arguments(tiny, cfg, checkpoints=folder / "checkpoints", out=folder / "model")) == 0
    return folder / "model"


def test_a_run_starts_from_it(tiny, tmp_path, capsys):
    """With a learning rate that moves nothing, what comes out is what went in."""
    first = train(tiny, tmp_path / "first", {})
    still = {"train.lr": 1e-30, "train.weight_decay": 0}
    second = train(tiny, tmp_path / "second", still | {"train.start_from": str(first)}, seed=5)
    before, after = (load_file(folder / "model.safetensors") for folder in (first, second))
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert f"started from {first}: {len(before)} of {len(before)} weights taken" in capsys.readouterr().out
    report = json.loads((second / "training.json").read_text())["started_from"]
    assert report["sha256"] == sha256(first / "model.safetensors")


def test_without_it_nothing_is_said(tiny, tmp_path):
    assert "started_from" not in json.loads((train(tiny, tmp_path, {}) / "training.json").read_text())
