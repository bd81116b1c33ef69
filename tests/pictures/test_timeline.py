import json

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.detection.detections import read_detections
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.pictures.timeline import choose_video, lanes


def test_lanes_keep_overlapping_segments_apart():
    segments = np.array([[0, 4], [3, 6], [4, 5], [5, 9], [0, 9]], dtype=float)
    assert lanes(segments).tolist() == [0, 1, 0, 0, 2]
    assert lanes(np.empty((0, 2))).tolist() == []


@pytest.fixture
def files(tmp_path):
    run, jump = ({"label": label, "segment": [start, start + 4]} for label, start in (("Run", 1), ("Jump", 3)))
    database = {
        "plain": {"subset": "test", "duration": 20, "annotations": [run, run]},
        "mixed": {"subset": "test", "duration": 20, "annotations": [run, jump]},
        "undetected": {"subset": "test", "duration": 20, "annotations": [run, jump, {**run, "label": "Sit"}]},
    }
    results = {
        "plain": [run | {"score": 0.5}],
        "mixed": [jump | {"score": 0.2}, run | {"score": 0.0}],
        "undetected": [],
    }
    (tmp_path / "a.json").write_text(json.dumps({"database": database}))
    (tmp_path / "d.json").write_text(json.dumps({"results": results}))
    return tmp_path


def options(files, video, out):
    paths = ["--annotations", str(files / "a.json"), "--detections", str(files / "d.json")]
    return ["plot", "timeline", *paths, "--video", video, "--out", str(out)]


def test_automatic_choice_has_detections_and_most_classes(files):
    truth, found = read_ground_truth(files / "a.json", "test"), read_detections(files / "d.json")
    assert choose_video(truth, found) == "mixed"


@pytest.mark.parametrize("video", ["auto", "plain", "undetected"])
def test_equal_pictures_are_equal_files(files, video):
    for name in ("first.svg", "second.svg"):
        assert main(options(files, video, files / name)) == 0
    first = (files / "first.svg").read_bytes()
    assert first == (files / "second.svg").read_bytes()
    assert b"<dc:date>" not in first


def test_png_by_suffix(files):
    assert main(options(files, "auto", files / "t.png")) == 0
    assert (files / "t.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("video", "out", "message"), [("nobody", "t.svg", "no video 'nobody'"), ("auto", "t.pdf", "t.pdf should end in")]
)
def test_refuses(files, capsys, video, out, message):
    assert main(options(files, video, files / out)) == 1
    assert message in capsys.readouterr().err
    assert not (files / out).exists()
