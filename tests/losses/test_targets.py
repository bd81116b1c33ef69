import torch

from small import targets


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
