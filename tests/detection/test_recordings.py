import json
import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest

from react_tad.data.rescaling import rescale
from react_tad.data.windows import WindowIndex
from react_tad.detection.recordings import (
    OpenedRecordings,
    RecordingError,
    Wanted,
    index_windows,
    open_arrays,
    open_files,
)
from react_tad.detection.time_base import TimeBase
from react_tad.params.windows import Windows
from small import CLASSES, WINDOWS, split

HALF_A_SECOND = {"seconds_per_snippet": 0.5, "first_center_seconds": 0.25}
WANTED = Wanted(dimension=6, dtype="float32", time=HALF_A_SECOND, rescaled_to=None, source={}, dataset="toy")
NOTHING = TimeBase()
RANDOM = np.random.default_rng(3)


def save(path, array=None):
    """Write an array, of 20 snippets if none is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, RANDOM.normal(size=(20, 6)) if array is None else array)
    return path


def refused(message, *paths, wanted=WANTED, said=NOTHING):
    with pytest.raises(RecordingError, match=f"(?s){message}") as caught:
        open_files(paths, wanted, said)
    return str(caught.value).splitlines()


def numbers(recordings, wanted=WANTED):
    """Every recording as the network sees it."""
    store = OpenedRecordings(recordings, wanted)
    return {name: store[name] for name in store}


class TestFiles:
    def test_npy_files_hdf5_files_and_folders_of_them(self, tmp_path):
        arrays = {name: RANDOM.normal(size=(length, 6)) for name, length in (("a", 20), ("b", 3), ("c", 40), ("d", 1))}
        save(tmp_path / "folder/b.npy", arrays["b"])
        save(tmp_path / "folder/a.npy", arrays["a"].astype(np.float64))
        with h5py.File(tmp_path / "folder/more.h5", "w") as file:
            file["c"] = arrays["c"]
        save(tmp_path / "d.npy", arrays["d"])
        (tmp_path / "folder/notes.txt").write_text("not features")
        found = open_files([tmp_path / "d.npy", tmp_path / "folder"], WANTED, NOTHING)
        assert [recording.video for recording in found] == ["d", "a", "b", "c"]
        for name, array in numbers(found).items():
            np.testing.assert_array_equal(array, arrays[name].astype(np.float32), strict=True)

    def test_integers_are_numbers(self, tmp_path):
        whole = RANDOM.integers(-9, 9, (20, 6))
        (array,) = numbers(open_files([save(tmp_path / "a.npy", whole)], WANTED, NOTHING)).values()
        np.testing.assert_array_equal(array, whole.astype(np.float32), strict=True)

    def test_what_lies_in_another_order_in_its_file_is_the_same(self, tmp_path):
        array = RANDOM.normal(size=(20, 6))
        save(tmp_path / "a.npy", np.asfortranarray(array))
        (found,) = numbers(open_files([tmp_path / "a.npy"], WANTED, NOTHING)).values()
        np.testing.assert_array_equal(found, array.astype(np.float32))

    def test_times_are_beside_a_file_or_given(self, tmp_path):
        for name in "abc":
            save(tmp_path / f"{name}.npy")
        (tmp_path / "b.json").write_text(json.dumps({"seconds_per_snippet": 0.2, "duration": 3.5}))
        a, b, _ = open_files([tmp_path], WANTED, NOTHING)
        assert (a.time.seconds_per_snippet, a.time.first_center_seconds, a.time.duration) == (0.5, 0.25, 10.0)
        assert (b.time.seconds_per_snippet, b.time.first_center_seconds, b.time.duration) == (0.2, 0.1, 3.5)
        _, b, c = open_files([tmp_path], WANTED, TimeBase(0.3))
        assert (b.time.seconds_per_snippet, b.time.duration) == (0.3, 3.5)
        assert c.time.duration == pytest.approx(6.0)

    def test_features_are_rescaled_where_the_models_are(self, tmp_path):
        array = RANDOM.normal(size=(33, 6))
        wanted = replace(WANTED, rescaled_to=10, time=None)
        (found,) = open_files([save(tmp_path / "a.npy", array)], wanted, TimeBase(duration=66.0))
        np.testing.assert_array_equal(numbers([found], wanted)["a"], rescale(array, 10), strict=True)
        assert (found.time.seconds_per_snippet, found.time.first_center_seconds) == (6.6, 3.3)

    def test_features_are_rounded_where_the_models_are(self, tmp_path):
        array = RANDOM.normal(size=(20, 6))
        wanted = replace(WANTED, dtype="float16")
        (found,) = numbers(open_files([save(tmp_path / "a.npy", array)], wanted, NOTHING), wanted).values()
        expected = array.astype(np.float32).astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(found, expected, strict=True)


class TestFaults:
    def test_another_dimension(self, tmp_path):
        save(tmp_path / "a.npy", np.zeros((20, 7)))
        refused(r"a\.npy: video 'a': an array \[20, 7\]; the model wants \[snippets, 6\]$", tmp_path / "a.npy")

    def test_a_transposed_array_says_so(self, tmp_path):
        save(tmp_path / "a.npy", np.zeros((6, 20)))
        refused(
            r"a\.npy: video 'a': an array \[6, 20\]; .*\[dimension, snippets\]; transpose it \(array\.T\)",
            tmp_path / "a.npy",
        )
        save(tmp_path / "square.npy", np.zeros((6, 6)))
        assert len(open_files([tmp_path / "square.npy"], WANTED, NOTHING)) == 1, "nobody can tell"

    @pytest.mark.parametrize("shape", [(20,), (2, 20, 6), ()])
    def test_another_number_of_axes(self, tmp_path, shape):
        save(tmp_path / "a.npy", np.zeros(shape))
        refused(r"a\.npy: video 'a': an array of float64 \[.*\]; it should be of numbers", tmp_path / "a.npy")

    def test_no_snippets(self, tmp_path):
        save(tmp_path / "a.npy", np.zeros((0, 6)))
        refused(r"a\.npy: video 'a': .*\[0, 6\]", tmp_path / "a.npy")

    def test_an_empty_file(self, tmp_path):
        (tmp_path / "a.npy").touch()
        (tmp_path / "b.h5").touch()
        lines = refused(r"a\.npy: video 'a': not a whole \.npy file", tmp_path / "a.npy", tmp_path / "b.h5")
        assert "b.h5 is not a whole HDF5 file" in lines[1]

    def test_nothing_in_a_folder(self, tmp_path):
        (tmp_path / "some").mkdir()
        refused("some: no features in this folder: it is empty", tmp_path / "some")
        (tmp_path / "some/film.mp4").touch()
        refused(r"it has film\.mp4; there should be files \.npy, \.npz, \.h5", tmp_path / "some")

    def test_nothing_at_a_path(self, tmp_path):
        refused("none is not there", tmp_path / "none")

    def test_two_recordings_of_one_name(self, tmp_path):
        save(tmp_path / "x/a.npy")
        save(tmp_path / "y/a.npy")
        refused(
            r"y/a\.npy: video 'a': this name is taken by .*x/a\.npy: video 'a'", tmp_path / "x/a.npy", tmp_path / "y"
        )

    def test_a_signal_where_features_are_wanted(self, tmp_path):
        (tmp_path / "a.csv").write_text("1,2,3,4,5,6\n")
        refused(r"a\.csv: the model wants features, \[snippets, 6\], as \.npy or HDF5: .*'toy'", tmp_path / "a.csv")

    def test_one_duration_for_several(self, tmp_path):
        save(tmp_path / "a.npy")
        save(tmp_path / "b.npy")
        refused("a duration of 9 s is given for 2 recordings", tmp_path, said=TimeBase(duration=9.0))

    def test_no_time_at_all(self, tmp_path):
        save(tmp_path / "a.npy")
        refused(r"a\.npy: video 'a': when were its snippets", tmp_path, wanted=replace(WANTED, time=None))

    def test_all_faults_are_said_at_once(self, tmp_path):
        save(tmp_path / "a.npy", np.zeros((20, 7)))
        save(tmp_path / "b.npy")
        save(tmp_path / "c.npy", np.zeros(5))
        (tmp_path / "d.npy").touch()
        (tmp_path / "e.json").write_text("{")
        save(tmp_path / "e.npy")
        lines = refused("a", tmp_path, tmp_path / "none")
        assert len(lines) == 5
        for name in ("a.npy", "c.npy", "d.npy", "e.json", "none"):
            assert sum(name in line for line in lines) == 1

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
    def test_numbers_that_are_not_finite_name_the_first_snippet(self, tmp_path, value, monkeypatch):
        monkeypatch.setattr("react_tad.detection.recordings.BLOCK_SNIPPETS", 7)
        for name in "abc":
            array = np.zeros((20, 6))
            if name != "b":
                array[9, 3] = array[15] = value
            save(tmp_path / f"{name}.npy", array)
        found = list(OpenedRecordings(open_files([tmp_path], WANTED, NOTHING), WANTED).check_numbers())
        why = "at most 3.403e+38, as float32 holds" if value == 1e39 else "finite"
        assert [line.partition(": video ")[2] for line in found] == [
            f"'{name}', snippet 9: a feature is {value}; all must be {why}" for name in "ac"
        ]

    def test_numbers_that_do_not_fit_half_precision(self, tmp_path):
        wanted = replace(WANTED, dtype="float16")
        found = open_files([save(tmp_path / "a.npy", np.full((20, 6), 1e6))], wanted, NOTHING)
        (line,) = OpenedRecordings(found, wanted).check_numbers()
        assert "snippet 0: a feature is inf" in line


class TestArrays:
    def test_by_name(self):
        arrays = {"a": RANDOM.normal(size=(20, 6)), "b": [[0.0] * 6] * 3}
        found = numbers(open_arrays(arrays, WANTED, NOTHING))
        assert list(found) == ["a", "b"]
        np.testing.assert_array_equal(found["a"], arrays["a"].astype(np.float32), strict=True)

    def test_faults_name_the_recording(self):
        arrays = {"a": np.zeros((6, 20)), "b": np.zeros(6), "c": np.zeros((0, 6)), "d": np.zeros((4, 6))}
        with pytest.raises(RecordingError) as caught:
            open_arrays(arrays, WANTED, NOTHING)
        lines = str(caught.value).splitlines()
        assert lines[0].startswith("recording 'a': an array [6, 20]") and lines[0].endswith("transpose it (array.T)")
        assert lines[1] == "recording 'b': an array [6]; the model wants [snippets, 6]"
        assert lines[2].endswith("and at least one snippet")
        assert len(lines) == 3


def test_windows_are_those_of_the_workflow(tiny):
    """Where they are; what is annotated in them is not known."""
    store, index = split(tiny, "test")
    arrays = {name: store[name] for name in store}
    opened = OpenedRecordings(open_arrays(arrays, WANTED, NOTHING), WANTED)
    found = index_windows(opened, CLASSES, Windows(**WINDOWS))
    assert isinstance(found, WindowIndex)
    places = [(window.video, window.first, window.length) for window in index.windows]
    assert [(window.video, window.first, window.length) for window in found.windows] == places
    assert not any(len(window.labels) for window in found.windows)


READS_A_DAY = """
import resource, sys
from pathlib import Path
from react_tad.detection.recordings import *
from react_tad.detection.time_base import TimeBase
wanted = Wanted(128, "float32", {"seconds_per_snippet": 0.5, "first_center_seconds": 0.5}, None, {}, "toy")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store = OpenedRecordings(open_files([Path(sys.argv[1])], wanted, TimeBase()), wanted)
assert list(store.check_numbers()) == []
for first in range(0, len(store.recordings["day"].features) - 128, 32):
    store.slice("day", first, 128)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_day_is_read_in_the_memory_of_a_window(tmp_path):
    """172,800 snippets of 128 numbers are 84 MiB; less than a fifth of it is ever there, mapped pages included."""
    array = np.lib.format.open_memmap(tmp_path / "day.npy", "w+", np.float32, (172_800, 128))
    array[:] = 1
    array.flush()
    del array
    done = subprocess.run(
        [sys.executable, "-c", READS_A_DAY, str(tmp_path / "day.npy")], capture_output=True, text=True, check=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 172_800 * 128 * 4 / 5
