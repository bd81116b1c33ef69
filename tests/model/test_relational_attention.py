import numpy as np
import pytest
import torch

import plain.model
from react_tad.model.relational_attention import QueryAttention, attend, attend_by_products, relations, similarity
from react_tad.segments import pairwise_iou

RIGHT, UP, DIAGONAL, LEFT, NOTHING = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (-1.0, 0.0), (0.0, 0.0)


def mask_of(queries, segments, **settings):
    queries, segments = (torch.tensor([each], dtype=torch.float64) for each in (queries, segments))
    return relations(queries, pairwise_iou(segments, segments), **settings)[0]


def test_cosine_similarity_by_hand():
    found = similarity(torch.tensor([[RIGHT, UP, DIAGONAL, LEFT, NOTHING]], dtype=torch.float64))[0]
    half = 0.5**0.5
    expected = [
        [1, 0, half, -1, 0],
        [0, 1, half, 0, 0],
        [half, half, 1, -half, 0],
        [-1, 0, -half, 1, 0],
        [0, 0, 0, 0, 0],
    ]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_distinct_similar_queries_are_kept_and_the_others_are_not():
    """Figure 1: alike and apart is kept; alike and overlapping is a duplicate; apart and unlike is dissimilar."""
    queries = [RIGHT, DIAGONAL, DIAGONAL, LEFT]
    segments = [(0.0, 4.0), (6.0, 9.0), (0.0, 5.0), (6.0, 9.0)]
    mask = mask_of(queries, segments, gamma=0.2, tau=0.5)
    assert mask[0].tolist() == [True, True, False, False]


@pytest.mark.parametrize("boundary", ["exclude", "include"])
@pytest.mark.parametrize(("gamma", "tau"), [(0.2, 0.5), (-0.9, 1.0), (0.0, 0.2), (0.5, 0.0), (-1.0, 0.3), (1.0, 1.0)])
def test_relations_are_as_in_plain_loops(gamma, tau, boundary):
    random = np.random.default_rng(1)
    queries = random.normal(size=(2, 9, 4))
    segments = np.sort(random.random((2, 9, 2)))
    queries[0, 3] = 0
    iou = pairwise_iou(torch.tensor(segments), torch.tensor(segments))
    found = relations(torch.tensor(queries), iou, gamma=gamma, tau=tau, boundary=boundary)
    for window in range(2):
        expected = plain.model.relations(
            queries[window], plain.model.overlaps(segments[window]), gamma=gamma, tau=tau, boundary=boundary
        )
        assert found[window].tolist() == expected


@pytest.mark.parametrize(("boundary", "kept"), [("exclude", False), ("include", True)])
@pytest.mark.parametrize(
    ("other", "tau"), [((0.0, 2.0), 0.5), ((4.0, 5.0), 0.0), ((0.0, 4.0), 1.0)], ids=["half", "none", "all"]
)
def test_an_overlap_of_exactly_tau(boundary, kept, other, tau):
    mask = mask_of([RIGHT, RIGHT], [(0.0, 4.0), other], gamma=0.0, tau=tau, boundary=boundary)
    assert bool(mask[0, 1]) is kept


def test_a_similarity_of_exactly_gamma_is_too_little():
    apart = [(0.0, 1.0), (2.0, 3.0)]
    assert not mask_of([RIGHT, UP], apart, gamma=0.0, tau=0.5)[0, 1]
    assert mask_of([RIGHT, UP], apart, gamma=-1e-6, tau=0.5)[0, 1]
    assert not mask_of([RIGHT, RIGHT], apart, gamma=1.0, tau=0.5)[0, 1]


@pytest.mark.parametrize("boundary", ["exclude", "include"])
def test_every_query_attends_to_itself_even_a_zero_one(boundary):
    queries, segments = [NOTHING, RIGHT, NOTHING], [(0.0, 1.0), (0.0, 1.0), (5.0, 5.0)]
    for gamma, tau in ((1.0, 0.0), (0.0, 0.5), (-1.0, 1.0)):
        assert mask_of(queries, segments, gamma=gamma, tau=tau, boundary=boundary).diagonal().all()


def test_a_zero_query_attends_to_itself_alone_and_gives_a_number():
    attention = QueryAttention(4, heads=2).double()
    content = torch.randn(1, 3, 4, dtype=torch.float64)
    content[0, 1] = 0
    segments = torch.tensor([[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]], dtype=torch.float64)
    mask = relations(content, pairwise_iou(segments, segments), gamma=0.2, tau=0.5)
    assert mask[0, 1].tolist() == [False, True, False]
    assert torch.isfinite(attention(content, mask)).all()


def attention_and_inputs(output_projection=True):
    generator = torch.Generator().manual_seed(0)
    attention = QueryAttention(6, heads=3, output_projection=output_projection).double()
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    content = torch.randn(2, 5, 6, generator=generator, dtype=torch.float64)
    allowed = (torch.rand(2, 5, 5, generator=generator) < 0.5) | torch.eye(5, dtype=torch.bool)
    return attention, content, allowed


@pytest.mark.parametrize("masked", [True, False], ids=["masked", "dense"])
@pytest.mark.parametrize("output_projection", [True, False], ids=["projection", "no projection"])
def test_attention_is_equations_4_and_5(masked, output_projection):
    attention, content, allowed = attention_and_inputs(output_projection)
    found = attention(content, allowed if masked else None).detach().numpy()
    weights = plain.model.Weights(torch.nn.ModuleDict({"here": attention}))
    for window in range(2):
        expected = plain.model.query_attention(
            weights,
            "here",
            content[window].numpy(),
            allowed[window].tolist() if masked else [[True] * 5] * 5,
            heads=3,
            output_projection=output_projection,
        )
        np.testing.assert_allclose(found[window], expected, atol=1e-10)


@pytest.mark.parametrize("masked", [True, False], ids=["masked", "dense"])
@pytest.mark.parametrize("windows", [1, 2], ids=["the same in all windows", "by window"])
def test_both_ways_to_attend_agree(masked, windows):
    shape = (windows, 3, 5, 2)
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    allowed = attention_and_inputs()[2] if masked else None
    found = attend(*inputs, allowed)
    expected = attend_by_products(*inputs, allowed.unsqueeze(1) if masked else None)
    torch.testing.assert_close(found, expected)
    given = torch.randn_like(found)
    gradients = (torch.autograd.grad(each, inputs, given) for each in (found, expected))
    torch.testing.assert_close(*gradients)


def test_a_query_that_may_not_be_attended_to_has_no_influence():
    attention, content, allowed = attention_and_inputs()
    allowed[0, :, 2] = torch.tensor([False, False, True, False, False])
    before = attention(content, allowed)
    content[0, 2] += 10
    after = attention(content, allowed)
    others = [0, 1, 3, 4]
    assert torch.equal(before[0, others], after[0, others])
    assert not torch.allclose(before[0, 2], after[0, 2])
