"""The arrays of ``released.npz`` and our network with their weights.

They were computed in float64 by the released code (CausalLearning/ReAct, commit 7d36658) at a small size: features of
24 numbers, dim 16, 4 heads of 4 channels, 4 points, 2 encoder and 3 decoder layers, 10 queries, 5 classes, windows of
20 snippets. ``padded`` is a batch of windows of different lengths, ``full`` one without padding.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from react_tad.losses.targets import Targets
from react_tad.model.react import ReAct, build_react
from react_tad.params.experiment import Experiment

HERE = Path(__file__).parent
BATCHES = ("padded", "full")
PRECISIONS = (torch.float64, torch.float32)
SIZE = {
    "model.dim": 16,
    "model.heads": 4,
    "model.ffn_dim": 32,
    "model.encoder_layers": 2,
    "model.decoder_layers": 3,
    "model.queries": 10,
    "windows.length": 20,
    "windows.stride": 5,
}
DIMENSION, CLASSES = 24, 5


def tolerance(precision):
    """What a correct implementation is within."""
    return 1e-10 if precision == torch.float64 else 1e-4


@cache
def arrays(name="released.npz"):
    with np.load(HERE / name) as stored:
        return dict(stored)


def tensor(key, precision=torch.float64):
    found = torch.from_numpy(arrays()[key])
    return found.to(precision) if found.is_floating_point() else found


def settings():
    file = {"dataset": "tiny", "preset": "released", "seeds": [0], "datasets": {"tiny": {}}, "variants": {"here": SIZE}}
    return Experiment(file).resolve("here").params


def our_name(name):
    """Our parameter, and the rows of it, that the arrays call ``name``."""
    part, leaf = name.rsplit(".", 1)
    if part.startswith("quality."):
        return f"quality.{leaf}", slice(*{"midpoint": (0, 1), "iou": (1, 2)}[part.split(".")[1]])
    return _module(part, leaf), slice(None)


def _module(part, leaf):
    plain = {"projection": "project", "reference": "reference", "decoder_norm": "decoder.final_norm"}
    if part in plain:
        return f"{plain[part]}.{leaf}"
    if part == "queries":
        return leaf
    stack, layer, rest = part.split(".", 2)
    if rest == "class_head":
        return f"decoder.class_heads.{layer}.{leaf}"
    if rest.startswith("segment_head."):
        return f"decoder.segment_heads.{layer}.{2 * int(rest.split('.')[1])}.{leaf}"
    kind, _, linear = rest.partition(".")
    linear = {"0": "0", "1": "3", "point_weight": "weight"}.get(linear, linear)
    own = {
        "norm": "attention_norm",
        "unused_norm": "ffn_norm",
        "relation_norm": "attention_norm",
        "relation": f"attention.{linear}",
        "cross": f"cross_attention.{linear}",
        "ffn": f"ffn.{linear}",
        "offset": "attention.offset",
        "point_weight": "attention.weight",
        "value": "attention.value",
        "output": "attention.output",
    }.get(kind, kind)
    return f"{stack}.layers.{layer}.{own}.{leaf}"


def network(precision=torch.float64) -> ReAct:
    """Our network of the preset ``released`` with the weights of the arrays, every parameter set exactly once."""
    model = build_react(settings().model, dimension=DIMENSION, classes=CLASSES).to(precision)
    ours = dict(model.named_parameters())
    left = {name: parameter.numel() for name, parameter in ours.items()}
    with torch.no_grad():
        for key in arrays():
            if key.startswith("parameter."):
                name, rows = our_name(key.removeprefix("parameter."))
                value = tensor(key, precision)
                assert ours[name][rows].shape == value.shape, key
                ours[name][rows] = value
                left[name] -= value.numel()
    assert not any(left.values()), left
    return model


def targets(batch, precision=torch.float64):
    segment, label = tensor(f"{batch}.truth.segment", precision), tensor(f"{batch}.truth.label")
    return Targets(segment, label, tuple(tensor(f"{batch}.truth.count").tolist()))


def inputs(batch, precision=torch.float64):
    return tensor(f"{batch}.features", precision), tensor(f"{batch}.length")
