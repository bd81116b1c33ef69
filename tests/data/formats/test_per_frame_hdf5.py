import h5py
import numpy as np
import pytest

from react_tad.data.formats import per_frame_hdf5
from react_tad.data.formats.per_frame_hdf5 import open_per_frame


@pytest.fixture
def files(tmp_path):
    """Function that writes two streams from {video: (array of RGB, array of flow)}; None leaves one out."""

    def write(videos):
        paths = [tmp_path / "rgb.h5", tmp_path / "flow.h5"]
        for number, path in enumerate(paths):
            with h5py.File(path, "w") as file:
                for name, arrays in videos.items():
                    if arrays[number] is not None:
                        file[name] = arrays[number]
        return paths

    return write


@pytest.mark.parametrize("block", [1, 2, 7, 256])
@pytest.mark.parametrize("step", [1, 5, 8])
def test_the_frames_are_0_step_and_so_on(files, monkeypatch, step, block):
    monkeypatch.setattr(per_frame_hdf5, "BLOCK_SNIPPETS", block)
    random = np.random.default_rng(0)
    for frames in (1, 4, 5, 6, 40, 41, 44):
        rgb, flow = random.standard_normal((frames + 1, 3)), random.standard_normal((frames, 2))
        videos, problems = open_per_frame(files({"a": (rgb, flow)}), step=step)
        expected = [[*rgb[frame], *flow[frame]] for frame in range(0, frames, step)]
        assert problems == []
        assert videos["a"].shape == (len(expected), 5) == (-(-frames // step), 5)
        np.testing.assert_array_equal(np.asarray(videos["a"]), np.array(expected, np.float32))


def test_either_stream_may_be_the_longer_one_by_one_frame_only(files):
    long, short, shorter = (np.zeros((frames, 2)) for frames in (12, 11, 10))
    videos, problems = open_per_frame(files({"a": (short, long), "b": (long, short), "c": (long, shorter)}), step=5)
    assert {name: item.shape for name, item in videos.items()} == {"a": (3, 4), "b": (3, 4)}
    assert [(problem.video, problem.found) for problem in problems] == [("c", "frames: rgb.h5 12, flow.h5 10")]


def test_what_is_missing_or_no_features_is_named(files):
    good = np.zeros((6, 2))
    videos, problems = open_per_frame(
        files(
            {"a": (good, good), "b": (good, None), "c": (None, good), "d": (np.zeros(6), good), "e": (good, good[:0])}
        ),
        step=5,
    )
    assert list(videos) == ["a"]
    assert {
        (problem.video, problem.file.rpartition("/")[2], problem.found.partition(";")[0]) for problem in problems
    } == {
        ("b", "flow.h5", "no features"),
        ("c", "rgb.h5", "no features"),
        ("d", "rgb.h5", "features: an array of float64 [6]"),
        ("e", "flow.h5", "features: an array of float64 [0, 2]"),
    }


def test_a_file_that_is_no_hdf5_is_named(files):
    paths = files({"a": (np.zeros((6, 2)),) * 2})
    paths[1].write_bytes(paths[1].read_bytes()[:100])
    with pytest.raises(ValueError, match=r"flow\.h5 is not a whole HDF5 file"):
        open_per_frame(paths, step=5)


def test_half_precision_files_are_read_too(files):
    numbers = np.linspace(0, 3, 12, dtype=np.float16).reshape(6, 2)
    videos, _ = open_per_frame(files({"a": (numbers, numbers)}), step=5)
    assert np.asarray(videos["a"]).dtype == np.float32
    np.testing.assert_array_equal(np.asarray(videos["a"])[:, :2], numbers[::5])
