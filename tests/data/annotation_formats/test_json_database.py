import io
import json
import tarfile

import pytest

from react_tad.data.annotation_formats.json_database import read_json_database
from react_tad.data.annotations import Instance

CLASSES = ("Billiards", "Diving")


@pytest.fixture
def write(tmp_path):
    def to_file(database):
        path = tmp_path / "a.json"
        path.write_text(json.dumps({"database": database}))
        return path

    return to_file


def test_the_two_published_spellings_give_the_same(write):
    item = {"label": "Diving", "segment": [1.5, 2], "label_id": 7, "segment(frames)": [45.0, 60.0]}
    of_actionformer = {"subset": "Validation", "duration": 9.5, "fps": 29.97, "annotations": [item]}
    of_gtad = {"subset": "train", "annotations": [{"segment": ["1.5", "2.0"], "label": "Diving"}]}
    videos, problems = read_json_database(write({"a": of_actionformer, "g": of_gtad}), CLASSES)
    assert problems == []
    assert videos["a"].instances == videos["g"].instances == (Instance("Diving", 1.5, 2.0),)
    assert videos["a"].subset == videos["g"].subset == "validation"
    assert (videos["a"].duration, videos["a"].fps) == (9.5, 29.97)
    assert (videos["g"].duration, videos["g"].fps) == (None, None)


def test_ambiguous_segments_are_kept_apart(write):
    items = [{"label": "Ambiguous", "segment": [1, 2]}, {"label": "Diving", "segment": [3, 4]}]
    video = read_json_database(write({"a": {"subset": "Test", "annotations": items}}), CLASSES)[0]["a"]
    assert (video.instances, video.ambiguous) == ((Instance("Diving", 3, 4),), (Instance("Ambiguous", 1, 2),))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"subset": "train2"}, "subset 'train2'"),
        ({"duration": "long"}, "duration 'long'"),
        ({"fps": 0}, "fps 0"),
        ({"annotations": [{"label": "Div", "segment": [1, 2]}]}, "unknown label 'Div'"),
        ({"annotations": [{"label": "Diving"}]}, "{'label': 'Diving'}"),
        ({"annotations": [{"label": "Diving", "segment": [1, "x"]}]}, "segment [1, 'x'] of 'Diving'"),
        ({"annotations": [{"label": "Diving", "segment": [2, 1]}]}, "a segment ends at 1 s and starts at 2 s"),
    ],
)
def test_a_fault_names_the_video_and_the_value_and_the_rest_is_read(write, change, found):
    good = {"subset": "test", "annotations": [{"label": "Diving", "segment": [1, 2]}]}
    videos, problems = read_json_database(write({"bad": good | change, "good": good}), CLASSES)
    assert [(problem.video, problem.found) for problem in problems] == [("bad", found)]
    assert videos["good"].instances == (Instance("Diving", 1, 2),)


def test_the_file_in_an_archive(tmp_path, write):
    path = write({"a": {"subset": "test", "annotations": []}})
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("thumos/readme.txt"), io.BytesIO())
        archive.add(path, "thumos/annotations/thumos14.json")
    assert read_json_database(tmp_path / "a.tar.gz", CLASSES) == read_json_database(path, CLASSES)


def test_something_else_names_the_file(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(ValueError, match=r'a\.json should have "database"'):
        read_json_database(tmp_path / "a.json", CLASSES)
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON"):
        read_json_database(tmp_path / "a.json", CLASSES)
