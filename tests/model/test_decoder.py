import numpy as np
import pytest
import torch

import plain.model
from react_tad.model.decoder import DecoderLayer, Relation
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.layers import FeedForward
from react_tad.model.react import build_react
from react_tad.model.relational_attention import QueryAttention
from small import resolve

SETTINGS = resolve().params.model


def layer(block):
    generator = torch.Generator().manual_seed(4)
    made = DecoderLayer(
        QueryAttention(8, heads=2, output_projection=block == "standard"),
        DeformableAttention(8, heads=2, points=3),
        FeedForward(8, 12),
        dim=8,
        block=block,
        dropout=0.0,
    ).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return made


@pytest.mark.parametrize("width", [True, False], ids=["segment", "point"])
@pytest.mark.parametrize("block", ["standard", "released"])
def test_a_layer_is_figure_3_and_supplement_b(block, width):
    made = layer(block)
    content, position = torch.randn(2, 1, 5, 8, dtype=torch.float64)
    sequence = torch.randn(1, 7, 8, dtype=torch.float64)
    references = torch.rand(1, 5, 2 if width else 1, dtype=torch.float64)
    allowed = (torch.rand(1, 5, 5) < 0.5) | torch.eye(5, dtype=torch.bool)
    value = made.cross_attention.project(sequence, torch.ones(1, 7, dtype=torch.bool))
    center = references[..., 0] * 7
    step = references[..., 1] * 7 / 2 / 3 if width else torch.ones_like(center)
    found = made(content, position, allowed, value, center, step)[0].detach().numpy()
    expected = plain.model.decoder_layer(
        plain.model.Weights(torch.nn.ModuleDict({"here": made})),
        "here",
        list(content[0].numpy()),
        list(position[0].numpy()),
        allowed[0].tolist(),
        list(sequence[0].numpy()),
        [tuple(reference) for reference in references[0].tolist()],
        SETTINGS,
        block=block,
    )
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_relations_need_raid_and_a_width():
    content = torch.randn(1, 4, 8)
    for raid, size, dense in ((True, 2, False), (True, 1, True), (False, 2, True)):
        relation = Relation(raid, 0.2, 0.5, "exclude")
        assert (relation.allowed(content, torch.rand(1, 4, size)) is None) is dense


def decode(settings, content, references):
    """What a decoder at its start says about an empty window."""
    model = build_react(settings, dimension=6, classes=3)
    values = model.decoder.values(torch.zeros(1, 7, 8), torch.ones(1, 7, dtype=torch.bool))
    return model, model.decoder(content, torch.zeros_like(content), references, values, torch.tensor([7]))


def test_at_the_start_only_the_first_layer_moves_segments_and_it_narrows_them():
    references = torch.tensor([[[0.3, 0.5], [0.7, 0.1]]])
    _, decoded = decode(SETTINGS, torch.randn(1, 2, 8), references)
    odds = references[..., 1] / (1 - references[..., 1]) * np.exp(-2)
    for segments in decoded.segments:
        torch.testing.assert_close(segments[..., 0], references[..., 0])
        torch.testing.assert_close(segments[..., 1], odds / (1 + odds))


def test_the_first_segment_of_a_point_is_as_wide_as_the_head_says():
    settings = resolve("released").params.model
    _, decoded = decode(settings, torch.randn(1, 2, 8), torch.tensor([[[0.3], [0.7]]]))
    torch.testing.assert_close(decoded.segments[0, 0, :, 0], torch.tensor([0.3, 0.7]))
    torch.testing.assert_close(decoded.segments[0, 0, :, 1], torch.tensor([-2.0, -2.0]).sigmoid())


def test_references_are_detached_between_layers():
    references = torch.tensor([[[0.3, 0.5], [0.7, 0.2]]], requires_grad=True)
    model, decoded = decode(SETTINGS, torch.randn(1, 2, 8), references)
    (of_first,) = torch.autograd.grad(decoded.segments[0].sum(), references, retain_graph=True)
    assert of_first.all()
    biases = [head[-1].bias for head in model.decoder.segment_heads]
    first, second, last = torch.autograd.grad(decoded.segments[2].sum(), biases)
    # The first two heads reach the last segment through references only.
    assert not first.any()
    assert not second.any()
    assert last.all()
