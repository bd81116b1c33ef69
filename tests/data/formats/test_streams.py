import numpy as np
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats.streams import OwnFeatures, choose, cut_note, join_videos


def stream(dimension, **lengths):
    """Features that count."""
    arrays = {video: np.arange(n * dimension, dtype=float).reshape(n, dimension) for video, n in lengths.items()}
    return {video: OwnFeatures(array.shape, lambda array=array: array) for video, array in arrays.items()}


def test_videos_are_joined_in_the_order_of_the_streams():
    for names in (("rgb", "flow"), ("flow", "rgb")):
        of = {"rgb": stream(3, a=5, b=4), "flow": stream(2, b=4, a=5)}
        joined = join_videos({name: of[name] for name in names})
        for video in "ab":
            expected = np.concatenate([np.asarray(of[name][video]) for name in names], axis=1)
            assert joined[video].shape == expected.shape
            np.testing.assert_array_equal(np.asarray(joined[video]), expected)
        assert cut_note(joined.values()) == []


def test_one_snippet_of_difference_is_cut_and_counted_whichever_is_longer():
    joined = join_videos(
        {"rgb": stream(3, a=5, b=4, c=7), "flow": stream(2, a=4, b=5, c=7), "x": stream(1, a=5, b=5, c=7)}
    )
    assert {video: lazy.shape for video, lazy in joined.items()} == {"a": (4, 6), "b": (4, 6), "c": (7, 6)}
    assert all(np.asarray(lazy).shape == lazy.shape for lazy in joined.values())
    assert cut_note(joined.values()) == ["streams that differ by one snippet, cut to the shorter: 2 of 3 videos"]


def test_more_is_an_error_that_names_all():
    with pytest.raises(FeatureError) as error:
        join_videos({"rgb": stream(3, a=5, b=4, c=7), "flow": stream(2, a=3, b=4, c=9)})
    assert str(error.value).splitlines() == [
        "video 'a': snippets: rgb 5, flow 3; streams of one video may differ by 1",
        "video 'c': snippets: rgb 7, flow 9; streams of one video may differ by 1",
    ]


def test_videos_that_are_not_in_all_streams_are_named_at_once():
    with pytest.raises(FeatureError) as error:
        join_videos({"rgb": stream(3, a=5, b=4), "flow": stream(2, a=5, c=4, d=4)})
    assert "rgb: no features of 2 videos ('c', 'd'), of which there are some in flow" in str(error.value)
    assert "flow: no features of 1 video ('b'), of which there are some in rgb" in str(error.value)


def test_of_many_faults_the_first_are_told():
    names = {f"v{number}": 5 for number in range(100)}
    with pytest.raises(FeatureError, match=r"and 80 more$"):
        join_videos({"rgb": stream(1, **names), "flow": stream(1, **dict.fromkeys(names, 9))})


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["x"], ("x",)),
        (["flow", "rgb"], ("rgb", "flow")),
        (["flow", "fps", "rgb"], ("rgb", "flow")),
        (["features", "fps"], ("features",)),
        (["features", "rgb", "flow"], ()),
        (["features", "rgb"], ()),
        (["x", "y"], ()),
        ([], ()),
    ],
)
def test_the_arrays_of_one_video(names, chosen):
    assert choose(names) == chosen
