import pytest

from react_tad.data.prefixes import advice


@pytest.mark.parametrize(
    ("videos", "found", "prefix", "text"),
    [
        ("a b c", "v_a v_b x", "", "With the option prefix: 'v_', 2 of these 3 videos would have some"),
        ("a b", "v_x_a v_x_b", "", "With the option prefix: 'v_x_', 2 of these 2 videos"),
        ("a b", "x_a x_b", "v_", "With the option prefix: 'v_x_', 2 of these 2 videos"),
        ("v_a v_b", "a b", "v_", "With the option prefix: '', 2 of these 2 videos"),
        ("v_a v_b", "a b", "", "Without 'v_' before their names, 2 of these 2 videos"),
        ("a b", "a_rgb b_rgb", "", "go on with '_rgb' in 2 of these 2 videos; rename"),
        ("Abc", "aBC", "", "But for large and small letters, 1 of these 1 videos"),
    ],
)
def test_names_that_nearly_fit(videos, found, prefix, text):
    assert text in advice(videos.split(), found.split(), prefix)


def test_other_names_and_none_say_nothing():
    assert advice(["abc"], ["xyz"]) == advice([], []) == advice(["a"], []) == ""


def test_20_000_names_take_no_time():
    videos = [f"video number {number:06d} of a data set" for number in range(20_000)]
    assert "'v_', 20000 of these 20000" in advice(videos, [f"v_{video}" for video in videos])
