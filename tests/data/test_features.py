import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from react_tad.data.datasets import LazyFeatures
from react_tad.data.features import FeatureError, FeatureStore, VideoFeatures, write_features


def write(folder, recordings, split="training", **more):
    return write_features(folder, dataset="test", split=split, recordings=recordings, source={"from": "here"}, **more)


def test_what_is_written_is_read(tmp_path, recording):
    store = FeatureStore(write(tmp_path, [recording("a", 4), recording("b", 2, number=1)]))
    assert list(store) == ["a", "b"]
    assert len(store) == 2
    assert "b" in store
    assert "c" not in store
    assert (store.split, store.dataset, store.dimension, store.source) == ("training", "test", 3, {"from": "here"})
    assert store["a"].dtype == np.float32
    np.testing.assert_array_equal(store["b"], [[100] * 3, [101] * 3])
    np.testing.assert_array_equal(store.slice("a", 1, 2), [[1] * 3, [2] * 3])
    assert isinstance(store["a"], np.memmap)
    store.verify()


def test_the_array_is_a_plain_npy_file(tmp_path, recording):
    write(tmp_path, [recording("a", 4), recording("b", 2, number=1)])
    assert np.load(tmp_path / "training.npy").shape == (6, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["training.json", "training.npy"]


def test_positions_and_times_are_inverse():
    info = VideoFeatures("a", 0, 10, seconds_per_snippet=0.4, first_center_seconds=0.7)
    assert info.snippets(0.7) == pytest.approx(0.5), "the centre of snippet 0"
    assert info.snippets(0.7 + 3 * 0.4) == pytest.approx(3.5), "the centre of snippet 3"
    times = np.linspace(-1, 20, 50)
    np.testing.assert_allclose(info.seconds(info.snippets(times)), times)


def test_equal_recordings_give_equal_bytes(tmp_path, recording):
    for name in ("one", "two"):
        write(tmp_path / name, [recording("a", 4), recording("b", 2)])
    for name in ("training.npy", "training.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_names_video_and_snippet(tmp_path, recording, value):
    bad = recording("b", 5)
    bad.features[3, 1] = value
    with pytest.raises(FeatureError, match=rf"training\.npy: video 'b', snippet 3: a feature is {value}"):
        write(tmp_path, [recording("a", 4), bad])
    assert not list(tmp_path.iterdir()), "nothing half-written is left"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimension": 2}, r"features of video 'b' have shape \[5, 2\]; expected \[snippets, 3\]"),
        ({"features": np.zeros(5)}, r"features of video 'b' have shape \[5\]"),
        ({"features": np.zeros((0, 3))}, r"features of video 'b' have shape \[0, 3\]"),
    ],
)
def test_a_shape_that_differs_names_the_video(tmp_path, recording, changes, message):
    with pytest.raises(FeatureError, match=message):
        write(tmp_path, [recording("a", 4), recording("b", 5, **changes)])


def test_no_recordings_and_a_video_twice_are_errors(tmp_path, recording):
    with pytest.raises(FeatureError, match=r"training\.npy: no recordings in this split"):
        write(tmp_path, [])
    with pytest.raises(FeatureError, match="video 'a' is given twice"):
        write(tmp_path, [recording("a", 4), recording("a", 4)])


@pytest.fixture
def manifest(tmp_path, recording):
    return write(tmp_path, [recording("a", 4), recording("b", 2)])


def test_an_unknown_video_and_snippets_beyond_the_end_are_errors(manifest):
    store = FeatureStore(manifest)
    with pytest.raises(FeatureError, match=r"training\.json: no features of video 'c'"):
        store["c"]
    with pytest.raises(FeatureError, match="video 'b': snippets 1 to 3 asked for, there are 2"):
        store.slice("b", 1, 2)


def test_a_truncated_array_is_an_error(manifest):
    array = manifest.with_suffix(".npy")
    array.write_bytes(array.read_bytes()[:-5])
    with pytest.raises(FeatureError, match=r"training\.npy is not a whole \.npy file"):
        FeatureStore(manifest)


def test_an_array_of_another_shape_is_an_error(manifest):
    np.save(manifest.with_suffix(".npy"), np.zeros((6, 4), np.float32))
    with pytest.raises(FeatureError, match=r"float32 \[6, 4\]; its manifest says float32 \[6, 3\]"):
        FeatureStore(manifest)


def test_verify_finds_a_flipped_byte(manifest):
    array = manifest.with_suffix(".npy")
    content = bytearray(array.read_bytes())
    content[-2] ^= 1
    array.write_bytes(content)
    with pytest.raises(FeatureError, match=r"training\.npy: sha256"):
        FeatureStore(manifest).verify()


def test_verify_names_video_and_snippet_of_a_nan(manifest):
    values = np.load(manifest.with_suffix(".npy"))
    values[5, 2] = np.nan
    np.save(manifest.with_suffix(".npy"), values)
    with pytest.raises(FeatureError, match="video 'b', snippet 1: a feature is nan"):
        FeatureStore(manifest).verify()


def test_a_manifest_whose_videos_do_not_follow_each_other_is_refused(manifest):
    """Otherwise a video would have the snippets of another one."""
    written = json.loads(manifest.read_text())
    written["videos"][1]["offset"] -= 1
    manifest.write_text(json.dumps(written))
    with pytest.raises(FeatureError, match=r"training\.json: video 'b': offset = \d+ should be \d+"):
        FeatureStore(manifest)


@pytest.mark.parametrize(("key", "value"), [("length", "4"), ("seconds_per_snippet", 0), ("offset", True)])
def test_a_value_that_cannot_be_is_named(manifest, key, value):
    written = json.loads(manifest.read_text())
    written["videos"][1][key] = value
    manifest.write_text(json.dumps(written))
    with pytest.raises(
        FeatureError, match=rf"training\.json is not a feature manifest: videos / 1 / {key} = {value!r}"
    ):
        FeatureStore(manifest)


def test_a_manifest_of_another_kind_is_named(manifest):
    manifest.write_text(json.dumps({"dataset": "test"}))
    with pytest.raises(FeatureError, match=r"training\.json is not a feature manifest"):
        FeatureStore(manifest)


def test_the_data_package_needs_no_torch():
    code = "import sys, react_tad.data.windows, react_tad.data.datasets.hapt; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_lazy_features_are_read_once_and_not_before(tmp_path, recording):
    read = []
    eager = recording("a", 5)
    lazy = LazyFeatures(eager.features.shape, lambda: read.append("a") or eager.features)
    assert len(lazy) == 5 and not read
    path = write_features(
        tmp_path, dataset="d", split="test", recordings=[dataclasses.replace(eager, features=lazy)], source={}
    )
    assert read == ["a"]
    np.testing.assert_array_equal(FeatureStore(path)["a"], eager.features)


def test_lazy_features_of_another_shape_are_refused(tmp_path, recording):
    eager = recording("a", 5)
    lazy = LazyFeatures((6, eager.features.shape[1]), lambda: eager.features)
    with pytest.raises(ValueError, match=r"\[5, .*were read where \[6, "):
        write_features(
            tmp_path, dataset="d", split="test", recordings=[dataclasses.replace(eager, features=lazy)], source={}
        )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_file_is_an_ordinary_npy_of_the_type_asked_for(tmp_path, recording, dtype):
    features = np.random.default_rng(0).standard_normal((5, 3))
    path = write(tmp_path, [recording("a", 5, features=features), recording("b", 2)], dtype=dtype)
    array = np.load(path.with_suffix(".npy"))
    assert (array.dtype, array.shape) == (np.dtype(dtype), (7, 3))
    np.testing.assert_array_equal(array[:5], features.astype(np.float32).astype(dtype))
    store = FeatureStore(path)
    store.verify()
    assert store["a"].dtype == np.float32
    np.testing.assert_array_equal(store.slice("a", 1, 3), array[1:4])


def test_a_number_too_large_for_half_precision_is_an_error(tmp_path, recording):
    with pytest.raises(FeatureError, match="video 'b': a feature of size 70000 does not fit float16"):
        write(tmp_path, [recording("a", 4), recording("b", 2, features=np.full((2, 3), 7e4))], dtype="float16")


def test_a_manifest_without_a_type_is_one_of_float32(manifest):
    document = json.loads(manifest.read_text())
    assert document.pop("dtype") == "float32"
    manifest.write_text(json.dumps(document))
    assert FeatureStore(manifest)["a"].shape == (4, 3)
