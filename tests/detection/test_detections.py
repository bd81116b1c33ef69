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


@pytest.mark.parametrize("name", ["d.csv", "d.csv.gz", "d.json.gz", "d.json"])
def test_every_form_keeps_every_bit_and_the_order(tmp_path, name):
    labels = ("NA", "01", 'a "b", c', "two\nlines", " spaced ", "Ä")
    random = np.random.default_rng(0)
    count = 300
    start = random.uniform(0, 1e3, count)
    written = Detections(
        videos=("007", "nan", "empty", 'v,"1"', "-x"),
        classes=labels,
        video=np.sort(random.choice([0, 1, 3, 4], count)),
        start=start,
        end=start + random.exponential(1, count),
        label=random.integers(len(labels), size=count),
        score=random.uniform(0, 1, count) ** 20,
    )
    write_detections(tmp_path / name, written)
    read = read_detections(tmp_path / name)
    assert (read.videos, names(read)) == (written.videos, names(written))
    write_detections(tmp_path / "again.json", read)
    write_detections(tmp_path / "first.json", written)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "first.json").read_bytes()


def test_rows_of_a_table_may_be_mixed(tmp_path):
    text = "score,label,video,start,end\n0.5,Run,b,0,1\n0.9,Run,a,2,3\n,,c,,\n0.5,Jump,b,4,5\n"
    (tmp_path / "d.csv").write_text(text)
    read = read_detections(tmp_path / "d.csv")
    assert read.videos == ("b", "a", "c")
    assert names(read) == [("b", "Run", 0, 1, 0.5), ("b", "Jump", 4, 5, 0.5), ("a", "Run", 2, 3, 0.9)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("v,0,1,Run,", "line 3: score '' should be a number"),
        ("v,-1e13,1,Run,0.5", "line 3: start '-1e13' should be a time in seconds"),
        ("v,0,1,,0.5", "line 3: video 'v' and label '' should be names"),
        (",0,1,Run,0.5", "line 3: video '' and label 'Run' should be names"),
        ("v,2,1,Run,0.5", "line 3: video 'v': start 2.0 and end 1.0 should have end >= start"),
        ('v,"0,5",1,Run,0.5', "line 3: start '0,5' should be a number, with a point"),
    ],
)
def test_wrong_rows_are_named(tmp_path, row, message):
    (tmp_path / "d.csv").write_text(f"video,start,end,label,score\nv,0,1,Run,0.5\n{row}\n")
    with pytest.raises(ValueError, match=rf"d\.csv, {message}"):
        read_detections(tmp_path / "d.csv")


@pytest.mark.parametrize("change", [{"videos": ("b", "", "c")}, {"classes": ("Run", "")}])
def test_names_that_are_empty_are_not_written(tmp_path, change):
    with pytest.raises(ValueError, match=r"d\.csv: every video and every class should have a name"):
        write_detections(tmp_path / "d.csv", Detections(**ROWS | change))
    with pytest.raises(ValueError, match=r"results\.json: a video without a name"):
        read_detections(results(tmp_path, {"": []}))


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
        ({"label": "Run", "segment": [2, 1], "score": 1}, r"\[2, 1\].*end >= start"),
        ({"label": "Run", "segment": [0, 1, 2], "score": 1}, r"\[0, 1, 2\]"),
        ({"label": "Run", "segment": [0, 1], "score": None}, "score"),
        ({"label": 3, "segment": [0, 1], "score": 1}, "label 3"),
        ({"segment": [0, 1], "score": 1}, "label"),
        ("Run", "Run"),
        ({"label": "Run", "segment": "12", "score": 1}, r"segment '12' of 'Run' should be \[start, end\]"),
        ({"label": "Run", "segment": {"3": 0, "7": 0}, "score": 1}, "segment {'3'.* of 'Run' should be"),
        ({"label": "Run", "segment": [False, True], "score": 1}, r"segment \[False, True\] of 'Run' should be"),
        ({"label": "Run", "segment": ["0", "1_0"], "score": 1}, "'1_0' should be a number"),
        ({"label": "Run", "segment": ["0", "nan"], "score": 1}, "'nan' should be a number"),
        ({"label": "Run", "segment": [0, 1e13], "score": 1}, r"should be a time in seconds, 1e\+12 at most"),
        ({"label": "Run", "segment": [0, 1], "score": True}, "score of .*: True should be a number"),
        ({"label": "", "segment": [0, 1], "score": 1}, "label '' of .* should be a name"),
        ({"label": True, "segment": [0, 1], "score": 1}, "label True of .* should be a name"),
    ],
)
def test_wrong_entries_are_named_with_file_and_video(tmp_path, entry, message):
    with pytest.raises(ValueError, match=rf"results\.json: video 'v1': .*{message}"):
        read_detections(results(tmp_path, {"v0": [], "v1": [entry]}))


@pytest.mark.parametrize(
    ("key", "value"), [("segment", [0, float("inf")]), ("score", float("nan")), ("score", 10**400)]
)
def test_numbers_that_are_none_are_named_with_their_place(tmp_path, key, value):
    entry = {"label": "Run", "segment": [0, 1], "score": 1} | {key: value}
    with pytest.raises(ValueError, match=rf"results\.json: results / v1 / 0 / {key}.* should be a finite number"):
        read_detections(results(tmp_path, {"v0": [], "v1": [entry]}))


def test_times_may_be_text(tmp_path):
    entry = {"label": "Run", "segment": ["1.5", " 2e0 "], "score": "0.25"}
    assert names(read_detections(results(tmp_path, {"v": [entry]}))) == [("v", "Run", 1.5, 2.0, 0.25)]


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
