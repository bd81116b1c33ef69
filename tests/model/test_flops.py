import pytest

from react_tad.cli import main
from react_tad.model.flops import COMPONENTS, component, count
from react_tad.model.react import build_react
from react_tad.params.model import Model, Raid
from react_tad.params.presets import PRESETS
from react_tad.params.section import unflatten, validated

T, D, C = 256, 2048, 20
"""A window of THUMOS14: snippets, features, classes."""
d, f, h, k, N = 256, 1024, 8, 4, 40
"""Width, width of the feed-forward networks, heads, points, queries."""
ENCODER, DECODER = 2, 4


def linear(inputs, outputs):
    return inputs * outputs + outputs


NORM = 2 * d
FFN = linear(d, f) + linear(f, d)
DEFORMABLE = 2 * linear(d, d) + 2 * linear(d, h * k)

PARAMETERS = {
    "input projection": linear(D, d),
    "encoder": ENCODER * (DEFORMABLE + FFN + 2 * NORM),
    "decoder layers": DECODER * (4 * linear(d, d) + DEFORMABLE + FFN + 3 * NORM),
    "class heads": DECODER * linear(d, C),
    "segment heads": DECODER * (2 * linear(d, d) + linear(d, 2)),
    "segment quality": linear(d, 2),
    "queries": 2 * N * d + linear(d, 2),
}


def reading(queries):
    """Multiply-accumulates of deformable attention: values of T snippets, then ``queries`` queries. The weighted sum of
    the points that are looked up is element-wise, and not counted.
    """
    return T * d * d + queries * (2 * d * h * k + d * d)


MACS = {
    "input projection": T * D * d,
    "encoder": ENCODER * (reading(T) + T * 2 * d * f),
    "decoder layers": DECODER * (4 * N * d * d + 2 * N * N * d + N * N * d + reading(N) + N * 2 * d * f),
    "class heads": DECODER * N * d * C,
    "segment heads": DECODER * N * (2 * d * d + 2 * d),
    "segment quality": DECODER * N * 2 * d,
    "queries": N * 2 * d,
}
"""Of the decoder: four projections, scores and their sum, and the cosines of equation 1."""


@pytest.fixture(scope="module")
def costs():
    return count(Model(), window=T, dimension=D, classes=C)


def test_the_size_is_that_of_the_released_code_and_output_projections(costs):
    """The released code: 5,934,555 parameters (tests/released). Other than there, relational attention has an output
    projection, a first reference has a width, and there is no norm at the end. The paper says 0.68 GFLOPs.
    """
    assert sum(cost.parameters for cost in costs.values()) == 5_934_555 + DECODER * linear(d, d) + linear(d, 1) - NORM
    assert f"{sum(cost.macs for cost in costs.values()) / 1e9:.2f}" == "0.71"


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_by_hand(costs, name):
    assert costs[name].parameters == PARAMETERS[name]
    assert costs[name].macs == MACS[name]


@pytest.mark.parametrize("preset", ["paper", "released"])
def test_components_add_up_to_the_model(preset):
    settings = validated(Model, unflatten({
        key.removeprefix("model."): value for key, value in PRESETS[preset].items() if key.startswith("model.")
    }), preset)  # fmt: skip
    model = build_react(settings, dimension=D, classes=C)
    found = count(settings, window=32, dimension=D, classes=C)
    assert sum(cost.parameters for cost in found.values()) == sum(p.numel() for p in model.parameters())
    assert {component(name) for name, _ in model.named_parameters()} == set(COMPONENTS)


def test_what_is_off_costs_nothing():
    off = Model(quality=False, encoder_layers=0)
    found = count(off, window=T, dimension=D, classes=C)
    for name in ("segment quality", "encoder"):
        assert (found[name].parameters, found[name].macs) == (0, 0)
    dense = count(Model(raid=Raid(enabled=False)), window=T, dimension=D, classes=C)
    assert MACS["decoder layers"] - dense["decoder layers"].macs == DECODER * N * N * d, "equation 1"


def test_the_table_is_printed(capsys):
    assert main(["flops"]) == 0
    table = capsys.readouterr().out
    assert "6.20 M" in table
    for name in COMPONENTS:
        assert f"{PARAMETERS[name]:,}" in table
