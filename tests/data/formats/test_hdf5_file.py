"""What an HDF5 file can point to outside itself, and say of itself that is not so."""

import h5py
import numpy as np
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import hdf5_file, video_hdf5

NUMBERS = np.arange(80, dtype=np.float32).reshape(20, 4)


@pytest.fixture
def path(tmp_path):
    """A file that another one could point to."""
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = NUMBERS
        file["secret"] = NUMBERS
    return tmp_path / "f.h5"


def refused(path, message):
    with pytest.raises(FeatureError, match=message) as error:
        video_hdf5.features(path)
    assert "f.h5" in str(error.value)


def external_link(file):
    file["x"] = h5py.ExternalLink("other.h5", "/secret")


def soft_link_through_an_external_one(file):
    file.create_group("hidden")["door"] = h5py.ExternalLink("other.h5", "/")
    file["hidden/wall"] = NUMBERS
    file["x"] = h5py.SoftLink("/hidden/door/secret")


def external_link_in_a_group(file):
    file.create_group("x")["rgb"] = h5py.ExternalLink("other.h5", "/secret")


@pytest.mark.parametrize("write", [external_link, soft_link_through_an_external_one, external_link_in_a_group])
def test_a_link_into_another_file_is_refused(path, write):
    with h5py.File(path, "w") as file:
        write(file)
    refused(path, r"video 'x': a link to /.* in another file, other\.h5, which is not followed")


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"x": "/nothing"}, "video 'x': a link to /nothing, which is not in the file"),
        ({"x": "/y", "y": "/x"}, "video 'x': links that lead in a circle"),
        ({"x": "/a/b"}, "video 'x': a link to /a/b, which is not in the file"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(path, targets, message):
    with h5py.File(path, "w") as file:
        file["a"] = NUMBERS
        for name, target in targets.items():
            file[name] = h5py.SoftLink(target)
    refused(path, message)


def test_a_link_within_the_file_is_followed(path):
    with h5py.File(path, "w") as file:
        file["a"] = NUMBERS
        file["x"] = h5py.SoftLink("a")
        file["y"] = h5py.SoftLink("/x")
    found = video_hdf5.features(path)
    assert list(found) == ["a", "x", "y"]
    np.testing.assert_array_equal(np.asarray(found["y"]), NUMBERS)


def test_numbers_in_another_file_are_refused(path, tmp_path):
    (tmp_path / "passwords").write_bytes(NUMBERS.tobytes())
    with h5py.File(path, "w") as file:
        external = [(str(tmp_path / "passwords"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("x", shape=NUMBERS.shape, dtype="f4", external=external)
    refused(path, "video 'x': its numbers are in another file")


def test_a_virtual_data_set_is_refused(path, tmp_path):
    layout = h5py.VirtualLayout(NUMBERS.shape, "f4")
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "a", NUMBERS.shape)
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("x", layout)
    refused(path, "video 'x': a virtual data set")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (10**12, 2048)}, "of which nothing was ever written"),
        ({"shape": (10**12, 2048), "chunks": (100, 2048)}, "of whose 10000000000 chunks 0 were ever written"),
        ({"shape": (10**12, 2048), "chunks": (100, 2048), "compression": "gzip"}, "chunks 0 were ever written"),
    ],
)
def test_a_size_that_nothing_is_stored_of_is_refused(path, options, message):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", dtype="f4", **options)
    refused(path, f"video 'x': float32 .*{message}")


def test_chunks_that_were_never_written_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (20, 4), dtype="f4", chunks=(8, 4))[:10] = 1
    refused(path, "video 'x': .*of whose 3 chunks 2 were ever written")


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("numbers", [NUMBERS, np.random.default_rng(0).integers(0, 2**31, (50, 7))])
def test_every_way_to_write_numbers_is_read(path, compression, checksum, numbers):
    """Of random numbers gzip leaves chunks as they are, as they would grow."""
    options = {"chunks": (8, 3), "compression": compression, "fletcher32": checksum}
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("a", data=numbers, **options)
        file.create_dataset("b", data=numbers, **options, shuffle=True)
        file.create_dataset("c", data=numbers)
        file.create_dataset("d", data=numbers[:0], chunks=(8, 3), maxshape=(None, numbers.shape[1])).resize(
            numbers.shape
        )
        file["d"][...] = numbers
    for lazy in video_hdf5.features(path).values():
        np.testing.assert_array_equal(np.asarray(lazy), numbers)


def test_numbers_that_are_all_zero_are_read(path):
    numbers = np.zeros((20_000, 500), np.float32)
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=numbers, compression="gzip", compression_opts=9)
        file.create_dataset("b", data=numbers, compression="gzip", chunks=numbers.shape)
    assert path.stat().st_size < 400_000
    for lazy in video_hdf5.features(path).values():
        np.testing.assert_array_equal(np.asarray(lazy), numbers)


def test_a_chunk_that_lost_its_size_is_refused_where_the_library_would_end_the_process(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=NUMBERS, chunks=(8, 4), compression="gzip", fletcher32=True)
    with h5py.File(path, "r") as file:
        chunk = file["x"].id.get_chunk_info(1)
    content = bytearray(path.read_bytes())
    key = chunk.size.to_bytes(4, "little") + bytes(4) + (8).to_bytes(8, "little")
    at = content.index(key)
    content[at : at + 4] = bytes(4)
    path.write_bytes(content)
    refused(path, r"with a chunk of 0 bytes at \[8, 0\]")


def test_other_things_than_data_sets_are_called_what_they_are(path):
    with h5py.File(path, "w") as file:
        file["x"] = np.dtype("f4")
        file["y"] = h5py.Empty("f4")
        file.create_group("z/deep/down")
        file["u"] = np.ones((2, 3), bool)
        file["v"] = np.ones((2, 3), [("re", "f4"), ("x", "f4")])
        file.create_dataset("t", data=np.ones((2, 3), "m8[s]").astype(h5py.opaque_dtype(np.dtype("m8[s]"))))
        file.create_dataset("w", data=[["a", "b"]], dtype=h5py.string_dtype())
    with pytest.raises(FeatureError) as error:
        video_hdf5.features(path)
    message = str(error.value)
    assert "video 'x': a named type" in message and "video 'y': an empty data set" in message
    assert "video 'u': an array of bool [2, 3], booleans" in message
    assert "video 'v': an array of records [2, 3], records" in message
    assert "video 't': an array of timedelta64[s] [2, 3], durations" in message
    assert "video 'w': an array of object [1, 2], Python objects" in message
    assert "video 'z': a group of 1; it should be a data set" in message


def test_a_name_that_is_not_utf8_is_named(path):
    with h5py.File(path, "w") as file:
        file[b"Stra\xdfe"] = NUMBERS
    refused(path, r"1 name \('Stra\\xdfe'\) not in UTF-8")


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(FeatureError, match="is not a file"), hdf5_file.opened(tmp_path):
        pass
