"""Annotations of several folds in one file."""

import json

import pytest

from react_tad.data.annotations import AnnotationError, Instance, Video, read_annotations, write_annotations
from react_tad.data.pooling import pool_annotations


def write(path, videos, classes=("nod", "wave")):
    write_annotations(path, videos, classes, version="mine")
    return path


def video(label="nod", **more):
    return Video("test", 9.0, (Instance(label, 1.0, 2.0),), **more)


def test_all_recordings_are_there_as_they_were(tmp_path):
    first = {"one": video(group="p1"), "two": video("wave", fps=25.0)}
    second = {"three": Video("test", 4.0, ())}
    paths = [write(tmp_path / "1.json", first), write(tmp_path / "2.json", second)]
    assert pool_annotations(paths, tmp_path / "all.json") == 3
    assert dict(read_annotations(tmp_path / "all.json").videos) == first | second
    assert read_annotations(tmp_path / "all.json").classes == ("nod", "wave")
    assert json.loads((tmp_path / "all.json").read_text())["version"] == "mine"


def test_a_recording_twice_and_other_classes_are_refused(tmp_path):
    one, again = write(tmp_path / "1.json", {"one": video()}), write(tmp_path / "2.json", {"one": video()})
    with pytest.raises(AnnotationError, match=r"2.json: video 'one' is in .*1.json too"):
        pool_annotations([one, again], tmp_path / "all.json")
    other = write(tmp_path / "3.json", {"three": video()}, classes=("nod",))
    with pytest.raises(AnnotationError, match=r"3.json: classes nod, and nod, wave in .*1.json"):
        pool_annotations([one, other], tmp_path / "all.json")
    assert not (tmp_path / "all.json").exists()
