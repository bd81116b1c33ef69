import unicodedata

import numpy as np
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import npy_folder

NAMES = ["plain", "with space", 'it\'s "quoted"', "Ärger über Öl", "手を振る", "dots.in.it", "$HOME; rm -rf *"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int16"])
def test_what_is_in_the_files_is_read(tmp_path, dtype):
    arrays = {name: (np.arange(6 * number).reshape(-1, 3) % 7).astype(dtype) for number, name in enumerate(NAMES, 1)}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "notes.txt").write_text("not features")
    np.save(tmp_path / ".hidden.npy", np.zeros((1, 3)))
    files = npy_folder.files(tmp_path)
    assert files.keys() == {unicodedata.normalize("NFC", name) for name in NAMES}
    for name, array in arrays.items():
        lazy = npy_folder.features(files[name], name)
        assert lazy.shape == array.shape
        np.testing.assert_array_equal(np.asarray(lazy), array)


def test_a_name_is_the_same_however_its_accents_are_written(tmp_path):
    np.save(tmp_path / (unicodedata.normalize("NFD", "Ärger") + ".npy"), np.ones((2, 3)))
    assert list(npy_folder.files(tmp_path)) == [unicodedata.normalize("NFC", "Ärger")]
    np.save(tmp_path / (unicodedata.normalize("NFC", "Ärger") + ".npy"), np.ones((2, 3)))
    with pytest.raises(FeatureError, match="are the same name; keep one of them"):
        npy_folder.files(tmp_path)


def test_a_prefix_is_taken_off(tmp_path):
    for name in ("v_a", "v_b", "c"):
        np.save(tmp_path / f"{name}.npy", np.ones((2, 3)))
    assert list(npy_folder.files(tmp_path, prefix="v_")) == ["a", "b"]


def test_files_are_not_read_before_they_are_asked_for(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    lazy = npy_folder.features(tmp_path / "a.npy", "a")
    np.save(tmp_path / "a.npy", np.full((2, 3), 5.0))
    np.testing.assert_array_equal(np.asarray(lazy), np.full((2, 3), 5))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones(3), r"float64 \[3\]; it should be of numbers \[snippets, dimension\]"),
        (np.ones((0, 3)), r"\[0, 3\]"),
        (np.ones((3, 0)), r"\[3, 0\]"),
        (np.ones((1, 2, 3)), r"\[1, 2, 3\]"),
        (np.array([["a", "b"]]), r"<U1 \[1, 2\]"),
        (np.ones((2, 3), complex), "complex128"),
        (np.ones((2, 3), bool), "bool"),
        (np.array([[None, 1]]), "not a whole .npy file of numbers"),
    ],
)
def test_what_is_no_array_of_numbers_names_file_and_video(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(FeatureError, match=rf"a\.npy: video 'a': .*{message}"):
        npy_folder.features(tmp_path / "a.npy", "a")


@pytest.mark.parametrize("keep", [0, 20, -4])
def test_a_file_that_is_not_whole_is_an_error(tmp_path, keep):
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:keep])
    with pytest.raises(FeatureError, match=r"a\.npy: video 'a': not a whole \.npy file"):
        npy_folder.features(tmp_path / "a.npy", "a")


def test_no_folder_and_no_files_are_errors(tmp_path):
    with pytest.raises(FeatureError, match="nowhere is not a folder"):
        npy_folder.files(tmp_path / "nowhere")
    with pytest.raises(FeatureError, match=r"no file v_VIDEO\.npy in it"):
        npy_folder.files(tmp_path, prefix="v_")
