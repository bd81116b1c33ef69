import math
from functools import partial

import numpy as np
import pytest
import torch

import plain.model
from react_tad.model import deformable_attention
from react_tad.model.deformable_attention import (
    DeformableAttention,
    read_by_matrix,
    read_by_samples,
    sample_by_gather,
    sample_by_grid,
)


def sample_by_matrix(value, position, weight):
    """The points one after the other, each by the matrix: alone, a point's weight is 1 whatever its query says."""
    total = 0
    for point in range(position.shape[-1]):
        told = torch.stack((torch.zeros_like(position), weight), dim=2)[..., None, point : point + 1]
        center = position[..., point]
        total = total + weight[..., point : point + 1] * read_by_matrix(value, told, center, torch.ones_like(center))
    return total


SAMPLINGS = (sample_by_matrix, sample_by_grid, sample_by_gather)
READINGS = (
    read_by_matrix,
    partial(read_by_samples, sample=sample_by_grid),
    partial(read_by_samples, sample=sample_by_gather),
)
EVERYWHERE = (-3.0, -0.5, -0.2, 0.0, 0.1, 0.5, 0.9, 1.5, 3.2, 4.5, 6.4, 6.5, 6.9, 7.0, 7.3, 7.5, 30.0)
"""Positions in a sequence of 7 snippets, on centres, between them, in the fade at both ends, and outside."""


@pytest.fixture(params=SAMPLINGS, ids=["matrix", "grid", "gather"])
def sample(request):
    """Each way to sample."""
    return request.param


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_sampling_interpolates_and_fades_to_zero_beyond_the_edges(sample):
    value, weight = random(2, 7, 3), random(2, len(EVERYWHERE), 1, seed=1)
    position = torch.tensor(EVERYWHERE, dtype=torch.float64)[None, :, None].expand(2, -1, -1)
    found = sample(value, position, weight)
    for group in range(2):
        for number, place in enumerate(EVERYWHERE):
            expected = float(weight[group, number, 0]) * plain.model.interpolate(value[group].numpy(), place - 0.5)
            np.testing.assert_allclose(found[group, number].numpy(), expected, atol=1e-12)


def test_sampling_by_hand(sample):
    value = torch.tensor([10.0, 20.0, 40.0])[None, :, None]
    position = torch.tensor([[[0.5], [1.0], [2.0], [2.5], [2.75], [3.0], [3.5], [0.0], [-0.5]]])
    expected = [10.0, 15.0, 30.0, 40.0, 30.0, 20.0, 0.0, 5.0, 0.0]
    assert sample(value, position, torch.ones_like(position)).flatten().tolist() == pytest.approx(expected)


def test_sampling_sums_its_points_by_their_weights(sample):
    value, weight = random(1, 7, 3), random(1, 2, 4)
    position = torch.rand(1, 2, 4, dtype=torch.float64) * 9 - 1
    one_by_one = sum(sample(value, position[..., k : k + 1], weight[..., k : k + 1]) for k in range(4))
    torch.testing.assert_close(sample(value, position, weight), one_by_one)


def test_all_samplings_agree():
    value, weight = random(3, 7, 4), random(3, 50, 2)
    position = torch.rand(3, 50, 2, dtype=torch.float64) * 11 - 2
    first, *others = (sample(value, position, weight) for sample in SAMPLINGS)
    for other in others:
        torch.testing.assert_close(other, first)


@pytest.mark.parametrize(("queries", "way"), [(4, "read_by_matrix"), (5, "read_by_samples")])
def test_a_small_matrix_is_used_and_a_large_one_is_not(monkeypatch, queries, way):
    monkeypatch.setattr(deformable_attention, "SMALL_MATRIX", 4 * 7)
    monkeypatch.setattr(deformable_attention, way, lambda *_: "here")
    told, center = random(1, queries, 2, 1, 2), random(1, queries)
    assert deformable_attention.read(random(1, 7, 3), told, center, center) == "here"


def what_is_read():
    """Two windows of 7 snippets, 3 heads of 4 channels, 5 queries of 3 points; some are outside."""
    told, center, step = random(2, 5, 2, 3, 3, seed=1), random(2, 5, seed=2) * 3 + 3.5, random(2, 5, seed=3).abs() + 0.5
    return [each.requires_grad_() for each in (random(6, 7, 4), told, center, step)]


def test_all_readings_agree_with_their_gradients():
    upstream = random(2, 5, 12, seed=4)
    found = []
    for read in READINGS:
        given = what_is_read()
        result = read(*given)
        found.append((result.detach(), *torch.autograd.grad(result, given, upstream)))
    for other in found[1:]:
        torch.testing.assert_close(other, found[0])


@pytest.mark.parametrize("read", READINGS, ids=["matrix", "grid", "gather"])
def test_gradients_of_reading_are_those_of_finite_differences(read):
    value, told, center, step = what_is_read()
    position = center[:, :, None, None] + told[:, :, 0] * step[:, :, None, None] - 0.5
    assert (position - position.round()).abs().min() > 1e-4
    assert torch.autograd.gradcheck(read, (value, told, center, step), atol=1e-7)


def test_gradients_of_sampling_are_those_of_finite_differences(sample):
    value, weight = random(2, 5, 3).requires_grad_(), random(2, 6, 2).requires_grad_()
    position = torch.linspace(-0.83, 6.21, 24, dtype=torch.float64).view(2, 6, 2).requires_grad_()
    kinks = (position - 0.5 - (position - 0.5).round()).abs()  # the slope jumps at centres of snippets
    assert kinks.min() > 1e-3
    assert torch.autograd.gradcheck(sample, (value, position, weight), atol=1e-7)


def test_far_positions_give_zero_and_no_gradient(sample):
    position = torch.tensor([[[1e9], [-1e9]]], dtype=torch.float64, requires_grad=True)
    found = sample(random(1, 5, 3), position, torch.ones(1, 2, 1, dtype=torch.float64))
    found.sum().backward()
    assert not found.any()
    assert not position.grad.any()


def module(dim=8, heads=2, points=3, sampling="exact"):
    made = DeformableAttention(dim, heads=heads, points=points, sampling=sampling).double()
    with torch.no_grad():
        for number, parameter in enumerate(made.parameters()):
            parameter.copy_(random(*parameter.shape, seed=number) * 0.7)
    return made


@pytest.mark.parametrize("sampling", ["exact", "released"])
def test_attention_is_as_in_plain_loops(sampling):
    attention, sequence, query = module(sampling=sampling), random(2, 6, 8), random(2, 4, 8, seed=1)
    center, step = torch.rand(2, 4, dtype=torch.float64) * 6, torch.rand(2, 4, dtype=torch.float64) * 2
    lengths = torch.tensor([6, 4])
    value = attention.project(sequence, torch.arange(6) < lengths[:, None])
    found = attention(query, value, center, step).detach().numpy()
    weights = plain.model.Weights(torch.nn.ModuleDict({"here": attention}))
    for window, number in np.ndindex(2, 4):
        expected = plain.model.deformable_attention(
            weights,
            "here",
            query[window, number].numpy(),
            sequence[window, : lengths[window]].numpy(),
            plain.model.Window(6, 6, sampling == "released"),
            lambda offset, at=(window, number): (float(center[at]) + offset * float(step[at])) / 6,
            heads=2,
            points=3,
        )
        np.testing.assert_allclose(found[window, number], expected, atol=1e-10)


def test_padding_has_no_value_not_even_the_bias():
    attention = module()
    value = attention.project(random(1, 5, 8), torch.tensor([[True, True, True, False, False]]))
    assert not value[:, 3:].any()
    assert value[:, :3].all()


def test_offsets_start_as_a_fan_and_weights_equal():
    heads, points = 8, 4
    attention = DeformableAttention(16, heads=heads, points=points)
    query = torch.randn(16)
    assert not attention.weight(query).any()
    offset = attention.offset(query).detach().view(heads, points)
    for head in range(heads):
        for point in range(points):
            expected = math.cos(4 * math.pi * head / heads) * (point + 1)
            assert float(offset[head, point]) == pytest.approx(expected, abs=1e-5)
