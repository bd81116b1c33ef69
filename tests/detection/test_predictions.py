import dataclasses
import json
from pathlib import Path

import pytest

from react_tad.detection.detections import Detections, read_detections
from react_tad.detection.predictions import Predictions, best, check_limits, check_outputs, full

ROWS = [
    ("b", 0.1 + 0.2, 1.5, "run", 1 / 3),
    ("b", 2.0, 3.0, "jump, high", 0.25),
    ("b", 0.0, 3.0, "run", 0.125),
    ("a|c", 1.0, 2.0, "run", 0.5),
]
CLASSES = ("jump, high", "run")


def made():
    video, start, end, label, score = zip(*ROWS, strict=True)
    videos = ("b", "empty", "a|c")
    detections = Detections(
        videos=videos, classes=CLASSES, video=[videos.index(each) for each in video], start=start, end=end,
        label=[CLASSES.index(each) for each in label], score=score,
    )  # fmt: skip
    return Predictions(detections, dict.fromkeys(videos, 4.0), windows=3, seconds={"network": 1.0})


def test_a_note_where_more_may_be_there_than_are_kept():
    """'b' has three, the last of them with the lowest score."""
    found = made().detections
    lowest = min(score for video, *_, score in ROWS if video == "b")
    assert lowest > 0.01
    assert full(found, 3).startswith(
        f"1 recording ('b') with 3 detections, as many as the model keeps of one (soft_nms.keep), "
        f"the last with a score of {lowest:.3f}; --top N"
    )
    assert full(found, 2) == full(found, 4) == ""
    low = dataclasses.replace(found, score=found.score / 1000)
    assert full(low, 3) == ""


def test_rows_and_table():
    found = made()
    assert found.rows() == ROWS
    assert len(found) == 4
    assert found.table().to_dict("records") == [
        dict(zip(("video", "start", "end", "label", "score"), row, strict=True)) for row in ROWS
    ]


def test_json_is_what_is_written(tmp_path):
    found = made()
    found.write(tmp_path / "found.json")
    assert json.loads((tmp_path / "found.json").read_text()) == found.json()
    assert list(found.json()["results"]) == ["b", "empty", "a|c"]
    assert found.json()["results"]["empty"] == []
    assert found.json()["results"]["b"][0] == {"label": "run", "segment": [0.1 + 0.2, 1.5], "score": 1 / 3}
    assert len(read_detections(tmp_path / "found.json")) == 4


def test_csv_is_quoted_and_unrounded(tmp_path):
    made().write_csv(tmp_path / "found.csv")
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines[:3] == [
        "video,start,end,label,score",
        '"b",0.30000000000000004,1.5,"run",0.3333333333333333',
        '"b",2.0,3.0,"jump, high",0.25',
    ]


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(0.0, [0, 1, 2, 3]), (0.25, [0, 1, 3]), (0.4, [3]), (1.0, [])],
)
def test_those_of_a_score(limit, kept):
    found = best(made().detections, min_score=limit)
    assert found.score.tolist() == [ROWS[number][4] for number in kept]
    assert found.videos == made().detections.videos


def test_limits_that_leave_nothing_by_a_slip():
    check_limits(min_score=0.0, top=None)
    check_limits(min_score=1.0, top=1)
    for wrong in (
        {"min_score": 1.1, "top": None},
        {"min_score": float("nan"), "top": None},
        {"min_score": 0, "top": 0},
    ):
        with pytest.raises(ValueError, match="should be"):
            check_limits(**wrong)


def test_outputs_are_files_of_their_own(tmp_path):
    check_outputs(tmp_path / "a.json", None, tmp_path / "a.csv")
    with pytest.raises(ValueError, match="is a folder"):
        check_outputs(tmp_path)
    with pytest.raises(ValueError, match="is given twice"):
        check_outputs(Path("a"), None, Path("a"))
