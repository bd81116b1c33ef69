import gzip
import json

import pytest

from react_tad.data.annotation_documents import read_annotation_document
from react_tad.data.annotations import AnnotationError, read_annotations
from react_tad.evaluation.ground_truth import read_ground_truth

WHOLE = """video,start,end,label,subset,duration,fps,group
b,0.5,1.25,NA,training,10,25,
b,2,3,01,,10,,07
a,,,,test,5.5,,07
b,4,4,"a, b",training,10,25,07
c,0,1,NA,validation,1e1,,
"""
DOCUMENT = {
    "database": {
        "b": {
            "subset": "training",
            "duration": 10.0,
            "fps": 25.0,
            "group": "07",
            "annotations": [
                {"label": "NA", "segment": [0.5, 1.25]},
                {"label": "01", "segment": [2, 3]},
                {"label": "a, b", "segment": [4, 4]},
            ],
        },
        "a": {"subset": "test", "duration": 5.5, "group": "07", "annotations": []},
        "c": {"subset": "validation", "duration": 10.0, "annotations": [{"label": "NA", "segment": [0, 1]}]},
    }
}


def table(tmp_path, text, name="a.csv"):
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return tmp_path / name


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_table_is_the_same_document_as_json(tmp_path, name):
    assert read_annotation_document(table(tmp_path, WHOLE, name), subset="?") == DOCUMENT
    (tmp_path / "a.json").write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()))
    from_table, from_json = read_annotations(tmp_path / name), read_annotations(tmp_path / "a.json")
    assert (from_table.videos, from_table.classes) == (from_json.videos, from_json.classes)
    assert from_table.classes == ("01", "NA", "a, b")
    truth = read_ground_truth(tmp_path / name, "Training")
    assert truth.videos == ("b",) and truth.other_videos == {"a", "c"}
    assert truth.start_end.tolist() == [[0.5, 1.25], [2, 3], [4, 4]]


def test_rows_that_name_two_groups_of_a_video_are_named(tmp_path):
    path = table(tmp_path, "video,start,end,label,group\nv,0,1,Run,anna\nv,1,2,Run,\nv,2,3,Run,ben\n")
    with pytest.raises(ValueError, match=r"a\.csv, line 4: video 'v': group is 'ben', and 'anna' in a row before"):
        read_annotation_document(path, subset="test")


def test_without_subsets_a_table_is_of_the_one_that_is_asked_for(tmp_path):
    path = table(tmp_path, "video,start,end,label\nv,0,1,Run\nw,,,\n")
    truth = read_ground_truth(path, "validation")
    assert (truth.videos, truth.subset, truth.label.tolist()) == (("v", "w"), "validation", [0])
    with pytest.raises(AnnotationError, match=r"a\.csv: video 'v': duration = None should be a number of seconds"):
        read_annotations(path)
    path = table(tmp_path, "video,start,end,label,duration\nv,0,1,Run,2\n")
    assert read_annotations(path).videos["v"].subset == "training"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "v,0,1,Run,test,9\nv,1,2,Run,training,9",
            "line 3: video 'v': subset is 'training', and 'test' in",
        ),
        ("v,0,1,Run,test,9\nv,1,2,Run,test,8", "line 3: video 'v': duration is 8.0, and 9.0 in a row before"),
        ("v,0,1,Run,test,long", "line 2: duration 'long' should be a number"),
        ("v,0,,Run,test,9", "line 2: end '' should be a number"),
        ("v,,,Run,test,9", "line 2: start '' should be a number"),
        ("v,0,1,,test,9", "line 2: video 'v': the label is empty"),
        (",0,1,Run,test,9", "line 2: there is no name of a video"),
        ("v,1,0,Run,test,9", "line 2: video 'v': start 1.0 and end 0.0"),
        ("v,0,1,Run,,9", "video 'v'.*subset"),
    ],
)
@pytest.mark.parametrize("reader", [read_annotations, lambda path: read_ground_truth(path, "test")])
def test_wrong_rows_are_named(tmp_path, reader, text, message):
    with pytest.raises(ValueError, match=rf"a\.csv.*{message}"):
        reader(table(tmp_path, f"video,start,end,label,subset,duration\n{text}\n"))
