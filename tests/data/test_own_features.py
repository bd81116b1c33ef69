"""Places of features: what is read, joined, recorded and refused."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from react_tad.data import own_features
from react_tad.data.features import FeatureError
from react_tad.data.own_features import open_recordings
from react_tad.data.own_files import OwnFileError


@pytest.fixture
def arrays():
    """Features of two recordings."""
    random = np.random.default_rng(0)
    return {"a": random.normal(size=(5, 3)).astype(np.float32), "b": random.normal(size=(7, 3)).astype(np.float32)}


def save(folder, arrays, suffix=".npy"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        if suffix == ".npz":
            np.savez(folder / f"{name}.npz", array)
        elif suffix == ".npy":
            np.save(folder / f"{name}.npy", array)
        else:
            with h5py.File(folder / f"{name}{suffix}", "w") as file:
                file["features"] = array
    return folder


def assert_same(found, arrays):
    assert sorted(found) == sorted(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        np.testing.assert_array_equal(np.asarray(found[name]), array)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".h5"])
def test_a_folder_and_files_of_every_kind(tmp_path, arrays, suffix):
    folder = save(tmp_path, arrays, suffix)
    assert_same(open_recordings([folder]), arrays)
    paths = [folder / f"{name}{suffix}" for name in arrays]
    found = open_recordings(paths)
    assert_same(found, arrays)
    assert [lazy.files for lazy in found.values()] == [(path,) for path in paths]


def test_one_hdf5_file_of_many_recordings(tmp_path, arrays):
    with h5py.File(tmp_path / "all.h5", "w") as file:
        for name, array in arrays.items():
            file[f"v_{name}"] = array
    assert_same(open_recordings([tmp_path / "all.h5"], prefix="v_"), arrays)
    assert_same(open_recordings([tmp_path], prefix="v_"), arrays)


def test_a_recording_in_two_paths_is_an_error(tmp_path, arrays):
    one, two = save(tmp_path / "one", arrays), save(tmp_path / "two", {"b": arrays["b"]}, ".npz")
    with pytest.raises(FeatureError, match=r"'b' is in .*one/b\.npy and in .*two/b\.npz; give one of them"):
        open_recordings([one, two])


def test_numbers_are_checked_when_they_are_read(tmp_path, arrays):
    arrays["a"][3, 1] = np.nan
    found = open_recordings([save(tmp_path, arrays)])
    with pytest.raises(FeatureError, match=r"a\.npy: video 'a', snippet 3: a feature is nan; all must be finite"):
        np.asarray(found["a"])
    np.asarray(found["b"])


def test_numbers_that_float32_cannot_hold_are_refused(tmp_path):
    found = open_recordings([save(tmp_path, {"a": np.array([[1.0], [-1e39]]), "b": np.array([[-3e38]])})])
    with pytest.raises(FeatureError, match=r"snippet 1: a feature is -1e\+39; all must be at most 3\.403e\+38"):
        np.asarray(found["a"])
    np.asarray(found["b"])


def test_a_long_recording_takes_no_memory(tmp_path):
    """256 MB of zeros, in a process of their own."""
    snippets, dimension = 2**16, 1024
    with open(tmp_path / "a.npy", "wb") as handle:
        header = {"descr": "<f4", "fortran_order": False, "shape": (snippets, dimension)}
        np.lib.format.write_array_header_1_0(handle, header)
        handle.truncate(handle.tell() + snippets * dimension * 4)
    code = f"""
import resource
from pathlib import Path
from react_tad.data.own_features import open_recordings
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
features = open_recordings([Path({str(tmp_path)!r})])["a"].load()
print(features[-1, -1], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    value, kilobytes = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert value == "0.0"
    assert int(kilobytes) < 32 * 1024


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FeatureError, match="nowhere is not there; it should be a folder"):
        open_recordings([tmp_path / "nowhere"])


def test_a_file_of_another_kind_says_how_to_convert_it(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"PK\x03\x04")
    with pytest.raises(FeatureError, match=r"a\.pt is not read; .*torch\.load"):
        open_recordings([tmp_path / "a.pt"])
    np.save(tmp_path / "b.npy", np.ones((2, 3)))
    (tmp_path / "b.npy").rename(tmp_path / "b")
    with pytest.raises(FeatureError, match=r"b is a \.npy file, and not called so; rename it to VIDEO\.npy"):
        open_recordings([tmp_path / "b"])


def test_what_is_seen_does_not_say_where_it_lies(tmp_path, arrays):
    one, two = save(tmp_path / "one", arrays), save(tmp_path / "two/deep", arrays, ".h5").parent
    seen = own_features.examine([one, two], tmp_path / "memory")
    assert {name: (of["snippets"], of["dimension"]) for name, of in seen.items()} == {"a": (5, 6), "b": (7, 6)}
    moved = [one.rename(tmp_path / "1"), two.rename(tmp_path / "2")]
    assert own_features.examine(moved, tmp_path / "memory") == seen
    assert own_features.examine(moved[::-1], tmp_path / "memory") != seen, "another order is another array"
    assert own_features.names(moved) == ["a", "b"]


def test_every_stream_has_to_be_what_was_recorded(tmp_path, arrays):
    places = [save(tmp_path / "one", arrays), save(tmp_path / "two", arrays, ".npz"), tmp_path / "three.h5"]
    with h5py.File(places[2], "w") as file:
        for name, array in arrays.items():
            file[name] = array
    seen = own_features.examine(places, tmp_path / "memory")
    for change in (
        lambda: save(places[0], {"a": arrays["a"] + 1}),
        lambda: save(places[1], {"a": arrays["a"] + 1}, ".npz"),
        lambda: h5py.File(places[2], "r+")["a"].write_direct(arrays["a"] + 1),
    ):
        opened = own_features.open_features(places, ["a", "b"], listing=seen)
        np.testing.assert_array_equal(np.asarray(opened["a"]), np.tile(arrays["a"], (1, 3)))
        change()
        with pytest.raises(
            OwnFileError, match=r"one/a\.npy, .*two/a\.npz, .*three\.h5: video 'a': sha256 .*run it again"
        ):
            np.asarray(opened["a"])
        np.asarray(opened["b"])
        save(places[0], arrays)
        save(places[1], arrays, ".npz")


def test_a_place_twice_is_an_error(tmp_path, arrays):
    with pytest.raises(FeatureError, match="is given twice"):
        own_features.names([save(tmp_path, arrays)] * 2)
