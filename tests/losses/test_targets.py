import torch

from small import targets

from .made import LAYERS, PAIRS, QUERIES, WINDOWS, match_of


def test_instances_know_their_window():
    made = targets([[(0.5, 0.1, 0), (0.2, 0.1, 1)], [], [(0.5, 0.5, 2)]])
    assert made.window.tolist() == [0, 0, 2]
    assert made.normaliser == 3


def test_nothing_is_divided_by_zero():
    empty = targets([[], []])
    assert empty.window.tolist() == []
    assert empty.normaliser == 1
    assert empty.segments.shape == (0, 2)
    assert empty.to(torch.device("cpu")).counts == (0, 0)


def test_what_matched_queries_say():
    """Number ``100 layer + 10 window + query`` of each query, in the order of the pairs."""
    match = match_of(PAIRS)
    numbers = 100 * torch.arange(LAYERS)[:, None, None] + 10 * torch.arange(WINDOWS)[:, None] + torch.arange(QUERIES)
    assert match.of(numbers).tolist() == [[3, 1, 20], [102, 100, 123]]
    assert match.of(torch.stack((numbers, -numbers), dim=-1))[1].tolist() == [[102, -102], [100, -100], [123, -123]]


def test_pairs_of_some_layers():
    match = match_of(PAIRS)
    last = match[-1:]
    assert (last.window.tolist(), last.query.tolist(), last.instance.tolist()) == (
        [[0, 0, 2]],
        [[2, 0, 3]],
        [[1, 0, 2]],
    )
    assert match[0:].query.tolist() == match.query.tolist()


def test_pairs_are_counted_by_layer():
    assert match_of(PAIRS).pairs == 3
    assert match_of([[[]], [[]]], (0,)).pairs == 1, "something is divided by them"
