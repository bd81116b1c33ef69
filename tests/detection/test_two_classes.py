"""CliffDiving is also Diving: what one class a query and suppression across classes lose, on THUMOS14's annotations.

The detections are made by hand. Every annotated segment of the test set is one query that finds it exactly: 0.9 for its
first class in alphabetical order, 0.8 for its second, and 0.3 for a wrong one if it has no second. In every video that
shows Diving, twenty queries find nothing and say Diving with 0.2.
"""

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from react_tad.detection.detections import RawDetections
from react_tad.detection.soft_nms import suppress
from react_tad.evaluation.average_precision import evaluate
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.params.soft_nms import SoftNms

TWINS = ("CliffDiving", "Diving")
FALSE_ALARMS = 20


@pytest.fixture(scope="module")
def truth():
    root = Path(__file__).parents[2]
    path = Path(os.environ.get("REACT_TAD_SHARED", root.parent / "shared")) / "data/thumos14/thumos14.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here (set REACT_TAD_SHARED to the folder that holds data/)")
    return read_ground_truth(path, "test")


def queries(truth):
    """(video, start, end, classes with scores, best first) of every query."""
    labels = defaultdict(set)
    for video, label, times in zip(truth.video, truth.label, truth.start_end.tolist(), strict=True):
        labels[video, *times].add(truth.classes[label])
    for (video, start, end), own in labels.items():
        first, *more = sorted(own)
        wrong = "CliffDiving" if first == "Diving" else "Diving"
        yield video, start, end, [(first, 0.9), (more[0], 0.8) if more else (wrong, 0.3)]
    shown = {video for (video, *_), own in labels.items() if "Diving" in own}
    for video in sorted(shown):
        for number in range(FALSE_ALARMS):
            start = 10_000 + 10 * number  # far from every instance, and from each other
            yield video, start, start + 5, [("Diving", 0.2), ("CliffDiving", 0.1)]


def average_precision(truth, *, classes_per_query, class_wise):
    """AP at tIoU 0.5 by class, after Soft-NMS with its defaults."""
    rows = [
        (video, start, end, truth.classes.index(name), score)
        for video, start, end, classes in queries(truth)
        for name, score in classes[:classes_per_query]
    ]
    video, start, end, label, score = (np.array(column) for column in zip(*rows, strict=True))
    raw = RawDetections(
        videos=truth.videos,
        classes=truth.classes,
        video=video,
        start=start,
        end=end,
        label=label,
        score=score,
        durations=truth.durations,
    )
    metrics = evaluate(truth, suppress(raw, **SoftNms(class_wise=class_wise).model_dump()), [0.5])
    return {name: metrics.ap[metrics.classes.index(name), 0] for name in metrics.classes}


def test_every_cliff_dive_is_a_dive(truth):
    segments = {
        name: {
            (video, *times)
            for video, label, times in zip(truth.video, truth.label, truth.start_end.tolist(), strict=True)
            if truth.classes[label] == name
        }
        for name in TWINS
    }
    assert segments["CliffDiving"] < segments["Diving"]
    assert (len(segments["CliffDiving"]), len(segments["Diving"])) == (217, 388)


@pytest.mark.parametrize("class_wise", [False, True])
def test_one_class_a_query_loses_the_second_class(truth, class_wise):
    """Diving is found only where it is not CliffDiving: 171 of its 388 instances, before any false alarm."""
    found = average_precision(truth, classes_per_query=1, class_wise=class_wise)
    assert found["CliffDiving"] == 1
    assert found["Diving"] == pytest.approx(171 / 388, abs=1e-12)


def test_two_classes_that_suppress_each_other_sink_below_false_alarms(truth):
    """The second class falls to 0.8 exp(-1 / 0.4) = 0.066, below the false alarms' 0.2.

    Interpolated precision is then that of the last dive, when all 388 were found among the false alarms.
    """
    videos = len({video for video, _, _, [(name, score), *_] in queries(truth) if (name, score) == ("Diving", 0.2)})
    found = average_precision(truth, classes_per_query=2, class_wise=False)
    assert found["CliffDiving"] == 1
    precision = 388 / (388 + FALSE_ALARMS * videos)
    assert found["Diving"] == pytest.approx((171 + 217 * precision) / 388, abs=1e-12)


def test_two_classes_that_do_not_are_both_found(truth):
    found = average_precision(truth, classes_per_query=2, class_wise=True)
    assert found["CliffDiving"] == found["Diving"] == 1
