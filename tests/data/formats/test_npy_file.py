import io

import numpy as np
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import npy_file

WHERE = "a.npy: video 'a'"


def written(array, path):
    np.save(path, array, allow_pickle=True)
    return path


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int16", ">f4", "uint8", "int64"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(1, 3), (7, 3), (5, 1)])
def test_what_is_in_the_file_is_read(tmp_path, dtype, order, shape):
    array = np.asarray(np.arange(np.prod(shape)).reshape(shape) % 7, dtype, order=order)
    lazy = npy_file.features(written(array, tmp_path / "a.npy"), WHERE)
    assert lazy.shape == array.shape
    np.testing.assert_array_equal(np.asarray(lazy), array)
    content = (tmp_path / "a.npy").read_bytes()
    lazy = npy_file.features_of_member(lambda: io.BytesIO(content), len(content), tmp_path / "a.zip", WHERE)
    np.testing.assert_array_equal(np.asarray(lazy), array)


def test_numbers_are_not_read_before_they_are_asked_for(tmp_path):
    lazy = npy_file.features(written(np.ones((2, 3)), tmp_path / "a.npy"), WHERE)
    written(np.full((2, 3), 5.0), tmp_path / "a.npy")
    np.testing.assert_array_equal(np.asarray(lazy), np.full((2, 3), 5))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones(3), r"float64 \[3\]; it should be of numbers \[snippets, dimension\], such as \[1, dimension\]"),
        (np.float32(3), r"float32 \[\]; it should be"),
        (np.ones((0, 3)), r"\[0, 3\]"),
        (np.ones((3, 0)), r"\[3, 0\]"),
        (np.ones((1, 2, 3)), r"\[1, 2, 3\]; .*: numpy.squeeze takes axes of length 1 away"),
        (np.ones((4, 2, 3)), r"\[4, 2, 3\]; it should be of numbers \[snippets, dimension\]$"),
        (np.array([["a", "b"]]), r"<U1 \[1, 2\], texts"),
        (np.array([[b"a", b"b"]]), r"\|S1 \[1, 2\], texts"),
        (np.ones((2, 3), complex), "complex128.*, complex numbers"),
        (np.ones((2, 3), bool), "bool .*, booleans"),
        (np.ones((2, 3), "timedelta64[s]"), r"timedelta64\[s\] .*, durations"),
        (np.ones((2, 3), "datetime64[s]"), r"datetime64\[s\] .*, dates"),
        (np.ones((2, 3), np.longdouble), "numbers of more than 64 bits"),
        (np.ones((2, 3), [("x", "f4")]), "records"),
        (np.array([[None, 1]]), "it holds Python objects, which are never read"),
    ],
)
def test_what_is_no_array_of_numbers_says_what_it_is(tmp_path, array, message):
    with pytest.raises(FeatureError, match=rf"a\.npy: video 'a': .*{message}"):
        npy_file.features(written(array, tmp_path / "a.npy"), WHERE)


@pytest.mark.parametrize("keep", [0, 20, -4])
def test_a_file_that_is_not_whole_is_an_error(tmp_path, keep):
    content = written(np.ones((2, 3)), tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:keep])
    with pytest.raises(FeatureError, match=r"a\.npy: video 'a': not a whole \.npy file"):
        npy_file.features(tmp_path / "a.npy", WHERE)


def test_two_arrays_in_one_file_are_an_error(tmp_path):
    with open(tmp_path / "a.npy", "wb") as handle:
        np.save(handle, np.ones((2, 3)))
        np.save(handle, np.ones((2, 3)))
    with pytest.raises(FeatureError, match=r"352 bytes, where float64 \[2, 3\] makes 176; was numpy.save called twice"):
        npy_file.features(tmp_path / "a.npy", WHERE)


def header(shape, *, descr="<f4", version=1, declared=None):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode() + b"\n"
    length = (len(text) if declared is None else declared).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + length + text + bytes(64)


@pytest.mark.parametrize(
    "content",
    [
        header("(1000000000000, 2048)"),
        header(f"({10**400}, 4)"),
        header(f"({10**4000}, {10**4000})"),
        header("(-4, -4)"),
        header("(4, -4)"),
        header("(True, 16)"),
        header("(" * 3000),
        header("-" * 9900 + "1"),
        header("[" * 99 + "]" * 99),
        header("(1+1, 4)"),
        header("(4, 4)", declared=60_000),
        header("(4, 4)", version=2, declared=2**32 - 1),
        header("(4, 4)", version=3),
        header("(4, 4)", descr="|O"),
        header("(4, 4)", descr="nothing"),
        header("(4, 4)", descr="<f4, <f4"),
    ],
)
def test_a_header_that_cannot_be_is_an_error(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FeatureError, match=r"^a\.npy: video 'a': ") as error:
        npy_file.features(tmp_path / "a.npy", WHERE)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 and so on", r"it is a zip archive, as \.npz files are"),
        (b"\x80\x04\x95 and so on", "it is a pickle, which is never read"),
        (b"\x89HDF\r\n\x1a\n and so on", "it is an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<!DOCTYPE html>", "a page of HTML"),
        (bytes(300), "a file of zeros"),
        (b"", "an empty file"),
    ],
)
def test_another_kind_of_file_is_called_what_it_is(tmp_path, content, message):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FeatureError, match=message):
        npy_file.features(tmp_path / "a.npy", WHERE)
