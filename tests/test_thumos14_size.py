"""The script that writes a data set of the size of THUMOS14."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from react_tad.data.annotations import read_annotations
from react_tad.data.features import FeatureStore
from react_tad.data.windows import window_starts
from react_tad.params import Windows

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared/data/thumos14/thumos14.json"
spec = importlib.util.spec_from_file_location("thumos14_size", ROOT / "benchmarks/thumos14_size.py")
thumos14_size = importlib.util.module_from_spec(spec)
spec.loader.exec_module(thumos14_size)


def write_like(path):
    """Eleven videos of 2 seconds and more, at two frame rates; one of another subset."""
    database = {
        f"video_{number:02d}": {
            "subset": "Test" if number == 11 else "Validation",
            "duration": 2.0 + number,
            "fps": 25.0 if number % 2 else 30.0,
            "annotations": [{"label": "Run" if number % 2 else "Jump", "segment": [0.5, 1.5], "label_id": 0}],
        }
        for number in range(12)
    }
    path.write_text(json.dumps({"version": "like", "database": database}))
    return database


@pytest.mark.parametrize(
    ("duration", "fps", "snippets"),
    [(2.0, 30.0, 12), (1.0, 25.0, 5), (1.0, 26.0, 5), (1.04, 26.0, 6), (0.01, 30.0, 1)],
)
def test_snippets_of_a_video_by_hand(duration, fps, snippets):
    """Every fifth of 60, 25, 26 and 27 frames, of which the last has no optical flow; and one at least."""
    assert thumos14_size.snippets(duration, fps) == snippets


def test_what_is_written_is_what_the_pipeline_reads(tmp_path):
    database = write_like(tmp_path / "like.json")
    thumos14_size.write(tmp_path / "like.json", tmp_path / "out")
    annotations = read_annotations(tmp_path / "out/annotations.json")
    assert annotations.classes == ("Jump", "Run")
    stores = {split: FeatureStore(tmp_path / f"out/features/{split}.json") for split in ("training", "validation")}
    assert [len(stores[split]) for split in stores] == [9, 2]
    for split, store in stores.items():
        assert set(store) == set(annotations.subset(split))
        for video in store:
            own = database[video]
            assert store.info(video).seconds_per_snippet == 5 / own["fps"]
            assert store[video].shape == (thumos14_size.snippets(own["duration"], own["fps"]), 2048)
            np.testing.assert_array_equal(store[video], thumos14_size.generated(video, len(store[video])))
            assert annotations.videos[video].instances[0].start == 0.5


def test_a_subset_that_is_not_there_is_named(tmp_path):
    write_like(tmp_path / "like.json")
    with pytest.raises(ValueError, match=r"like\.json: no video of subset valid"):
        thumos14_size.write(tmp_path / "like.json", tmp_path / "out", "valid")


@pytest.mark.skipif(not REAL.exists(), reason="the annotations of THUMOS14 are not here")
def test_windows_of_the_real_videos_are_counted():
    """3,331 windows of the 200 videos, with lengths from real durations and frame rates."""
    videos = [each for each in json.loads(REAL.read_text())["database"].values() if each["subset"] == "Validation"]
    assert len(videos) == 200
    lengths = [thumos14_size.snippets(each["duration"], each["fps"]) for each in videos]
    cut = Windows()
    windows = sum(len(window_starts(length, length=cut.length, stride=cut.stride)) for length in lengths)
    assert windows == 3331
