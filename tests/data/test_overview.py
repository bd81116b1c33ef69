import pytest

from react_tad.data.overview import class_table, of_splits, times


@pytest.fixture
def recordings(recording):
    return [
        recording("a", 20, instances=(("nod", 0, 1), ("nod", 2, 3))),
        recording("b", 40, subset="test", instances=(("wave both hands around", 0, 1),), seconds_per_snippet=1.0),
        recording("c", 30, subset="validation", seconds_per_snippet=2.0),
    ]


def test_classes_in_columns(recordings):
    videos = {item.video: item.annotated for item in recordings}
    assert list(class_table(videos, ["bow"])) == [
        "3 classes, instances in   training  validation  test",
        "  bow                            0           0     0",
        "  nod                            2           0     0",
        "  wave both hands around         0           0     1",
    ]


def test_of_many_classes_20_are_shown():
    lines = list(class_table({}, [f"class {number:03d}" for number in range(200)]))
    assert len(lines) == 22 and lines[20].startswith("  class 019") and lines[21] == "  ... and 180 more"


def test_splits_have_recordings_hours_snippets_and_instances(recordings):
    videos = {item.video: item.annotated for item in recordings}
    assert list(of_splits(videos, recordings[:1], ["training", "test"])) == [
        "training: 1 recordings, 0.00278 hours, 20 snippets, 2 instances",
        "test: 1 recordings, 0.00556 hours, 0 snippets, 1 instances",
    ]


def test_the_time_base_is_one_line(recordings):
    assert list(times(recordings, "by hand")) == ["dimension 3; seconds a snippet: min 0.5, median 1, max 2 (by hand)"]
    assert list(times([], "by hand")) == []
