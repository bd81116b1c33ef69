"""Feature files with bytes changed, and what reading them may do.

``python tests/data/mutated.py KIND,KIND,... COUNT [SEED]`` is a process of its own, so that a crash of the HDF5
library, a hang and the memory that was taken are seen from outside. Prints, as JSON a kind, how many inputs were read
and refused, and the memory taken beside what the intact file takes.
"""

import json
import resource
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from react_tad.data import own_features
from react_tad.data.features import FeatureError
from react_tad.data.own_features import open_features, open_recordings
from react_tad.data.own_files import OwnFileError
from react_tad.files import sha256

RGB = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
FLOW = np.random.default_rng(1).normal(size=(21, 3))
BOTH = np.concatenate([RGB, FLOW[:20]], axis=1)
SECONDS = 20
"""For one input; most take some milliseconds."""


def npy(path):
    np.save(path, RGB)


def npy_fortran(path):
    np.save(path, np.asfortranarray(RGB.astype(">f8")))


def npz(path):
    np.savez(path, RGB)


def npz_streams(path):
    np.savez_compressed(path, flow=FLOW, rgb=RGB, fps=25.0)


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["features"] = RGB


def hdf5_chunks(path):
    with h5py.File(path, "w") as file:
        options = {"chunks": (8, 4), "compression": "gzip", "shuffle": True, "fletcher32": True}
        file.create_dataset("features", data=RGB, **options)


def hdf5_streams(path):
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("rgb/file", data=RGB, chunks=(8, 2), compression="lzf")
        file.create_dataset("flow/file", data=FLOW, chunks=(5, 3), maxshape=(None, 3))


def hdf5_many(path):
    with h5py.File(path, "w") as file:
        for number in range(4):
            file.create_dataset(f"video {number}", data=RGB, chunks=(7, 4) if number % 2 else None)


KINDS = {
    "npy": (npy, ".npy", RGB),
    "npy_fortran": (npy_fortran, ".npy", RGB),
    "npz": (npz, ".npz", RGB),
    "npz_streams": (npz_streams, ".npz", BOTH),
    "hdf5": (hdf5, ".h5", RGB),
    "hdf5_chunks": (hdf5_chunks, ".h5", RGB),
    "hdf5_streams": (hdf5_streams, ".h5", BOTH),
    "hdf5_many": (hdf5_many, ".h5", RGB),
}
"""What writes a file, its suffix, and the features that are in it."""

PLACE = st.integers(0, 2**20)
BYTES = st.one_of(
    st.binary(min_size=1, max_size=12), st.sampled_from([bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"9" * 12])
)
CHANGE = st.one_of(
    st.tuples(st.just("flip"), PLACE, st.integers(0, 7)),
    st.tuples(st.just("put"), PLACE, BYTES),
    st.tuples(st.just("header"), st.integers(0, 400), BYTES),
    st.tuples(st.just("insert"), PLACE, BYTES),
    st.tuples(st.just("cut"), PLACE, st.none()),
    st.tuples(st.just("extend"), st.just(0), BYTES),
    st.tuples(st.just("swap"), PLACE, PLACE),
    st.tuples(st.just("drop"), PLACE, st.integers(1, 64)),
)


def changed(content, changes):
    """The bytes after all changes."""
    content = bytearray(content)
    for kind, place, value in changes:
        at = place % max(len(content), 1)
        if kind == "flip" and content:
            content[at] ^= 1 << value
        elif kind in ("put", "header"):
            content[at : at + len(value)] = value
        elif kind == "insert":
            content[at:at] = value
        elif kind == "cut":
            del content[at:]
        elif kind == "extend":
            content += value
        elif kind == "drop":
            del content[at : at + value]
        elif kind == "swap":
            other = value % max(len(content), 1)
            content[at : at + 16], content[other : other + 16] = content[other : other + 16], content[at : at + 16]
    return bytes(content)


def read(videos, counts, path, error_kinds):
    """All numbers that can be read; the others have to be refused by the name of the file."""
    found = {}
    for video, lazy in videos.items():
        try:
            found[video] = np.asarray(lazy, np.float32)
        except error_kinds as error:
            assert path.name in str(error), error
            assert len(str(error)) < 10_000
            str(error).encode()
            counts["numbers refused"] += 1
    return found


def examine(path, content, features, listing, counts):
    """Read a changed file, without and with a record of what it should be."""
    path.write_bytes(content)
    try:
        found = read(open_recordings([path]), counts, path, FeatureError)
    except FeatureError as error:
        assert path.name in str(error), error
        str(error).encode()
        counts["refused"] += 1
    else:
        counts["read"] += 1
        for array in found.values():
            assert array.ndim == 2 and np.isfinite(array).all()
            if path.suffix == ".npz":  # which has checksums
                assert np.array_equal(array, features.astype(np.float32))
            counts["same" if np.array_equal(array, features.astype(np.float32)) else "other numbers"] += 1
    try:
        videos = open_features([path], listing).videos
        found = read(videos, Counter(), path, (FeatureError, OwnFileError))
    except (FeatureError, OwnFileError) as error:
        assert path.name in str(error), error
    else:
        assert all(np.array_equal(array, features.astype(np.float32)) for array in found.values())


def main(kind, count, number=None):
    """Read ``count`` changed files."""
    write, suffix, features = KINDS[kind]
    counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        write(path)
        intact = path.read_bytes()
        listing = {own_features.FEATURES: {"sha256": sha256(path), "bytes": len(intact)}}
        examine(path, intact, features, listing, Counter())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        @given(st.lists(CHANGE, min_size=1, max_size=3))
        def property_of_changed_files(changes):
            signal.alarm(SECONDS)
            counts["inputs"] += 1
            examine(path, changed(intact, changes), features, listing, counts)
            signal.alarm(0)

        checks = [HealthCheck.too_slow]
        test = settings(max_examples=count, deadline=None, database=None, derandomize=number is None,
                        suppress_health_check=checks)(property_of_changed_files)  # fmt: skip
        (test if number is None else seed(number)(test))()
        taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps(counts | {"bytes": taken}))


if __name__ == "__main__":
    for name in sys.argv[1].split(","):
        main(name, int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
