from dataclasses import replace

import numpy as np

from react_tad.detection.detections import Detections
from react_tad.detection.predictions import Predictions
from react_tad.detection.report import speed_table, table_of_best


def made(scores, *, videos=("long name", "b"), classes=("run",)):
    count = len(scores)
    detections = Detections(
        videos=videos, classes=classes, video=np.zeros(count, int), start=np.arange(count), end=np.arange(count) + 1.5,
        label=np.zeros(count, int), score=scores,
    )  # fmt: skip
    return Predictions(detections, {"long name": 90.0, "b": 30.0}, windows=40, seconds={})


def test_the_best_of_all_recordings_by_score():
    text = table_of_best(made([0.1, 0.3, 0.2]), 2)
    assert text.splitlines() == [
        "video      start   end  label   score",
        "long name   1.00  2.50  run    0.3000",
        "long name   2.00  3.50  run    0.2000",
        "3 detections in 2 recordings; none in 1 of them, the best 2 above",
    ]


def test_few_and_none():
    assert table_of_best(made([0.5], videos=("a",))).splitlines()[-1] == "1 detection in 1 recording"
    assert table_of_best(made([])) == "0 detections in 2 recordings"


def test_names_stay_in_their_line():
    """What moves the cursor of a terminal is shown as a question mark."""
    found = made([0.5], videos=("a\x1b[31mred\nnext",), classes=("tür 走る",))
    lines = table_of_best(found).splitlines()
    assert len(lines) == 3
    assert "a?[31mred?next" in lines[1] and "tür 走る" in lines[1]


def test_speed():
    seconds = {"read": 0.5, "network": 2.0, "Soft-NMS": 1.0, "write": 0.5}
    assert speed_table(made([0.5]), seconds).splitlines() == [
        "read           0.50 s   12.5 %",
        "network        2.00 s   50.0 %",
        "Soft-NMS       1.00 s   25.0 %",
        "write          0.50 s   12.5 %",
        "total          4.00 s",
        "40 windows, 120.0 s of recordings: 20.0 windows/s in the network, 30 x real time",
    ]


def test_speed_of_nothing():
    nothing = replace(made([]), durations={}, windows=0)
    assert speed_table(nothing, {"read": 0.0}).splitlines()[-1] == "0 windows, 0.0 s of recordings"
