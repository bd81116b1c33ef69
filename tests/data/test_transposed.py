"""Shapes are all that is looked at."""

import pytest

from react_tad.data.features import FeatureError
from react_tad.data.transposed import check_orientation


def shaped(*shapes):
    return {f"v{number}": shape for number, shape in enumerate(shapes)}


def test_snippets_that_vary_and_one_dimension_are_fine():
    for shapes in ([(3, 8), (5, 8), (9, 8)], [(3, 8)], [(8, 3), (8, 5)], [(100, 400)] * 5, [(7, 8), (7, 8), (2, 8)]):
        assert check_orientation(shaped(*shapes), "own") == []


@pytest.mark.parametrize("rest", [[], [(4, 64)], [(64, 40)]])
def test_a_first_axis_that_is_the_same_in_all_or_most_videos_is_refused(rest):
    with pytest.raises(FeatureError, match=r"own: the first axis is 64 in \d of \d videos.*look like \[dimension"):
        check_orientation(shaped((64, 40), (64, 50), (64, 31), *rest), "own")


def test_a_few_that_are_turned_are_named():
    with pytest.raises(FeatureError, match=r"the first in 1 video \('v3'\), which look like .*; transpose those"):
        check_orientation(shaped((40, 64), (50, 64), (31, 64), (64, 22)), "own")


def test_another_dimension_is_left_to_others():
    assert check_orientation(shaped((40, 64), (50, 64), (31, 64), (22, 32)), "own") == []


def test_shapes_that_are_all_the_same_are_pointed_out_where_they_are_long():
    (note,) = check_orientation(shaped(*[(400, 100)] * 4), "own")
    assert "all 4 videos have the shape [400, 100]: read as 400 snippets of 100 features; is it not" in note
