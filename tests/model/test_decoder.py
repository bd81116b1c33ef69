import numpy as np
import pytest
import torch

import plain.model
from react_tad.model.decoder import DecoderLayer, Relation
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.layers import FeedForward
from react_tad.model.react import build_react
from react_tad.model.relational_attention import QueryAttention
from react_tad.segments import Overlap
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
    content = torch.randn(1, 5, 8, dtype=torch.float64)
    sequence = torch.randn(1, 7, 8, dtype=torch.float64)
    references = torch.rand(1, 5, 2 if width else 1, dtype=torch.float64)
    allowed = (torch.rand(1, 5, 5) < 0.5) | torch.eye(5, dtype=torch.bool)
    value = made.cross_attention.project(sequence, torch.ones(1, 7, dtype=torch.bool))
    center = references[..., 0] * 7
    step = references[..., 1] * 7 / 2 / 3 if width else torch.ones_like(center)
    found = made(content, allowed, value, center, step)[0].detach().numpy()
    expected = plain.model.decoder_layer(
        plain.model.Weights(torch.nn.ModuleDict({"here": made})),
        "here",
        list(content[0].numpy()),
        allowed[0].tolist(),
        list(sequence[0].numpy()),
        plain.model.Window(7, 7, released=False),
        [tuple(reference) for reference in references[0].tolist()],
        SETTINGS,
        block=block,
    )
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_relations_need_raid_and_a_width():
    content = torch.randn(1, 4, 8)
    for raid, size, dense in ((True, 2, False), (True, 1, True), (False, 2, True)):
        relation = Relation(raid, 0.2, 0.5, "exclude", Overlap.named("exact"))
        assert (relation.allowed(content, torch.rand(1, 4, size), torch.ones(1, 1, 1)) is None) is dense


def test_the_released_overlap_is_of_segments_cut_to_the_padded_window():
    """In a window that is valid to 0.8 of its padded length, a segment may pass its end by a quarter, no further."""
    references = torch.tensor([[[1.0, 0.5], [1.5, 0.5], [1.0, 1.0]]], dtype=torch.float64)
    exact, released = (
        Relation(True, 0.2, 0.5, "exclude", Overlap.named(name)).iou(references, torch.full((1, 1, 1), 0.8))[0]
        for name in ("exact", "released")
    )
    # (0.75, 1.25), (1.25, 1.75), (0.5, 1.5); of what they are padded to (0.6, 1), (1, 1.4), (0.4, 1.2).
    torch.testing.assert_close(exact, torch.tensor([[1, 0, 0.5], [0, 1, 0.2], [0.5, 0.2, 1]], dtype=torch.float64))
    expected = torch.tensor([[1, 0, 2 / 3], [0, 0, 0], [2 / 3, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(released, expected, atol=1e-5, rtol=0)


def decode(settings, content, references, change=None):
    """What a decoder says about an empty window; with a ``change`` (center, width) that is all its heads say."""
    model = build_react(settings, dimension=6, classes=3)
    if change is not None:
        with torch.no_grad():
            for head in model.decoder.segment_heads:
                head[-1].weight.zero_()
                head[-1].bias.copy_(torch.tensor(change))
    values = model.decoder.values(torch.zeros(1, 7, 8), torch.ones(1, 7, dtype=torch.bool))
    return model, model.decoder(content, references, values, torch.tensor([7]))


def test_every_layer_adds_to_the_odds_of_the_one_before():
    references = torch.tensor([[[0.3, 0.5], [0.7, 0.1]]])
    _, decoded = decode(SETTINGS, torch.randn(1, 2, 8), references, change=(0.3, -0.5))
    odds = references / (1 - references)
    for segments in decoded.segments:
        odds = odds * torch.tensor([0.3, -0.5]).exp()
        torch.testing.assert_close(segments, odds / (1 + odds))


def test_the_first_segment_of_a_point_is_as_wide_as_the_head_says():
    settings = resolve("released").params.model
    _, decoded = decode(settings, torch.randn(1, 2, 8), torch.tensor([[[0.3], [0.7]]]), change=(0.0, -2.0))
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
