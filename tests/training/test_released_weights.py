"""Checkpoints with the names and shapes of the released one, and what is wrong with others.

``tests/released/state_dict.json`` has the names and shapes of the authors' ``state_dict``.
"""

import json
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from react_tad import load
from react_tad.cli import main
from react_tad.data.datasets.thumos14 import CLASSES
from react_tad.data.released_checkpoint import DIMENSION, other_than_theirs, released_params
from react_tad.files import read_json, sha256
from react_tad.params.experiment import STEP_SECTIONS
from react_tad.params.model import Model
from react_tad.training.checkpoints import CheckpointError, load_model
from react_tad.training.released_weights import our_weights, read_checkpoint, released_shapes

PUBLISHED = json.loads((Path(__file__).parents[1] / "released/state_dict.json").read_text())
SMALL = Model(dim=8, heads=2, ffn_dim=12, encoder_layers=1, decoder_layers=2, queries=5, points=3)
SIZE = {"dimension": 6, "classes": 3}
FIRST = "transformer.decoder."


def state_dict(shapes):
    """Random tensors of these shapes, the segment heads under both of their names."""
    random = torch.Generator().manual_seed(0)
    state = OrderedDict((name, torch.randn(*shape, generator=random)) for name, shape in shapes.items())
    for name in state:
        if name.startswith("segment_embed."):
            state[name] = state[FIRST + name]
    return state


def save(path, state, **more):
    """A file as the authors' training writes it."""
    meta = {"epoch": 14, "iter": 2338, "time": "Mon Jul 18 2022", "best": np.float64(0.552), "config": "model = dict()"}
    torch.save({"meta": meta, "state_dict": state} | more, path)
    return path


def small():
    return state_dict(released_shapes(SMALL, **SIZE))


def translated(state):
    return our_weights(state, SMALL, **SIZE, where="theirs.pth")


def refused(state):
    """What is said about a checkpoint that is not taken."""
    with pytest.raises(CheckpointError) as caught:
        translated(state)
    assert "theirs.pth" in str(caught.value)
    return str(caught.value).splitlines()


def test_the_expected_names_and_shapes_are_the_published_ones():
    expected = released_shapes(released_params().model, dimension=DIMENSION, classes=len(CLASSES))
    assert {name: list(shape) for name, shape in expected.items()} == PUBLISHED


@pytest.mark.parametrize(
    ("ours", "theirs"),
    {
        "project.weight": "input_proj.layers.0.weight",
        "reference.bias": "transformer.decoder.reference_point.bias",
        "encoder.layers.0.attention.offset.weight": "transformer.encoder.layers.0.self_attn.sampling_offsets.weight",
        "encoder.layers.0.attention.weight.bias": "transformer.encoder.layers.0.self_attn.atten_weight.bias",
        "encoder.layers.0.attention.value.weight": "transformer.encoder.layers.0.self_attn.value_proj.weight",
        "encoder.layers.0.attention.output.weight": "transformer.encoder.layers.0.self_attn.out_proj.weight",
        "encoder.layers.0.attention_norm.weight": "transformer.encoder.layers.0.norm1.weight",
        "encoder.layers.0.ffn_norm.weight": "transformer.encoder.layers.0.norm2.weight",
        "encoder.layers.0.ffn.0.weight": "transformer.encoder.layers.0.linear1.weight",
        "encoder.layers.0.ffn.3.weight": "transformer.encoder.layers.0.linear2.weight",
        "decoder.layers.1.attention.query.weight": "transformer.decoder.layers.1.self_attn.Q.weight",
        "decoder.layers.1.attention.key.weight": "transformer.decoder.layers.1.self_attn.K.weight",
        "decoder.layers.1.attention.value.bias": "transformer.decoder.layers.1.self_attn.V.bias",
        "decoder.layers.1.cross_attention.offset.bias": "transformer.decoder.layers.1.cross_attn.sampling_offsets.bias",
        "decoder.layers.1.attention_norm.weight": "transformer.decoder.layers.1.norm1.weight",
        "decoder.layers.1.cross_norm.weight": "transformer.decoder.layers.1.norm2.weight",
        "decoder.layers.1.ffn_norm.weight": "transformer.decoder.layers.1.norm3.weight",
        "decoder.class_heads.1.weight": "class_embed.1.weight",
        "decoder.segment_heads.1.0.weight": "segment_embed.1.layers.0.weight",
        "decoder.segment_heads.1.2.weight": "segment_embed.1.layers.1.weight",
        "decoder.segment_heads.1.4.weight": "segment_embed.1.layers.2.weight",
        "decoder.final_norm.bias": "transformer.decoder.norm.bias",
    }.items(),
)
def test_what_is_what(ours, theirs):
    state = small()
    assert torch.equal(translated(state)[ours], state[theirs])


def test_queries_and_quality_are_put_together():
    state = small()
    weights = translated(state)
    assert torch.equal(torch.cat([weights["content"], weights["position"]], dim=1), state["query_embed.weight"])
    assert torch.equal(weights["quality.weight"][0], state["cen_predictor.weight"][0])
    assert torch.equal(weights["quality.bias"][1:], state["iou_predictor.bias"])


def test_every_number_is_used_once():
    state = small()
    once = sum(tensor.numel() for name, tensor in state.items() if not name.startswith("segment_embed."))
    assert sum(tensor.numel() for tensor in translated(state).values()) == once


def test_weights_of_several_gpus_and_of_half_precision():
    state = small()
    prefixed = OrderedDict((f"module.{name}", tensor.half()) for name, tensor in state.items())
    weights = translated(prefixed)
    assert all(tensor.dtype == torch.float32 for tensor in weights.values())
    assert torch.equal(weights["project.weight"], state["input_proj.layers.0.weight"].half().float())
    prefixed["query_embed.weight"] = state["query_embed.weight"]
    assert "'query_embed.weight'" in refused(prefixed)[0]


def test_all_that_is_missing_left_over_or_of_another_shape_is_listed():
    state = small()
    del state["query_embed.weight"], state["class_embed.1.bias"]
    state["pos_embed"] = torch.zeros(4, 2)
    state["input_proj.layers.0.weight"] = torch.zeros(8, 7)
    state["iou_predictor.bias"] = torch.zeros(1, dtype=torch.int64)
    state["cen_predictor.bias"] = [0.0]
    assert refused(state)[1:] == [
        "missing: query_embed.weight [5, 16]",
        "missing: class_embed.1.bias [3]",
        "left over: pos_embed [4, 2]",
        "another shape: input_proj.layers.0.weight is [8, 7], should be [8, 6] of floating point",
        "another shape: iou_predictor.bias is [1] of torch.int64, should be [1] of floating point",
        "another shape: cen_predictor.bias is list, should be [1] of floating point",
    ]


def test_two_names_of_one_tensor_have_to_agree():
    state = small()
    name = "segment_embed.1.layers.2.bias"
    state[name] = state[name] + 1e-6
    assert refused(state)[1:] == [
        f"differ: {FIRST}{name} and {name}, which are one tensor in the authors' network",
    ]


def published_checkpoint(folder, **changes):
    return save(folder / "theirs.pth", state_dict(PUBLISHED) | changes)


# Needs the network of the preset `released` as its authors have it: three layers in a segment head, a second norm in an
# encoder layer.
def test_import_writes_a_model_that_loads(tmp_path):
    checkpoint = published_checkpoint(tmp_path)
    assert main(["import", str(checkpoint), "--out", str(tmp_path / "model")]) == 0
    description = read_json(tmp_path / "model/model.json")
    assert set(description["parameters"]) == {*STEP_SECTIONS["train"], *STEP_SECTIONS["package"], "seed"}
    assert description["parameters"]["inference"]["cut"] == "window"
    assert description["features"]["time"] is None
    assert (description["variant"], description["seed"], description["metrics"]) == ("pretrained", None, None)
    assert "\n# ReAct on thumos14: pretrained\n" in "\n" + (tmp_path / "model/README.md").read_text()
    assert description["parameters"]["model"] == released_params().model.model_dump(mode="json")
    assert description["classes"] == sorted(CLASSES)
    assert description["dimension"] == 2048
    assert description["epoch"] == 14
    assert description["provenance"]["inputs"] == {"theirs.pth": sha256(checkpoint)}
    trained = load_model(tmp_path / "model")
    trained.check_fits(dimension=2048, classes=tuple(sorted(CLASSES)), features="theirs")
    state = read_checkpoint(checkpoint)["state_dict"]
    found = load(tmp_path / "model", device="cpu").predict(np.zeros((30, 2048)), seconds_per_snippet=0.2)
    assert found.detections.classes == tuple(sorted(CLASSES))
    loaded = load_file(tmp_path / "model/model.safetensors")
    assert torch.equal(loaded["content"], state["query_embed.weight"][:, :256])


def test_nothing_is_written_of_a_wrong_checkpoint(tmp_path, capsys):
    checkpoint = published_checkpoint(tmp_path, extra=torch.zeros(2))
    assert main(["import", str(checkpoint), "--out", str(tmp_path / "model")]) == 1
    assert "left over: extra [2]" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("place", ["state_dict", "meta", "optimizer"])
@pytest.mark.parametrize("new_format", [True, False])
def test_a_hostile_pickle_is_refused_and_not_run(tmp_path, capsys, place, new_format):
    content = {"meta": {}, "state_dict": small()} | {place: Hostile(tmp_path / "was_run")}
    torch.save(content, tmp_path / "theirs.pth", _use_new_zipfile_serialization=new_format)
    assert main(["import", str(tmp_path / "theirs.pth"), "--out", str(tmp_path / "model")]) == 1
    error = capsys.readouterr().err
    assert "theirs.pth: refused, and nothing of it was run: it asks for 'posix.system'" in error
    assert "weights_only" not in error, "no advice to load it all the same"
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.pth"]


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 cut off", b"<html>Quota exceeded</html>"])
def test_a_file_that_is_no_checkpoint(tmp_path, content):
    (tmp_path / "theirs.pth").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"theirs\.pth: (cannot be read|refused)"):
        read_checkpoint(tmp_path / "theirs.pth")


def test_numbers_of_numpy_beside_the_weights_do_no_harm(tmp_path):
    best = {"score": np.float32(0.5), "by_class": np.arange(3.0)}
    path = save(tmp_path / "theirs.pth", small(), hook_msgs=best)
    assert translated(read_checkpoint(path)["state_dict"])
    save(path, small() | {"class_embed.0.bias": np.zeros(3)})
    assert "class_embed.0.bias is Unread" in refused(read_checkpoint(path)["state_dict"])[1]


def test_a_file_without_weights(tmp_path):
    torch.save({"model": small()}, tmp_path / "theirs.pth")
    with pytest.raises(CheckpointError, match="a dictionary with 'model'; the authors' checkpoint has a 'state_dict'"):
        read_checkpoint(tmp_path / "theirs.pth")
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "nothing.pth")


def test_windows_and_features_have_to_be_theirs():
    own = released_params()
    assert other_than_theirs(own) == []
    windows = own.windows.model_copy(update={"stride": 32})
    other = own.model_copy(update={"windows": windows, "options": {"features": "i3d"}})
    assert other_than_theirs(other) == ["windows.stride is 32, should be 64", "options.features is i3d, should be tsn"]
