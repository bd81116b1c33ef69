"""Detections of several folds in one file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from react_tad.detection.detections import read_detections, write_detections
from react_tad.detection.pooling import pool


def write(path, results):
    found = {
        video: [{"label": label, "segment": [start, start + 1.5], "score": score} for label, start, score in rows]
        for video, rows in results.items()
    }
    path.write_text(json.dumps({"results": found}))
    return read_detections(path)


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 9), st.floats(0, 1)),
    max_size=4,
)


@given(results=st.dictionaries(st.text("xyz", min_size=1), ROWS, min_size=1), data=st.data())
def test_the_file_of_all_is_the_files_one_after_the_other(tmp_path_factory, results, data):
    """Whatever classes a fold has detections of, and though a recording has none."""
    folder = tmp_path_factory.mktemp("pool")
    fold = {video: data.draw(st.integers(0, 2)) for video in results}
    parts = [{video: results[video] for video in results if fold[video] == number} for number in range(3)]
    pooled = pool([write(folder / f"{number}.json", part) for number, part in enumerate(parts)])
    write_detections(folder / "all.json", pooled)
    expected = write(folder / "expected.json", {video: rows for part in parts for video, rows in part.items()})
    write_detections(folder / "expected_too.json", expected)
    assert (folder / "all.json").read_bytes() == (folder / "expected_too.json").read_bytes()


def test_a_recording_that_two_folds_tested_is_refused(tmp_path):
    first = write(tmp_path / "1.json", {"one": [], "two": [("a", 0, 0.5)]})
    second = write(tmp_path / "2.json", {"three": [], "two": []})
    with pytest.raises(ValueError, match=r"2.json: video 'two' is in .*1.json too; every recording should be detected"):
        pool([first, second])
