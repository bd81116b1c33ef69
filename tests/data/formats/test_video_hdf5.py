import h5py
import numpy as np
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import video_hdf5

NAMES = ["v_plain", "v_with space", 'v_it\'s "quoted"', "v_Ärger über Öl", "v_手を振る", "v_dots.in.it"]


@pytest.fixture
def write(tmp_path):
    """Function that writes an HDF5 file from what should be in it."""

    def make(entries, name="features.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            for key, value in entries.items():
                file[key] = value
        return tmp_path / name

    return make


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int16"])
def test_what_is_in_the_file_is_read(write, dtype):
    arrays = {name: (np.arange(6 * number).reshape(-1, 3) % 7).astype(dtype) for number, name in enumerate(NAMES, 1)}
    found = video_hdf5.features(write(arrays | {"other": np.zeros(3)}), prefix="v_")
    assert found.keys() == {name.removeprefix("v_") for name in NAMES}
    for name, array in arrays.items():
        lazy = found[name.removeprefix("v_")]
        assert lazy.shape == array.shape
        np.testing.assert_array_equal(np.asarray(lazy), array)


def test_the_layout_of_the_activitynet_challenge(write):
    """A group a video, which holds one data set."""
    array = np.random.default_rng(0).normal(size=(4, 500))
    found = video_hdf5.features(write({"v_a/c3d_features": array}), prefix="v_")
    np.testing.assert_array_equal(np.asarray(found["a"]), array)


def test_numbers_are_not_read_before_they_are_asked_for(write):
    lazy = video_hdf5.features(write({"a": np.ones((2, 3))}))["a"]
    write({"a": np.full((2, 3), 5.0)})
    np.testing.assert_array_equal(np.asarray(lazy), np.full((2, 3), 5))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones(3), r"float64 \[3\]; it should be of numbers \[snippets, dimension\]"),
        (np.ones((0, 3)), "should be of numbers"),
        (np.ones((1, 2, 3)), "should be of numbers"),
        (np.ones((2, 3), complex), "should be of numbers"),
        (np.array([[b"a", b"b"]]), "should be of numbers"),
        ("a text", "should be of numbers"),
    ],
)
def test_what_is_no_array_of_numbers_names_file_and_video(write, value, message):
    with pytest.raises(FeatureError, match=rf"features\.h5: video 'a': .*{message}"):
        video_hdf5.features(write({"a": value}))


def test_a_group_of_several_is_an_error(write):
    with pytest.raises(FeatureError, match=r"video 'a': a group of 2, \[.audio., .rgb.\]; it should hold one"):
        video_hdf5.features(write({"a/rgb": np.ones((2, 3)), "a/audio": np.ones((2, 3))}))


def test_another_kind_of_file_and_an_empty_one_are_errors(tmp_path, write):
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(FeatureError, match=r"text\.h5 is not a whole HDF5 file"):
        video_hdf5.features(tmp_path / "text.h5")
    with pytest.raises(FeatureError, match=r"no data set v_VIDEO in it"):
        video_hdf5.features(write({"a": np.ones((2, 3))}), prefix="v_")


def test_a_truncated_file_is_an_error(write):
    path = write({"a": np.ones((200, 30))})
    path.write_bytes(path.read_bytes()[:-9000])
    with pytest.raises(FeatureError, match=r"features\.h5 is not a whole HDF5 file"):
        video_hdf5.features(path)


RGB, FLOW = np.arange(12.0).reshape(4, 3), np.arange(10.0).reshape(5, 2)
BOTH = np.concatenate([RGB, FLOW[:4]], axis=1)


@pytest.mark.parametrize("prefix", ["", "v_"])
@pytest.mark.parametrize("layout", ["{video}/{stream}", "{stream}/{video}"])
def test_rgb_and_flow_are_joined_in_that_order(write, layout, prefix):
    """Whether streams are in groups of videos, or videos in groups of streams."""
    streams = {"flow": FLOW, "rgb": RGB}
    entries = {
        layout.format(video=f"{prefix}{video}", stream=stream): array[: 4 - number] if video == "b" else array
        for number, video in enumerate("ab")
        for stream, array in streams.items()
    }
    found = video_hdf5.features(write(entries), prefix=prefix)
    assert {video: (lazy.shape, lazy.cut) for video, lazy in found.items()} == {
        "a": ((4, 5), True),
        "b": ((3, 5), False),
    }
    np.testing.assert_array_equal(np.asarray(found["a"]), BOTH)
    np.testing.assert_array_equal(np.asarray(found["b"]), BOTH[:3])


def test_a_group_with_features_beside_others(write):
    found = video_hdf5.features(write({"a/features": RGB, "a/fps": 25.0, "b/rgb": RGB, "b/flow": FLOW, "b/fps": 25.0}))
    np.testing.assert_array_equal(np.asarray(found["a"]), RGB)
    np.testing.assert_array_equal(np.asarray(found["b"]), BOTH)


@pytest.mark.parametrize(("entries", "expected"), [({"features": RGB}, RGB), ({"rgb": RGB, "flow": FLOW}, BOTH)])
def test_a_file_of_one_video_is_called_as_the_video(write, entries, expected):
    found = video_hdf5.features(write(entries, "v_Öl.h5"), prefix="v_")
    assert list(found) == ["Öl"]
    np.testing.assert_array_equal(np.asarray(found["Öl"]), expected)
    with pytest.raises(FeatureError, match=r"other\.h5: its name should be 'v_' and that of a video"):
        video_hdf5.features(write(entries, "other.h5"), prefix="v_")


def test_groups_of_streams_that_differ_in_videos_or_lengths_are_errors(write):
    with pytest.raises(FeatureError, match=r"features\.h5, group 'flow': no features of 1 video \('b'\)"):
        video_hdf5.features(write({"rgb/a": RGB, "flow/a": FLOW, "rgb/b": RGB}))
    with pytest.raises(FeatureError, match=r"video 'a': snippets: .*'rgb' 4, .*'flow' 2; streams of one video may"):
        video_hdf5.features(write({"rgb/a": RGB, "flow/a": FLOW[:2]}))


def test_names_without_the_prefix_are_told(write):
    with pytest.raises(FeatureError, match=r"no data set v_VIDEO in it; .*2 names \('a', 'b'\)\. The option"):
        video_hdf5.features(write({"a": RGB, "b": RGB}), prefix="v_")


def test_all_that_is_wrong_is_named_at_once(write):
    with pytest.raises(FeatureError) as error:
        video_hdf5.features(write({"a": np.ones(3), "b": RGB, "c/x": RGB, "c/y": RGB}))
    assert "video 'a': an array of float64 [3]" in str(error.value)
    assert "video 'c': a group of 2, ['x', 'y']; it should hold one array" in str(error.value)
