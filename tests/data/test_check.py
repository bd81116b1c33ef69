import json

import h5py
import numpy as np
import pytest
import thumos14_files as made

from react_tad.cli import main
from react_tad.data.annotations import SUBSETS
from react_tad.data.datasets import thumos14


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setitem(thumos14.EXPECTED, "official", made.COUNTS)
    return made.write_mirror(tmp_path / "mirror")


def check(tmp_path, capsys, *more, name="thumos14", options="{}"):
    """Exit status and rows of the table, as (file, video, found, expected)."""
    table = tmp_path / "table.csv"
    table.unlink(missing_ok=True)
    arguments = ["data", "check", name, "--options", options, "--data", str(tmp_path / "data"), "--csv", str(table)]
    try:
        status = main([*arguments, *map(str, more)])
    except SystemExit as end:
        status = 1 if isinstance(end.code, str) else end.code
        capsys.readouterr()
        assert str(end.code).startswith(f"react-tad data: {name}: ")
    rows = [tuple(line.split(",")) for line in table.read_text().splitlines()[1:]]
    return status, rows


def test_sound_files_have_only_the_segment_past_the_end(tmp_path, mirror, capsys):
    status, rows = check(tmp_path, capsys, "--mirror", mirror)
    assert status == 1
    assert [row[1] for row in rows] == ["video_test_0000006"]
    assert "ends past the end of the video" in rows[0][2] + rows[0][3]


def test_nothing_wrong_is_exit_status_0(tmp_path, capsys, monkeypatch):
    rows = {"val": made.ROWS["val"], "test": made.ROWS["test"] | {"Shotput": ["video_test_0000004 3 5"] * 2}}
    monkeypatch.setitem(thumos14.EXPECTED, "official", made.COUNTS | {"test videos": 1})
    mirror = made.write_mirror(tmp_path / "mirror")
    made.write_annotations(mirror, rows)
    assert check(tmp_path, capsys, "--mirror", mirror) == (0, [])
    said = capsys.readouterr().out
    assert "no errors, 4 warnings; 5 annotated videos, 5 of them with features" in said
    assert said.count("\nwarning: ") == 4, "classes with too few instances"


def test_files_that_miss_do_not_hide_what_the_others_hold(tmp_path, mirror, capsys):
    (mirror / "flow_test.h5").unlink()
    (mirror / "rgb_val.h5").unlink()
    status, rows = check(tmp_path, capsys, "--mirror", mirror)
    assert status == 1
    assert [(row[0], row[2]) for row in rows[:2]] == [("rgb_val.h5", "not there"), ("flow_test.h5", "not there")]
    assert rows[0][3] == f"by hand from {thumos14.TSN_FILES[0].url}"
    assert rows[2][1] == "video_test_0000006"


def test_numbers_that_are_not_finite_are_counted_by_video(tmp_path, mirror, capsys):
    with h5py.File(mirror / "flow_val.h5", "a") as file:
        file["video_validation_0000162"][10, 1] = np.nan
        file["video_validation_0000162"][16:30, 1] = np.inf  # frames 20 and 25 are used
    status, rows = check(tmp_path, capsys, "--mirror", mirror)
    assert status == 1
    assert [row[2:4] for row in rows if row[1] == "video_validation_0000162"] == [
        ('"3 features are no finite numbers', ' the first in snippet 2"')
    ]
    status, rows = check(tmp_path, capsys, "--mirror", mirror, "--skip-numbers")
    assert [row[1] for row in rows] == ["video_test_0000006"]


def test_a_damaged_file_is_named_by_its_recorded_checksum(tmp_path, mirror, capsys):
    downloads = tmp_path / "data" / "thumos14" / "downloads"
    assert (
        main(
            ["data", "fetch", "thumos14", "--options", "{}", "--data", str(tmp_path / "data"), "--mirror", str(mirror)]
        )
        == 0
    )
    assert check(tmp_path, capsys)[1][0][1] == "video_test_0000006"
    path = downloads / "val_video_info.csv"
    path.write_text(path.read_text().replace("331.0", "332.0"))
    status, rows = check(tmp_path, capsys)
    assert status == 1
    assert rows[0][0] == str(path)
    assert "damaged or another version: sha256" in rows[0][2]


def test_what_was_converted_is_checked_too(toy, tmp_path, capsys):
    (tmp_path / "data").mkdir()
    folder = tmp_path / "data" / "toy"
    options = '{"training": 6, "validation": 4, "test": 4}'
    cfg = json.dumps({"dataset": "toy", "options": json.loads(options)})
    made_of = ["--raw", str(folder / "raw"), "--annotations", str(folder / "annotations")]
    assert main(["features", "--cfg", cfg, *made_of, "--features", str(folder / "features")]) == 0
    assert check(tmp_path, capsys, name="toy", options=options) == (0, [])

    documents = {split: json.loads((folder / f"annotations/{split}.json").read_text()) for split in SUBSETS}
    database = {name: entry for document in documents.values() for name, entry in document["database"].items()}
    del documents["test"]["database"]["toy_test_0001"]
    database["toy_training_0000"]["duration"] += 9.0
    item = database["toy_validation_0002"]["annotations"][0]
    item["segment"][1] = database["toy_validation_0002"]["duration"] + 5
    added = {"subset": "training", "duration": 5.0, "annotations": []}
    documents["training"]["database"]["toy_training_0099"] = added
    for split, document in documents.items():
        (folder / f"annotations/{split}.json").write_text(json.dumps(document))
    array = np.load(folder / "features" / "test.npy", mmap_mode="r+")
    array[3, 2] = np.nan
    array.flush()
    status, rows = check(tmp_path, capsys, name="toy", options=options)
    assert status == 1
    said = [",".join(row) for row in rows]
    for video, fault in (
        ("toy_validation_0002", "ends past the end of the video"),
        ("toy_training_0099", "no features"),
        ("toy_training_0000", "features end at"),
        ("toy_test_0001", "no annotations in this split"),
    ):
        assert sum(video in line and fault in line for line in said) == 1, fault
    assert sum("a feature is nan" in line for line in said) == 1
    assert len(said) == 5


def test_real_annotations_without_features(shared_data, tmp_path, capsys):
    """30 segments of ActionFormer's file lie past the end of their video, as others counted them too."""
    mirror = shared_data / "thumos14"
    status, rows = check(tmp_path, capsys, "--mirror", mirror, options='{"annotations": "actionformer"}')
    assert status == 1
    assert sum(row[2] == "not there" for row in rows) == 4
    past = [row for row in rows if "past the end" in row[2] + row[3]]
    assert len(past) == len(rows) - 4 == 30
    assert sum(row[1] == "video_test_0000270" for row in past) == 22


def test_real_annotations_of_activitynet_without_features(shared_data, tmp_path, capsys):
    """12 segments without a length, and 1,732 past the end of their video, one of them both."""
    status, rows = check(tmp_path, capsys, "--mirror", shared_data, name="activitynet13")
    assert status == 1
    assert (rows[0][0], rows[0][2]) == ("features.zip", "not there")
    said = [",".join(row) for row in rows[1:]]
    assert sum("has no length" in line for line in said) == 12
    assert sum("past the end of the video" in line for line in said) == len(said) - 12 == 1732


def test_files_in_a_mirror_are_looked_at_under_their_own_names(shared_data, tmp_path, capsys):
    """The archive of HAPT has another name there; nothing is copied."""
    assert check(tmp_path, capsys, "--mirror", shared_data, "--skip-numbers", name="hapt") == (0, [])
    assert "nothing is wrong; 61 annotated videos, 61 of them with features" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["toy", "hapt", "thumos14", "activitynet13", "custom"])
def test_describe_needs_no_data(name, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["data", "describe", name]) == 0
    said = capsys.readouterr().out
    from react_tad.data.datasets import find

    dataset = find(name)
    assert dataset.LICENCE in said and dataset.CITATION in said
    for versions in dataset.published(dataset.OPTIONS()).values():
        for version in versions:
            assert all(
                str(value) in said for value in (version.name, version.url, version.sha256, version.md5) if value
            )
    for kind, count in dataset.expected_counts(dataset.OPTIONS()).items():
        assert f"{kind} {count}" in said
    assert ("generated" in said) == (name == "toy")
    assert list(tmp_path.iterdir()) == []


def test_the_options_of_params_yaml_are_the_default(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("datasets: {thumos14: {options: {features: i3d}}}\n")
    assert main(["data", "describe", "thumos14"]) == 0
    assert "md5 375f76ffbf7447af1035e694971ec9b2" in capsys.readouterr().out
    assert main(["data", "describe", "thumos14", "--options", '{"feature": "i3d"}']) == 1
    assert "Did you mean 'features'?" in capsys.readouterr().err
