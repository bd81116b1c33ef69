import json

import numpy as np
import pytest

from react_tad.detection.detections import Detections, RawDetections, read_detections, write_detections

ROWS = {
    "videos": ("b", "a", "empty"),
    "classes": ("Run", "Jump"),
    "video": [0, 0, 1],
    "start": [0.1, 1 / 3, 2.0],
    "end": [0.2, 2 / 3, 2.0],
    "label": [1, 0, 1],
    "score": [0.7, 1e-7, 0.3],
}


def results(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text if isinstance(text, str) else json.dumps({"results": text}))
    return path


def names(detections):
    videos = [detections.videos[index] for index in detections.video]
    labels = [detections.classes[index] for index in detections.label]
    times = (detections.start.tolist(), detections.end.tolist(), detections.score.tolist())
    return list(zip(videos, labels, *times, strict=True))


def test_json_keeps_every_bit_and_videos_without_detections(tmp_path):
    written = Detections(**ROWS)
    write_detections(tmp_path / "d.json", written)
    read = read_detections(tmp_path / "d.json")
    assert read.videos == written.videos
    assert names(read) == names(written)
    assert json.loads((tmp_path / "d.json").read_text())["results"]["empty"] == []


def test_raw_file_keeps_every_bit(tmp_path):
    written = RawDetections(**ROWS, durations=[1.0, 2.0, 3.0])
    written.write(tmp_path / "d.npz")
    read = RawDetections.read(tmp_path / "d.npz")
    assert names(read) == names(written)
    assert (read.videos, read.classes, read.durations.tolist()) == (written.videos, written.classes, [1.0, 2.0, 3.0])
    first = (tmp_path / "d.npz").read_bytes()
    written.write(tmp_path / "d.npz")
    assert (tmp_path / "d.npz").read_bytes() == first


def test_raw_file_without_any_detection(tmp_path):
    none = {key: [] for key in ("video", "start", "end", "label", "score")}
    RawDetections(videos=(), classes=(), durations=[], **none).write(tmp_path / "d.npz")
    assert len(RawDetections.read(tmp_path / "d.npz")) == 0


def test_raw_file_cannot_carry_objects(tmp_path):
    np.savez(tmp_path / "d.npz", video=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"d\.npz is not a file of raw detections"):
        RawDetections.read(tmp_path / "d.npz")


def test_raw_file_that_is_no_archive(tmp_path):
    (tmp_path / "d.npz").write_text("nothing")
    with pytest.raises(ValueError, match=r"d\.npz is not a file of raw detections"):
        RawDetections.read(tmp_path / "d.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [0.7, float("nan"), 0.3]}, "video 'b'.*score nan.*finite"),
        ({"end": [0.2, 0.1, 2.0]}, r"video 'b': segment \[0\.3333333333333333, 0\.1\].*end >= start"),
        ({"label": [1, 2, 1]}, "label = 2 should be from 0 to 1"),
        ({"video": [0, -1, 1]}, "video = -1 should be from 0 to 2"),
        ({"start": [0.1]}, "same one dimension"),
    ],
)
def test_arrays_that_are_no_detections(change, message):
    with pytest.raises(ValueError, match=message):
        Detections(**ROWS | change)


def test_durations_are_one_a_video():
    with pytest.raises(ValueError, match="one number for each of 3 videos"):
        RawDetections(**ROWS, durations=[1.0])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"label": "Run", "segment": [0, float("nan")], "score": 1}, "nan"),
        ({"label": "Run", "segment": [0, float("inf")], "score": 1}, "inf"),
        ({"label": "Run", "segment": [2, 1], "score": 1}, r"\[2, 1\].*end >= start"),
        ({"label": "Run", "segment": [0, 1, 2], "score": 1}, r"\[0, 1, 2\]"),
        ({"label": "Run", "segment": [0, 1], "score": float("nan")}, "score nan"),
        ({"label": "Run", "segment": [0, 1], "score": None}, "score"),
        ({"label": 3, "segment": [0, 1], "score": 1}, "label 3"),
        ({"segment": [0, 1], "score": 1}, "label"),
        ("Run", "Run"),
    ],
)
def test_wrong_entries_are_named_with_file_and_video(tmp_path, entry, message):
    with pytest.raises(ValueError, match=rf"results\.json: video 'v1': .*{message}"):
        read_detections(results(tmp_path, {"v0": [], "v1": [entry]}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"results": {"v": [], "w": [], "v": []}}', r"results\.json: 'v' stands there twice"),
        ('{"results": {', "not valid JSON"),
        ('{"result": {}}', '"results"'),
        ("[]", '"results"'),
        ('{"results": {"v": {}}}', "video 'v'.*list of detections"),
    ],
)
def test_wrong_files_are_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_detections(results(tmp_path, text))
