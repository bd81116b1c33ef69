import pytest
import torch
from safetensors.torch import load_file

from react_tad import __version__
from react_tad.training.checkpoints import (
    CHECKPOINT,
    CheckpointError,
    Progress,
    different,
    load_checkpoint,
    load_model,
    save_checkpoint,
    save_model,
)
from react_tad.training.model_folder import ModelError, write_description
from small import CLASSES, DIMENSION, react, resolve

IDENTITY = {"model": {"raid": {"gamma": 0.2}}, "seed": 0, "inputs": {"training features": "abc"}}
DESCRIPTION = {
    "parameters": {"model": resolve().params.model.model_dump(mode="json")},
    "dimension": DIMENSION,
    "classes": list(CLASSES),
}


def trained(steps=3, seed=0):
    """A small network after some steps of AdamW."""
    torch.manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    groups = [{"params": network[0].parameters(), "factor": 1.0}, {"params": network[2].parameters(), "factor": 0.1}]
    optimizer = torch.optim.AdamW(groups, lr=0.01)
    for _ in range(steps):
        step(network, optimizer)
    return network, optimizer


def step(network, optimizer):
    optimizer.zero_grad()
    network(torch.ones(4)).square().sum().backward()
    optimizer.step()


def test_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    network, optimizer = trained()
    best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    progress = Progress(IDENTITY, epoch=3, log=[{"epoch": 1, "lr": 0.1 + 0.2}], best_epoch=2, best_map=1 / 3)
    average = {name: tensor / 3 for name, tensor in best.items()}
    save_checkpoint(tmp_path, progress, network, optimizer, {"best": best, "average": average})
    other, its_optimizer = trained(steps=0, seed=1)
    loaded = load_checkpoint(tmp_path, IDENTITY)
    assert loaded.progress == progress, "numbers keep all their digits"
    other.load_state_dict(loaded.part("model"))
    loaded.restore_optimizer(its_optimizer)
    for _ in range(2):
        step(network, optimizer)
        step(other, its_optimizer)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])
        assert torch.equal(best[name], loaded.part("best")[name])
        assert torch.equal(average[name], loaded.part("average")[name])
    assert [group["factor"] for group in its_optimizer.param_groups] == [1.0, 0.1]


def test_without_a_best_epoch_there_are_no_best_weights(tmp_path):
    save_checkpoint(tmp_path, Progress(IDENTITY), *trained(), {})
    assert load_checkpoint(tmp_path, IDENTITY).part("best") == {}


def test_no_checkpoint(tmp_path):
    assert load_checkpoint(tmp_path / "none", IDENTITY) is None


def test_a_checkpoint_takes_the_place_of_the_one_before(tmp_path):
    for epoch in (1, 2):
        save_checkpoint(tmp_path, Progress(IDENTITY, epoch=epoch), *trained(), {})
    assert load_checkpoint(tmp_path, IDENTITY).progress.epoch == 2
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": {"raid": {"gamma": 0.5}}}, r"model\.raid\.gamma was 0\.2, is 0\.5"),
        ({"seed": 1}, "seed was 0, is 1"),
        ({"inputs": {"training features": "xyz"}}, r"inputs\.training features was 'abc', is 'xyz'"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_or_discarded(tmp_path, change, message):
    save_checkpoint(tmp_path, Progress(IDENTITY), *trained(), {})
    with pytest.raises(CheckpointError, match=f"{message}.*--stale-checkpoint discard"):
        load_checkpoint(tmp_path, IDENTITY | change)
    assert load_checkpoint(tmp_path, IDENTITY | change, discard_stale=True) is None
    assert load_checkpoint(tmp_path, IDENTITY, discard_stale=True) is not None


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{}      "])
def test_what_is_no_checkpoint_is_named(tmp_path, content):
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{CHECKPOINT} is not a whole checkpoint .*Remove it"):
        load_checkpoint(tmp_path, IDENTITY)


def test_a_flipped_bit_anywhere_is_noticed(tmp_path, capsys):
    """In the header, in words, and in the numbers of the network and of the optimiser."""
    save_checkpoint(tmp_path, Progress(IDENTITY, epoch=3), *trained(), {})
    path = tmp_path / CHECKPOINT
    whole = path.read_bytes()
    for place in [0, 9, *range(20, len(whole), 97), len(whole) - 1]:
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(CheckpointError, match=rf"{CHECKPOINT} .*Remove it to train from the start"):
            load_checkpoint(tmp_path, IDENTITY)
        assert load_checkpoint(tmp_path, IDENTITY, discard_stale=True) is None
        assert f"training from the start: {path}" in capsys.readouterr().err


def test_files_have_the_mode_of_any_new_file(tmp_path, saved):
    (tmp_path / "any").touch()
    save_checkpoint(tmp_path, Progress(IDENTITY), *trained(), {})
    modes = {path.stat().st_mode for path in (tmp_path / "any", tmp_path / CHECKPOINT, *saved.iterdir())}
    assert len(modes) == 1


def test_differences_are_named_by_their_dotted_names():
    found = different({"a": {"b": 1, "c": [1]}, "old": 2}, {"a": {"b": 1, "c": [2]}, "new": None})
    assert found == ["a.c was [1], is [2]", "old was 2, is None"]


@pytest.fixture
def saved(tmp_path):
    """Folder of a small model."""
    save_model(tmp_path / "model", react(resolve().params.model).float().state_dict(), DESCRIPTION)
    return tmp_path / "model"


def test_a_model_goes_round(saved):
    found = load_model(saved)
    expected = react(resolve().params.model).float().state_dict()
    assert found.classes == CLASSES
    assert found.dimension == DIMENSION
    for name, tensor in found.model.state_dict().items():
        assert torch.equal(tensor, expected[name])
    assert sorted(path.name for path in saved.iterdir()) == ["model.safetensors", "training.json"]


def test_a_model_fits_its_own_features_and_classes(saved):
    load_model(saved).check_fits(dimension=DIMENSION, classes=CLASSES, features="test.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dimension": 7}, "test.json: features have dimension 7, the model in .* was trained on 6"),
        ({"classes": ("jump", "run", "walk")}, r"only in the model: \['swim'\]; only in the windows: \['walk'\]"),
        ({"classes": ("run", "jump", "swim")}, "other classes"),
        ({"classes": ("jump", "run")}, r"only in the model: \['swim'\]"),
    ],
)
def test_other_features_or_classes_are_refused(saved, change, message):
    with pytest.raises(ModelError, match=message):
        load_model(saved).check_fits(**({"dimension": DIMENSION, "classes": CLASSES, "features": "test.json"} | change))


@pytest.mark.parametrize(
    "change",
    [
        {"dimension": 7},
        {"classes": ["jump", "run"]},
        {"parameters": {"model": DESCRIPTION["parameters"]["model"] | {"queries": 6}}},
    ],
    ids=["dimension", "classes", "queries"],
)
def test_weights_of_another_network_are_refused(saved, change):
    write_description(saved, "training.json", DESCRIPTION | change)
    with pytest.raises(
        ModelError, match=r"(?s)model\.safetensors does not fit .*training\.json, or is of .*size mismatch"
    ):
        load_model(saved)


def test_weights_of_an_older_network_name_the_version(saved):
    """The segment head had two layers once."""
    weights = load_file(saved / "model.safetensors")
    older = {name: tensor for name, tensor in weights.items() if "segment_heads.0.4" not in name}
    assert len(older) < len(weights)
    save_model(saved, older, DESCRIPTION | {"provenance": {"versions": {"react-tad": "0.0.7"}}})
    with pytest.raises(ModelError, match=rf"as another version .*\(0\.0\.7, this is {__version__}\); train it anew"):
        load_model(saved)


def test_a_complete_description_comes_before_that_of_training(saved):
    """A folder for use has ``model.json``."""
    write_description(saved, "model.json", DESCRIPTION | {"classes": ["a", "b", "c"]})
    assert load_model(saved).classes == ("a", "b", "c")


def test_weights_are_written_before_their_description(tmp_path):
    """So that a description never speaks of weights that are not there."""
    with pytest.raises(ValueError, match="JSON"):
        save_model(tmp_path, {"a": torch.ones(2)}, {"dimension": float("nan")})
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    assert load_file(tmp_path / "model.safetensors")["a"].tolist() == [1, 1]


def test_a_weight_that_is_no_number_is_named_with_its_file(tmp_path):
    weights = react(resolve().params.model).float().state_dict()
    weights["content"][1, 2] = float("nan")
    save_model(tmp_path, weights, DESCRIPTION)
    with pytest.raises(ModelError, match=r"model\.safetensors: a weight of content is not a finite number"):
        load_model(tmp_path)
