"""What the parameters of the THUMOS14 size start from, against ``initial.json``."""

import json
import math
from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm, uniform

from react_tad.data.released_checkpoint import DIMENSION, released_params
from react_tad.model.react import build_react
from released.arrays import HERE, our_name

THEIRS = json.loads((HERE / "initial.json").read_text(encoding="utf-8"))
LAYERS = {"encoder": 2, "decoder": 4}
SEEDS = range(4)
WIDTH_BIAS = "segment_head.2.bias"
"""Of the segment heads' last layer; the only one that is not the same in all layers of its kind."""


@cache
def start(seed):
    """The parameters of a detector at its start."""
    torch.manual_seed(seed)
    model = build_react(released_params().model, dimension=DIMENSION, classes=20)
    return {name: tensor.detach().numpy() for name, tensor in model.named_parameters()}


def layers_of(role, seed):
    """The parameters that ``role`` stands for, one a layer, stacked."""
    stack, *_ = role.split(".")
    names = [role.replace("*", str(layer)) for layer in range(LAYERS[stack])] if "*" in role else [role]
    return np.stack([start(seed)[name][rows] for name, rows in map(our_name, names)])


@pytest.mark.parametrize("role", [role for role in THEIRS["roles"] if not role.endswith(WIDTH_BIAS)])
def test_distribution(role):
    """The named distribution (Kolmogorov and Smirnov's test, over all that is drawn), with its mean and deviation."""
    theirs = THEIRS["roles"][role]
    draws = [layers_of(role, seed) for seed in SEEDS]
    assert {draw.shape[1:] for draw in draws} == {tuple(theirs["shape"])}
    if "equal" in theirs.get("layers", ""):
        assert all((draw == draw[:1]).all() for draw in draws)
        draws = [draw[:1] for draw in draws]
    elif "*" in role and theirs["form"] != "constant":
        assert all(not (draw[1:] == draw[:1]).any() for draw in draws), "drawn anew in every layer"
    values = np.concatenate([draw.ravel() for draw in draws]).astype(float)
    if theirs["form"] == "constant":
        np.testing.assert_allclose(values, theirs["value"], rtol=1e-6)
    elif theirs["form"].startswith("deterministic"):
        wanted = np.array(THEIRS["offset_fan"]["values"]).ravel()
        np.testing.assert_allclose(draws[0].ravel(), wanted, atol=1e-5)
    else:
        a = theirs.get("a")
        wanted = norm() if a is None else uniform(-a, 2 * a)
        assert wanted.std() == pytest.approx(theirs["std_exact"], rel=1e-6)
        assert kstest(values, wanted.cdf).pvalue > 1e-4
        if len(values) > 100:
            error = wanted.std() / math.sqrt(len(values))
            assert abs(values.mean() - theirs["mean"]) < 6 * error + abs(theirs["mean"])
            assert abs(values.std() - theirs["std"]) < 6 * error + abs(theirs["std"] - wanted.std())


def test_the_first_layer_starts_with_narrow_segments():
    """Of the biases of the last linear layer of the segment heads, only the first layer's width is set, to -2."""
    a = THEIRS["roles"][f"decoder.*.{WIDTH_BIAS}"]["a"]
    centers, widths = [], []
    for seed in SEEDS:
        bias = layers_of(f"decoder.*.{WIDTH_BIAS}", seed)  # [layers, 2]
        assert bias[0, 1] == -2
        assert (bias[1:] == bias[1]).all()
        assert bias[0, 0] == bias[1, 0]
        centers.append(bias[0, 0])
        widths.append(bias[1, 1])
    drawn = np.array([centers, widths])
    assert np.abs(drawn).max() <= a
    assert len(np.unique(drawn)) == drawn.size


def test_no_two_vectors_of_a_layer_are_one_draw():
    """Clones are copies of layers, not of each other's parts."""
    biases = [start(0)[f"decoder.layers.0.attention.{part}.bias"] for part in ("query", "key", "value")]
    assert all(not (one == other).all() for i, one in enumerate(biases) for other in biases[:i])
