import json
from collections import Counter

import h5py
import numpy as np
import pytest
import thumos14_files as made

from react_tad.cli import main
from react_tad.data.annotations import read_annotations
from react_tad.data.datasets import thumos14
from react_tad.data.features import FeatureStore
from react_tad.data.problems import DataError
from react_tad.data.windows import WindowIndex
from react_tad.evaluation.ground_truth import read_ground_truth


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setitem(thumos14.EXPECTED, "official", made.COUNTS)
    return made.write_mirror(tmp_path / "mirror")


def convert(folder, mirror, options=None):
    """From the published files to windows, by the command line."""
    cfg = json.dumps({"dataset": "thumos14", "options": options or {}})
    files = ["--annotations", str(folder / "annotations.json"), "--features"]
    raw = str(folder / "raw")
    assert main(["fetch", "--cfg", cfg, "--to", raw, "--mirror", str(mirror)]) == 0
    assert main(["features", "--cfg", cfg, "--raw", raw, *files, str(folder / "features")]) == 0
    for split in ("training", "validation", "test"):
        out = ["--out", str(folder / "windows" / f"{split}.json")]
        cfg = json.dumps({"windows": {"length": 256, "stride": 64}})
        assert main(["windows", "--cfg", cfg, *files, str(folder / "features" / f"{split}.json"), *out]) == 0
    return read_annotations(folder / "annotations.json")


def test_from_the_published_files_to_windows(tmp_path, mirror):
    annotations = convert(tmp_path, mirror)
    assert len(annotations.classes) == 20
    assert Counter(video.subset for video in annotations.videos.values()) == {"training": 2, "validation": 2, "test": 2}
    assert {name for name, video in annotations.videos.items() if video.subset == "validation"} == {
        "video_validation_0000051",
        "video_validation_0000161",
    }
    manifest = json.loads((tmp_path / "raw" / "manifest.json").read_text())
    assert all(record["recorded_on_first_use"] for record in manifest["files"])

    # 29.97 frames/s: [2, 4] s is [2, 4] * 29.97 / 5 snippets, and of two classes.
    window = WindowIndex.read(tmp_path / "windows" / "validation.json").windows[1]
    assert window.video == "video_validation_0000161"
    assert [annotations.classes[label] for label in window.labels] == ["CliffDiving", "Diving"]
    np.testing.assert_allclose(window.segments, np.array([[2, 4], [2, 4]]) * 29.97002997002997 / 5)

    # 1999 frames are 400 snippets: windows from 0, 64, 128 and 192; [10, 12] s is [60, 72], in the first alone.
    training = WindowIndex.read(tmp_path / "windows" / "training.json")
    assert [(w.video, w.first, w.length) for w in training.windows] == [
        ("video_validation_0000052", 0, 80),
        ("video_validation_0000162", 0, 256),
    ]
    assert training.counts["windows_dropped_as_empty"] == 3


def test_every_fifth_frame_of_both_streams(tmp_path, mirror):
    convert(tmp_path, mirror)
    store = FeatureStore(tmp_path / "features" / "training.json")
    for video in store:
        rgb, flow = (made.stream(video, name) for name in ("rgb", "flow"))
        frames = min(len(rgb), len(flow))
        expected = [np.concatenate([rgb[frame], flow[frame]]) for frame in range(0, frames, 5)]
        np.testing.assert_array_equal(store[video], expected)
    lengths = {video: store.info(video).length for split in ("training", "validation", "test") for store in
               [FeatureStore(tmp_path / "features" / f"{split}.json")] for video in store}  # fmt: skip
    for video, length in lengths.items():
        frames = made.FRAMES[video][1] - (video == made.SHORTER_RGB)
        assert length == -(-(frames - 1) // 5), "ceil((frames - 1) / 5)"
    assert "video_test_0001292" not in lengths


def test_ambiguous_segments_are_kept_for_evaluation_and_no_class(tmp_path, mirror):
    annotations = convert(tmp_path, mirror)
    assert "Ambiguous" not in annotations.classes
    truth = read_ground_truth(tmp_path / "annotations.json", "test")
    assert truth.ambiguous_start_end.tolist() == [[8.0, 9.0]]
    assert [truth.videos[video] for video in truth.ambiguous_video] == ["video_test_0000004"]
    windows = WindowIndex.read(tmp_path / "windows" / "training.json")
    assert sum(len(window.labels) for window in windows.windows) == 3
    assert windows.counts["instances"] == 3


def test_durations_and_frame_rates_are_those_of_the_videos(tmp_path, mirror):
    annotations = convert(tmp_path, mirror)
    for name, video in annotations.videos.items():
        fps, frames = made.FRAMES[name]
        assert (video.fps, video.duration) == (fps, frames / fps)
    assert read_ground_truth(tmp_path / "annotations.json", "test").past_end == 1


def test_half_precision_halves_the_file_and_rounds(tmp_path, mirror):
    convert(tmp_path / "whole", mirror)
    convert(tmp_path / "half", mirror, {"storage": "float16"})
    whole, half = (FeatureStore(tmp_path / name / "features" / "test.json") for name in ("whole", "half"))
    assert half["video_test_0000006"].dtype == np.float32
    assert half.array_path.stat().st_size - 128 == (whole.array_path.stat().st_size - 128) / 2
    for video in whole:
        np.testing.assert_array_equal(half[video], whole[video].astype(np.float16))


def json_document(duration_extra=0.1):
    """The annotations as ActionFormer writes them, without ambiguous segments."""
    database = {}
    for part, subset in (("val", "Validation"), ("test", "Test")):
        for label, lines in made.ROWS[part].items():
            for video, start, end in map(str.split, lines):
                if label != "Ambiguous":
                    fps, frames = made.FRAMES[video]
                    entry = {"subset": subset, "duration": frames / fps + duration_extra, "fps": fps, "annotations": []}
                    item = {"label": label, "segment": [float(start), float(end)], "label_id": 0}
                    database.setdefault(video, entry)["annotations"].append(item)
    return {"version": "", "database": database}


def test_the_i3d_features_and_annotations_of_one_archive(tmp_path, monkeypatch):
    monkeypatch.setitem(thumos14.EXPECTED, "actionformer", made.COUNTS | {"ambiguous segments": 0})
    made.write_i3d(tmp_path / "thumos.tar.gz", json.dumps(json_document()))
    options = thumos14.Options(features="i3d", annotations="actionformer")
    assert list(thumos14.published(options)) == ["thumos.tar.gz"]
    recordings = thumos14.prepare(tmp_path, options).recordings
    assert [item.video for item in recordings] == [name for name in made.FRAMES if name != "video_test_0001292"]
    for item in recordings:
        number = list(made.FRAMES).index(item.video)
        np.testing.assert_array_equal(item.features, np.full((made.i3d_snippets(item.video), 4), number))
        assert item.seconds_per_snippet == 4 / item.fps, "a snippet every 4 frames"
        assert item.first_center_seconds == 8 / item.fps, "16 frames a snippet"


def test_annotations_of_gtad_with_frame_rates_from_the_tables(tmp_path, mirror, monkeypatch):
    monkeypatch.setitem(thumos14.EXPECTED, "gtad", made.COUNTS | {"ambiguous segments": 0})
    document = json_document()
    for entry in document["database"].values():
        entry["subset"] = {"Validation": "train", "Test": "test"}[entry["subset"]]
        del entry["duration"], entry["fps"]
        for item in entry["annotations"]:
            item["segment"] = [str(value) for value in item["segment"]]
    (mirror / "thumos_gt.json").write_text(json.dumps(document))
    of_text = thumos14.examine(
        {name: mirror / name for name in thumos14.published(thumos14.Options())}, thumos14.Options()
    )
    options = thumos14.Options(annotations="gtad")
    of_json = thumos14.examine({name: mirror / name for name in thumos14.published(options)}, options)
    assert not of_json.problems
    for name, video in of_json.videos.items():
        same = of_text.videos[name]
        assert sorted(video.instances) == sorted(same.instances)
        assert (video.subset, video.duration, video.fps) == (same.subset, same.duration, same.fps)


def test_all_faults_are_said_at_once(tmp_path, mirror):
    rows = {part: {label: list(lines) for label, lines in own.items()} for part, own in made.ROWS.items()}
    rows["val"]["Billiards"] += ["video_validation_0000777  1.0 2.0", "video_validation_0000051  5.0 4.0", "nonsense"]
    rows["test"]["Juggling"] = ["video_test_0000004  1.0 2.0"]
    made.write_annotations(mirror, rows)
    with h5py.File(mirror / "flow_val.h5", "a") as file:
        del file["video_validation_0000052"], file["video_validation_0000162"]
        file["video_validation_0000162"] = np.zeros((1500, 3), np.float32)
    with h5py.File(mirror / "rgb_test.h5", "a") as rgb, h5py.File(mirror / "flow_test.h5", "a") as flow:
        for file in (rgb, flow):
            del file["video_test_0000004"]
            file["video_test_0000004"] = np.zeros((900, 3), np.float32)
    with pytest.raises(DataError) as caught:
        thumos14.prepare(mirror, thumos14.Options())
    said = "\n".join(
        f"{item.file}: '{item.video}': {item.found}; expected {item.expected}" for item in caught.value.problems
    )
    for fault in (
        "'video_validation_0000777': no duration or frame rate",
        "a segment ends at 4 s and starts at 5 s",
        "line 5: 'nonsense': 'nonsense'",
        "unknown label 'Juggling'",
        "flow_val.h5: 'video_validation_0000052': no features",
        "rgb_val.h5 1999, flow_val.h5 1500",
        "'video_test_0000004': 180 snippets, 37.50 s at 24 frames/s; expected 50.12 s",
        "7 official validation instances; expected 6",
        "5 official validation videos; expected 4",
    ):
        assert said.count(fault) == 1, fault
    assert len(caught.value.problems) == 9


# The real annotations.


@pytest.mark.parametrize("annotations", ["official", "actionformer", "gtad"])
def test_the_published_annotations(shared_data, tmp_path, annotations):
    folder = shared_data / "thumos14"
    options = thumos14.Options(annotations=annotations)
    database = json.loads((folder / "thumos14.json").read_text())["database"]
    paths = {
        "thumos.tar.gz": folder / "thumos14.json",
        "thumos_gt.json": folder / "thumos_gt.json",
        "TH14_Temporal_annotations_validation.zip": folder / "official_txt" / "annotation_val",
        "TH14_Temporal_annotations_test.zip": folder / "official_txt" / "annotation_test",
    }
    for part, subset in (("val", "Validation"), ("test", "Test")):
        own = {name: entry for name, entry in database.items() if entry["subset"] == subset}
        lines = [f"{name},{entry['fps']},{round(entry['duration'] * entry['fps'])}" for name, entry in own.items()]
        paths[f"{part}_video_info.csv"] = tmp_path / f"{part}.csv"
        paths[f"{part}_video_info.csv"].write_text("\n".join(["video,fps,count", *lines]))
    examined = thumos14.examine({name: paths.get(name) for name in thumos14.published(options)}, options)
    assert list(examined.problems) == [], "the counts are those that were published"
    instances = Counter()
    for video in examined.videos.values():
        instances[video.subset] += len(video.instances)
    assert instances == {"training": 2488, "validation": 519, "test": 3311 if annotations == "gtad" else 3358}
    cliff = {
        (v, s, e) for v, video in examined.videos.items() for label, s, e in video.instances if label == "CliffDiving"
    }
    diving = {(v, s, e) for v, video in examined.videos.items() for label, s, e in video.instances if label == "Diving"}
    assert len(cliff) == 217 + 143 and cliff <= diving
    if annotations == "official":
        assert sum(len(video.ambiguous) for video in examined.videos.values()) == 89 + 99 - 3
        assert {video.fps for video in examined.videos.values()} == {24.0, 25.0, 29.97, 30.0}


def test_the_held_out_videos_are_balanced(shared_data):
    """Every class has two of its ten videos held out, and these are the best two last digits."""
    from itertools import combinations

    rows = Counter()
    for path in (shared_data / "thumos14" / "official_txt" / "annotation_val").glob("*_val.txt"):
        for line in path.read_text().splitlines():
            rows[path.stem.removesuffix("_val"), line.split()[0][-1]] += 1

    def worst(digits):
        shares = [
            sum(rows[label, digit] for digit in digits) / sum(rows[label, digit] for digit in "0123456789")
            for label in thumos14.CLASSES
        ]
        return max(abs(share - 0.2) for share in shares)

    assert set(min(combinations("0123456789", 2), key=worst)) == thumos14.HELD_OUT_DIGITS
