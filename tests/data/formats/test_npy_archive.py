import tarfile

import numpy as np
import pytest

from react_tad.data.formats.npy_archive import open_npy_archive


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "i3d_features"
    root.mkdir()
    random = np.random.default_rng(0)
    arrays = {name: random.standard_normal((length, 3)).astype(np.float32) for name, length in (("b", 4), ("a", 1))}
    for name, array in arrays.items():
        np.save(root / f"{name}.npy", array)
    return root, arrays


def archive_of(root, mode="w:gz"):
    path = root.parent / "all.tar.gz"
    with tarfile.open(path, mode) as archive:
        archive.add(root, "thumos/i3d_features")
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_shapes_are_known_before_anything_is_read(folder, mode):
    root, arrays = folder
    videos, problems = open_npy_archive(archive_of(root, mode))
    assert problems == []
    assert {name: item.shape for name, item in videos.items()} == {"a": (1, 3), "b": (4, 3)}
    for name in ("b", "a", "b"):  # in any order, and again
        np.testing.assert_array_equal(np.asarray(videos[name]), arrays[name])


def test_files_that_are_no_features_are_named(folder):
    root, _ = folder
    np.save(root / "flat.npy", np.zeros(4))
    (root / "text.npy").write_text("no array")
    videos, problems = open_npy_archive(archive_of(root))
    assert set(videos) == {"a", "b"}
    assert [problem.video for problem in problems] == ["flat", "text"]
    assert problems[0].found.startswith("features: an array of float64 [4]; it should be")
    assert problems[1].found.startswith("features: not a whole .npy file of numbers (")


def test_pickled_objects_are_not_loaded(folder):
    root, _ = folder
    np.save(root / "a.npy", np.array([[{"x": 1}]], dtype=object))
    videos, problems = open_npy_archive(archive_of(root))
    assert set(videos) == {"b"}
    assert "Python objects, which are never read" in problems[0].found


def test_an_empty_and_a_broken_archive_are_errors(tmp_path, folder):
    (tmp_path / "nothing" / "empty").mkdir(parents=True)
    assert [problem.found for problem in open_npy_archive(archive_of(tmp_path / "nothing" / "empty"))[1]] == [
        "no features"
    ]
    path = archive_of(folder[0])
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"all\.tar\.gz is not a whole tar archive"):
        open_npy_archive(path)
