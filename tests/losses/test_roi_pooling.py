import numpy as np
import pytest
import torch

import plain.roi
from react_tad.losses.roi_pooling import released_bins, roi_pool

SEGMENTS = [(0.0, 9.0), (2.3, 2.9), (0.0, 0.4), (8.7, 9.0), (1.25, 7.5), (4.0, 4.0), (0.0, 6.0)]


def pool(sequences, where, lengths, **options):
    rows, segments = zip(*where, strict=True)
    segments = torch.tensor(segments, dtype=sequences.dtype)
    return roi_pool(sequences, torch.tensor(rows), segments, torch.tensor(lengths), **options)


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


PASSING = [*SEGMENTS, (-1.5, 3.0), (7.0, 11.0), (8.5, 8.6), (9.0, 9.0), (10.0, 12.0)]
"""Some of these pass the 9 snippets and their padding."""


@pytest.mark.parametrize("bins", [1, 3, 16])
def test_released_pooling_is_as_in_plain_loops(bins):
    """Bins of up to 9 samples; padding is read."""
    sequences = torch.randn(2, 9, 4, dtype=torch.float64)
    where = [(row, segment) for row in (0, 1) for segment in PASSING]
    found = pool(sequences, where, (9, 6), bins=bins, form="released")
    for pooled, (row, segment) in zip(found.numpy(), where, strict=True):
        expected = plain.roi.released_pool(sequences[row].numpy(), *segment, bins)
        np.testing.assert_allclose(pooled, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ((1, 2), 25.0),
        ((1, 3), 30.0),
        ((0, 4), (12 * 25 + 4 * 40) / 16),
        ((-2, 4), (12 * 25 + 4 * 40) / 16),
        ((1.4, 1.6), 29.0),
        ((3.9, 4), 40 * 2 / 16),
    ],
    ids=["half a snippet late", "two", "all", "cut to it", "at least a snippet long", "at the end"],
)
def test_released_pooling_by_hand(segment, expected):
    """Sixteen bins of snippets 10, 20, 30, 40 that lie at 0, 1, 2, 3. Of all four, bins 13 to 16 lie after the last,
    and the mean of the others is at 1.5. At the end, two bins are before 4, where the sequence ends.
    """
    sequence = torch.tensor([[[10.0], [20.0], [30.0], [40.0]]], dtype=torch.float64)
    assert float(pool(sequence, [(0, segment)], (4,), bins=16, form="released")) == pytest.approx(expected)


def test_released_bins_are_means_of_several_samples():
    """Two bins of [0, 5] have 3 samples each, at 5/12, 15/12, 25/12 and 35/12, 45/12, 55/12 (after the last: 4)."""
    sequence = torch.tensor([[0.0, 1.0, 4.0, 9.0, 16.0]], dtype=torch.float64).unsqueeze(-1)
    bins = released_bins(sequence, torch.tensor([0]), torch.tensor([[0.0, 5.0]], dtype=torch.float64), bins=2)
    first = (5 / 12 + (1 + 3 * 3 / 12) + (4 + 5 * 1 / 12)) / 3
    second = ((4 + 5 * 11 / 12) + (9 + 7 * 9 / 12) + 16) / 3
    assert bins.shape == (1, 2, 1)
    assert bins.flatten().tolist() == pytest.approx([first, second])


def test_released_pooling_commutes_with_a_linear_layer():
    """But where a segment passes the end of the sequence, whose weights do not sum to 1."""
    sequences, linear = torch.randn(2, 9, 4, dtype=torch.float64), torch.nn.Linear(4, 3).double()
    where = [(row, segment) for row in (0, 1) for segment in PASSING[:-3] if segment[0] <= 8]
    first = linear(pool(sequences, where, (9, 9), bins=16, form="released"))
    torch.testing.assert_close(first, pool(linear(sequences), where, (9, 9), bins=16, form="released"))


@pytest.mark.parametrize("form", ["exact", "released"])
def test_no_segments(form):
    found = roi_pool(torch.randn(2, 9, 4), torch.zeros(0, dtype=torch.long), torch.zeros(0, 2), torch.tensor([9, 9]),
                     bins=16, form=form)  # fmt: skip
    assert found.shape == (0, 4)
