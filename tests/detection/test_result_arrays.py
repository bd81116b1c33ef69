"""Results that are read as arrays are those that are read entry by entry."""

import json
import tracemalloc

import numpy as np
import pytest

from react_tad.detection import detections
from react_tad.detection.detections import read_detections
from react_tad.detection.result_arrays import result_arrays

COLUMNS = ("video", "start", "end", "label", "score")


def made_up(count, videos=5):
    """Detections in no order of their classes, some times whole numbers; the last video has none."""
    random = np.random.default_rng(0)
    found = {f"video {number}": [] for number in range(videos)}
    for number in range(count):
        start = float(random.uniform(0, 50)) if number % 3 else int(random.integers(50))
        entry = {"label": "ÄbcNA"[number % 5], "segment": [start, start + 2], "score": float(random.random())}
        keys = random.permutation(list(entry)).tolist()
        found[f"video {number % (videos - 1)}"].append({key: entry[key] for key in keys})
    return found


def entry_by_entry(path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(detections, "result_arrays", lambda text, where: None)
        return read_detections(path)


@pytest.mark.parametrize("count", [0, 1, 200])
def test_arrays_are_what_the_entries_say(tmp_path, monkeypatch, count):
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"version": "1", "results": made_up(count), "external_data": {"used": False}}))
    assert result_arrays(path.read_text(), "here") is not None
    read, expected = read_detections(path), entry_by_entry(path, monkeypatch)
    assert (read.videos, read.classes) == (expected.videos, expected.classes)
    assert len(read) == count
    for name in COLUMNS:
        own, other = getattr(read, name), getattr(expected, name)
        assert own.dtype == other.dtype
        np.testing.assert_array_equal(own, other)


ONE = {"label": "Run", "segment": [0, 1], "score": 1}


@pytest.mark.parametrize(
    "document",
    [
        {"results": {"v": [ONE, ONE | {"segment": ["0", "1"]}]}},
        {"results": {"v": [ONE, ONE | {"more": 1}]}},
        {"results": {"v": [ONE, ONE | {"score": "0.5"}]}},
        {"results": {"v": [ONE]}, "external_data": [ONE]},
    ],
)
def test_what_is_unusual_is_read_entry_by_entry(tmp_path, document):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document))
    assert result_arrays(path.read_text(), "here") is None
    read = read_detections(path)
    assert (read.start.tolist(), read.end.tolist()) == ([0.0] * len(read), [1.0] * len(read))
    assert len(read) == len(document["results"]["v"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ONE | {"label": "half \ud800"}, "half of a surrogate pair"),
        (ONE | {"segment": [0, True]}, "video 'v': segment"),
        (ONE | {"segment": [2, 1]}, "end >= start"),
        (ONE | {"segment": [0, 1e13]}, "should be a time in seconds"),
        (ONE | {"score": float("inf")}, "results / v / 1 / score = inf should be a finite number"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, entry, message):
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": {"v": [ONE, entry]}}))
    with pytest.raises(ValueError, match=message):
        read_detections(path)


def test_a_recording_may_be_called_as_a_key(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": {"label": [ONE], "segment": [ONE, ONE], "score": []}}))
    read = read_detections(path)
    assert (read.videos, read.video.tolist()) == (("label", "segment", "score"), [0, 1, 1])


def test_memory_is_that_of_the_text_and_the_arrays(tmp_path):
    count = 20_000
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": made_up(count)}))
    tracemalloc.start()
    read_detections(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.2 * path.stat().st_size + 60 * count
