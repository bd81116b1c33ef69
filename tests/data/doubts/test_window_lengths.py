"""Instances longer than a window or shorter than a snippet, counted by hand."""

import pytest

from react_tad.data.doubts.window_lengths import doubtful_lengths, remarkable_lengths

WINDOWS = {"length": 256, "min_inside": 0.75, "seconds": 0.5}


def test_instances_that_no_window_holds():
    """300 x 0.75 lies in one window, 400 x 0.75 = 300 does not."""
    (found,) = doubtful_lengths([10] * 8 + [300, 400], **WINDOWS)
    assert found == (
        "2 of 10 instances (20.0%) are longer than a window of 256 snippets (128 s), and 1 have less than 75% in any. "
        "windows.length: 256 -> 400 would hold all"
    )


def test_one_very_long_instance_does_not_decide():
    (found,) = doubtful_lengths([10.0] * 200 + [299.5] * 20 + [5000.0], **WINDOWS)
    assert "windows.length: 256 -> 300 would hold 99%, and 5000 would hold all" in found


def test_instances_shorter_than_a_snippet():
    (found,) = doubtful_lengths([0.25, 0.5, 1, 2], **WINDOWS)
    assert found.startswith("2 of 4 instances (50.0%) are shorter than one snippet (0.5 s), the shortest 0.25 of one")


@pytest.mark.parametrize("odd", [300, 0.5])
def test_few_are_counted_and_are_no_doubt(odd):
    lengths = [10.0] * 99 + [odd]
    assert list(doubtful_lengths(lengths, **WINDOWS)) == []
    assert len(list(remarkable_lengths(lengths, **WINDOWS))) == 1


def test_instances_that_fit_are_silent():
    lengths = [1, 5, 256]
    assert not list(doubtful_lengths(lengths, **WINDOWS)) and not list(remarkable_lengths(lengths, **WINDOWS))
