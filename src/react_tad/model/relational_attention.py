"""Relational attention among queries: the RA of RAID (section 3.1, equations 1-5).

A query attends to itself and to its distinct-similar queries: those that look alike (cosine above gamma, equation 1)
and overlap it little (IoU below tau, equation 2). Equation 3 prints a set difference, E_IoU minus E_sim, which would
keep the queries that do *not* look alike; the prose and figure 1 ask for the intersection, which is what is computed
here.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def similarity(queries: Tensor) -> Tensor:
    """Cosine similarity A of equation 1: ``[B, N, dim]`` to ``[B, N, N]``; 0 for a zero vector."""
    unit = F.normalize(queries, dim=-1)
    return torch.bmm(unit, unit.transpose(-1, -2))


def relations(queries: Tensor, iou: Tensor, *, gamma: float, tau: float, boundary: str = "exclude") -> Tensor:
    """Which pairs of queries may attend (equations 1-3).

    ``queries`` is ``[B, N, dim]``, ``iou`` that of their reference segments ``[B, N, N]``. Returns booleans ``[B, N,
    N]``, true where the row's query attends to the column's. The diagonal is always true, so that no row is empty.
    ``boundary="include"`` keeps pairs whose IoU is exactly tau.
    """
    distinct = iou <= tau if boundary == "include" else iou < tau
    similar = similarity(queries) > gamma
    itself = torch.eye(queries.shape[1], dtype=torch.bool, device=queries.device)
    return (distinct & similar) | itself


def attend(query: Tensor, key: Tensor, value: Tensor, allowed: Tensor | None) -> Tensor:
    """Softmax of the scaled products over the allowed pairs, times ``value``: ``[B, heads, N, C]`` throughout.

    ``allowed`` is ``[B, N, N]``, or ``None``; the rest may be ``[1, heads, N, C]``.
    """
    mask = None if allowed is None else allowed.unsqueeze(1)
    if query.device.type == "cpu":  # the same in one operation; those of a GPU are not deterministic
        if mask is not None:
            query, key, value = (each.expand(len(mask), -1, -1, -1) for each in (query, key, value))
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return attend_by_products(query, key, value, mask)


def attend_by_products(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """The same step by step; ``mask`` is ``[B, 1, N, N]``."""
    score = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    if mask is not None:
        score = score.masked_fill(~mask, -torch.inf)
    return score.softmax(dim=-1) @ value


class QueryAttention(nn.Module):
    """Multi-head attention among queries, over the pairs that a mask allows (equations 4 and 5)."""

    def __init__(self, dim: int, *, heads: int, output_projection: bool = True):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.output = nn.Linear(dim, dim) if output_projection else nn.Identity()

    def forward(self, content: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Mix the content of queries ``[B, N, dim]``, or ``[1, N, dim]`` if it is the same in all windows.

        ``allowed`` is ``[B, N, N]`` (``None``: all pairs, the dense attention of a plain decoder).
        """
        query, key, value = (
            linear(content).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [B, heads, N, C]
            for linear in (self.query, self.key, self.value)
        )
        return self.output(attend(query, key, value, allowed).transpose(1, 2).flatten(2))
