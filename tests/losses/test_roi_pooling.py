import numpy as np
import pytest
import torch

import plain.roi
from react_tad.losses.roi_pooling import roi_pool

SEGMENTS = [(0.0, 9.0), (2.3, 2.9), (0.0, 0.4), (8.7, 9.0), (1.25, 7.5), (4.0, 4.0), (0.0, 6.0)]


def pool(sequences, where, lengths, *, bins):
    rows, segments = zip(*where, strict=True)
    segments = torch.tensor(segments, dtype=sequences.dtype)
    return roi_pool(sequences, torch.tensor(rows), segments, torch.tensor(lengths), bins=bins)


@pytest.mark.parametrize("bins", [1, 3, 16])
def test_pooling_is_as_in_plain_loops(bins):
    sequences, lengths = torch.randn(2, 9, 4, dtype=torch.float64), (9, 6)
    where = [(row, (min(start, lengths[row]), min(end, lengths[row]))) for row in (0, 1) for start, end in SEGMENTS]
    found = pool(sequences, where, lengths, bins=bins)
    for pooled, (row, (start, end)) in zip(found.numpy(), where, strict=True):
        own = sequences[row, : lengths[row]].numpy()
        np.testing.assert_allclose(pooled, plain.roi.pool(own, start, end, bins), atol=1e-12)


@pytest.mark.parametrize(
    ("segment", "expected"), [((0, 4), 25.0), ((1, 2), 20.0), ((1, 3), 25.0), ((0, 1), 10.3125), ((3, 4), 39.6875)]
)
def test_pooling_by_hand(segment, expected):
    """Sixteen bins of snippets 10, 20, 30, 40; half of the first snippet is before its centre, where nothing changes:
    the bins after it read 10 + 10 * (1, 3, ..., 15) / 32 of the way to the second.
    """
    if segment == (0, 1):
        expected = 10 + 10 * sum((2 * k + 1) / 32 for k in range(8)) / 16
    elif segment == (3, 4):
        expected = 40 - 10 * sum((2 * k + 1) / 32 for k in range(8)) / 16
    sequence = torch.tensor([[[10.0], [20.0], [30.0], [40.0]]], dtype=torch.float64)
    assert float(pool(sequence, [(0, segment)], (4,), bins=16)) == pytest.approx(expected)


def test_pooling_commutes_with_a_linear_layer():
    """Which is why raw features can be pooled once."""
    sequences, linear = torch.randn(2, 9, 4, dtype=torch.float64), torch.nn.Linear(4, 3).double()
    where = [(row, segment) for row in (0, 1) for segment in SEGMENTS]
    first = linear(pool(sequences, where, (9, 9), bins=16))
    torch.testing.assert_close(first, pool(linear(sequences), where, (9, 9), bins=16))


def test_padding_is_not_read():
    sequences = torch.randn(1, 9, 4)
    sequences[:, 6:] = torch.nan
    assert torch.isfinite(pool(sequences, [(0, (0.0, 6.0)), (0, (5.9, 6.0))], (6,), bins=16)).all()


def test_no_segments():
    found = roi_pool(torch.randn(2, 9, 4), torch.zeros(0, dtype=torch.long), torch.zeros(0, 2), torch.tensor([9, 9]),
                     bins=16)  # fmt: skip
    assert found.shape == (0, 4)
