"""Deformable attention in time: each query reads a few positions of a feature sequence (supplement A and B).

Positions are in snippets, and snippet ``i`` is centred at ``i + 0.5``. Between two centres the value is interpolated
linearly; beyond the first and the last it fades to zero. The sequence must be zero where it is padding: then nothing
depends on how much padding there is. One scale only, so no compiled operation is needed.

``sampling="released"`` is what the released code does. With T the padded length and L the valid one, an offset of 1 is
T / L snippets, and a position p reads index p (T - 1) / T of the snippets, which is off by up to half a snippet.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from react_tad.model.layers import linears

SMALL_MATRIX = 2**14
"""Entries of an interpolation matrix ``[N, T]`` up to which :func:`read_by_matrix` is the fastest way on a CPU."""


def read(value: Tensor, told: Tensor, center: Tensor, step: Tensor) -> Tensor:
    """What each query reads, in the fastest way that is deterministic where ``value`` is.

    ``value`` is ``[B * heads, T, C]``. ``told`` ``[B, N, 2, heads, points]`` is what the query says: offsets, and
    attention weights before their softmax over the points; an offset is ``step`` times that many snippets from
    ``center``, both ``[B, N]``. Returns ``[B, N, heads * C]``.
    """
    if value.device.type != "cpu":
        return read_by_samples(value, told, center, step, sample_by_gather)
    if told.shape[1] * value.shape[1] > SMALL_MATRIX:
        return read_by_samples(value, told, center, step, sample_by_grid)
    return read_by_matrix(value, told, center, step)


def read_by_samples(
    value: Tensor,
    told: Tensor,
    center: Tensor,
    step: Tensor,
    sample: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Tensor:
    """The same step by step.

    ``sample(value, position, weight)`` gives the weighted sum of interpolated values ``[G, N, C]`` for ``value`` ``[G,
    T, C]`` and the others ``[G, N, K]``.
    """
    batch, _, _, heads, _ = told.shape
    offset, weight = _points_first(told)
    weight = weight.softmax(dim=0)
    position = torch.addcmul(center.unsqueeze(1), offset, step.unsqueeze(1))
    # [points, B, heads, N] -> [B * heads, N, points]
    position, weight = (each.flatten(1, 2).permute(1, 2, 0) for each in (position, weight))
    sampled = sample(value, position, weight).unflatten(0, (batch, heads))  # [B, heads, N, C]
    return sampled.transpose(1, 2).flatten(2)


def _points_first(told: Tensor) -> tuple[Tensor, Tensor]:
    """Offsets and attention weights ``[points, B, heads, N]`` of ``told``.

    Points come first in memory: a softmax over a last axis of four is many times slower.
    """
    offset, weight = told.permute(2, 4, 0, 3, 1).contiguous().unbind()
    return offset, weight


def read_by_matrix(value: Tensor, told: Tensor, center: Tensor, step: Tensor) -> Tensor:
    """The same as one product with a matrix ``[B * heads, N, T]`` of what each query takes of each snippet."""
    return _ByMatrix.apply(value, told, center, step)


class _ByMatrix(torch.autograd.Function):
    """The product, with a gradient of few operations: a training step of a small network is mostly their number.

    A position p takes ``1 - share`` of the snippet below it and ``share`` of the next one, with p - 0.5 = below +
    share; both have 0 outside. The gradient of what is taken is the gradient of the matrix at the same two places.
    """

    @staticmethod
    def forward(ctx, value: Tensor, told: Tensor, center: Tensor, step: Tensor) -> Tensor:
        batch, count, _, heads, points = told.shape
        last = value.shape[1] - 1
        offset, weight = _points_first(told.to(step.dtype))
        weight = weight.softmax(dim=0)
        index = torch.addcmul((center - 0.5).unsqueeze(1), offset, step.unsqueeze(1))
        below = index.floor()
        share = index - below
        first = below.long()
        snippet = torch.cat((first, first + 1))  # [2 points, B, heads, N]
        nearest = snippet.clamp(0, last)
        inside = nearest == snippet
        above = weight * share
        taken = torch.cat((weight - above, above)) * inside
        nearest, taken = (each.view(2 * points, -1, count).permute(1, 2, 0) for each in (nearest, taken))
        matrix = taken.new_zeros(batch * heads, count, last + 1).scatter_add_(2, nearest, taken).to(value.dtype)
        ctx.save_for_backward(value, matrix, offset, step, weight, share, nearest, inside)
        ctx.told = told.dtype
        sums = torch.bmm(matrix, value).view(batch, heads, count, -1)
        return sums.transpose(1, 2).reshape(batch, count, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        value, matrix, offset, step, weight, share, nearest, inside = ctx.saved_tensors
        _, batch, heads, count = offset.shape
        grad = grad.view(batch, count, heads, -1).transpose(1, 2).reshape(batch * heads, count, -1)
        grad_value = torch.bmm(matrix.transpose(1, 2), grad)
        grad_matrix = torch.bmm(grad, value.transpose(1, 2))
        grad_taken = grad_matrix.gather(2, nearest).to(weight.dtype).permute(2, 0, 1).reshape(inside.shape) * inside
        grad_below, grad_above = grad_taken.chunk(2)
        slope = grad_above - grad_below
        grad_index = weight * slope
        grad_weight = weight * torch.addcmul(grad_below, share, slope)
        grad_told = torch.stack((grad_index * step.unsqueeze(1), grad_weight - weight * grad_weight.sum(dim=0)))
        grad_center = grad_index.sum(dim=(0, 2)) if ctx.needs_input_grad[2] else None
        grad_step = (grad_index * offset).sum(dim=(0, 2)) if ctx.needs_input_grad[3] else None
        return grad_value, grad_told.permute(2, 4, 0, 3, 1).to(ctx.told), grad_center, grad_step


def sample_by_grid(value: Tensor, position: Tensor, weight: Tensor) -> Tensor:
    """The weighted sum of interpolated values by ``grid_sample``; shapes as in :func:`read_by_samples`."""
    length = value.shape[1]
    across = 2 * position / length - 1  # grid_sample spans a sequence from -1 to 1, edge to edge
    grid = torch.stack((across, torch.zeros_like(across)), dim=-1)
    image = value.transpose(1, 2).unsqueeze(2)  # [G, C, 1, T]: a picture one pixel high
    sampled = F.grid_sample(image, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return (sampled * weight.unsqueeze(1)).sum(dim=-1).transpose(1, 2)


def sample_by_gather(value: Tensor, position: Tensor, weight: Tensor) -> Tensor:
    """The same by two look-ups: their gradients are deterministic on a GPU, those of the other two are not."""
    groups, length, channels = value.shape
    below = (position - 0.5).floor()
    share = position - 0.5 - below
    total = value.new_zeros(groups, position.shape[1], channels)
    for index, factor in ((below, 1 - share), (below + 1, share)):
        inside = (index >= 0) & (index < length)
        flat = index.clamp(0, length - 1).long().flatten(1)  # [G, N * K]
        found = value.gather(1, flat.unsqueeze(-1).expand(-1, -1, channels)).unflatten(1, position.shape[1:])
        total = total + (found * (factor * inside * weight).unsqueeze(-1)).sum(dim=2)
    return total


class DeformableAttention(nn.Module):
    """Multi-head deformable attention over one sequence.

    Offsets and attention weights are linear in the query. Attention weights start equal, offsets as a fan: head h of H
    looks in the direction cos(4 pi h / H), its points 1, 2, ... ``points`` steps away (of 8 heads 4 start in place).
    """

    def __init__(self, dim: int, *, heads: int, points: int, sampling: str = "exact"):
        super().__init__()
        self.heads, self.points, self.sampling = heads, points, sampling
        self.value = nn.Linear(dim, dim)
        self.offset = nn.Linear(dim, heads * points)
        self.weight = nn.Linear(dim, heads * points)
        self.output = nn.Linear(dim, dim)
        self.initialise()

    def initialise(self) -> None:
        """Set the starting weights described above."""
        for linear in (self.value, self.output):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)
        for linear in (self.offset, self.weight):
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)
        direction = torch.cos(torch.arange(self.heads) * (4 * math.pi / self.heads))
        with torch.no_grad():
            self.offset.bias.copy_(torch.outer(direction, torch.arange(1.0, self.points + 1)).flatten())

    def project(self, sequence: Tensor, valid: Tensor) -> Tensor:
        """Values of a sequence ``[B, T, dim]``, zero where ``valid`` ``[B, T]`` is false; ``[B * heads, T, C]``."""
        value = self.value(sequence) * valid.unsqueeze(-1)
        return value.unflatten(-1, (self.heads, -1)).transpose(1, 2).flatten(0, 1)

    def unit(self, lengths: Tensor, padded_length: int) -> Tensor:
        """Snippets that an offset of 1 spans where a reference has no width ``[B]``; ``lengths`` ``[B]``, floats."""
        return padded_length / lengths if self.sampling == "released" else torch.ones_like(lengths)

    def forward(self, query: Tensor, value: Tensor, center: Tensor, step: Tensor) -> Tensor:
        """Read ``value`` at ``center + offset * step``.

        ``query`` is ``[B, N, dim]``, ``value`` comes from :meth:`project`, ``center`` and ``step`` are ``[B, N]`` in
        snippets. Returns ``[B, N, dim]``.
        """
        told = linears(query, self.offset, self.weight).unflatten(-1, (2, self.heads, self.points))
        if self.sampling == "released":
            squeezed = (value.shape[1] - 1) / value.shape[1]
            center, step = center * squeezed + 0.5, step * squeezed
        return self.output(read(value, told, center, step))
