"""``react-tad data check`` of own data: nothing is fetched or converted before, and everything is said at once."""

import json

import numpy as np
import pytest

from own import Own
from react_tad.cli import main
from react_tad.data.annotations import SUBSETS


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Sound own data in the folder of a project: 30 s each, two instances of two classes."""
    made = Own(tmp_path)
    for number in range(18):
        first = number % 5
        instances = (("nod", 1.5 + first, 6.25), ("wave", 9.5 + first, 26.75))
        made.add(f"v{number}", SUBSETS[number % 3], snippets=58 + number % 3, instances=instances, duration=30.0)
    (tmp_path / "params.yaml").write_text(
        "windows: {stride: 16}\n"
        "datasets:\n"
        "  custom: {options: {features: my features, annotations: my annotations.json}}\n"
        "  gestures: {kind: custom, options: {features: my features, annotations: my annotations.json}, "
        "windows: {length: 16}}\n"
    )
    monkeypatch.chdir(tmp_path)
    made.write()
    return made


def check(capsys, *more, name="custom"):
    """Exit status and lines on the screen."""
    try:
        status = main(["data", "check", name, *more])
    except SystemExit as end:
        assert str(end.code).startswith(f"react-tad data: {name}: ")
        return 1, [*capsys.readouterr().out.splitlines(), str(end.code)]
    return status, capsys.readouterr().out.splitlines()


def change(own, function, subset=None):
    """Change the entries of a subset, or of all."""
    for entry in own.database.values():
        if subset in (None, entry["subset"]):
            function(entry)
    own.write()


def test_a_group_on_both_sides_is_doubted(own, capsys):
    own.database["v0"]["group"] = own.database["v2"]["group"] = "anna"
    own.write()
    status, lines = check(capsys)
    assert (status, [line for line in lines if "group" in line]) == (
        0,
        [
            "warning: 1 group ('anna') with recordings in several subsets: those of 'anna' are in training and test. "
            "Recordings of one group are alike, so that the network seems better than it is; give them one subset"
        ],
    )


def times(factor):
    """A change of all segments."""

    def changed(entry):
        for item in entry["annotations"]:
            item["segment"] = [round(time * factor) for time in item["segment"]]

    return changed


def test_sound_data_are_described(own, capsys):
    before = sorted(own.folder.rglob("*"))
    status, lines = check(capsys)
    assert status == 0
    assert lines == [
        "2 classes, instances in  training  validation  test",
        "  nod                           6           6     6",
        "  wave                          6           6     6",
        "training: 6 recordings, 0.05 hours, 348 snippets, 12 instances",
        "validation: 6 recordings, 0.05 hours, 354 snippets, 12 instances",
        "test: 6 recordings, 0.05 hours, 360 snippets, 12 instances",
        "dimension 4; seconds a snippet: min 0.5, median 0.5085, max 0.5172 (time: spread, the duration divided by the "
        "snippets)",
        "custom: nothing is wrong; 18 annotated videos, 18 of them with features",
    ]
    assert sorted(own.folder.rglob("*")) == before, "nothing is written"


def test_a_warning_is_exit_status_0(own, capsys):
    change(own, lambda entry: entry["annotations"][0].update(label="Nod "), "test")
    status, lines = check(capsys)
    assert status == 0
    warnings = [line for line in lines if line.startswith("warning: ")]
    assert warnings[0].startswith("warning: 2 classes whose labels are nearly the same: 'Nod ' (training 0,")
    assert "'Nod ' (training 0, validation 0, test 6)" in warnings[1] and "training has no instance" in warnings[1]
    assert lines[-1] == "custom: no errors, 3 warnings; 18 annotated videos, 18 of them with features"


def test_segments_in_frames_are_a_warning_beside_the_errors(own, capsys):
    change(own, times(25), "validation")
    status, lines = check(capsys)
    assert status == 1 and lines[-1].startswith("react-tad data: custom: 12 problems, 1 warning; ")
    assert next(line for line in lines if line.startswith("warning: ")).startswith(
        "warning: validation: in 6 of 6 videos segments end after the video: the last at 22.3 times the duration"
    )


def test_errors_of_all_kinds_are_said_at_once(own, capsys):
    own.database["v0"]["annotations"][0]["segment"] = [5, 2]
    own.database["v0"]["annotations"][1]["label"] = ""
    own.database["v3"]["duration"] = 0
    own.database["gone"] = own.database["v6"]
    own.arrays["v9"] = np.zeros((20, 5), np.float32)
    own.arrays["unknown"] = np.zeros((20, 4), np.float32)
    own.write()
    (own.features / "v12.npy").write_bytes(b"")
    status, lines = check(capsys)
    assert status == 1
    for said in (
        "'v0': segment [5.0, 2.0] of 'wave'".replace("wave", "nod"),
        "'v0': label = ''",
        "'v3': duration = 0",
        "no features in my features of 1 video ('gone')",
        "does not know 1 video ('unknown')",
        "v12.npy: video 'v12': not a whole .npy file",
    ):
        assert sum(said in line for line in lines) == 1, said
    assert "6 problems" in lines[-1]
    (own.features / "v12.npy").unlink()
    assert any("5 in 1 video ('v9')" in line for line in check(capsys)[1])


def test_of_annotations_that_can_be_read_the_classes_are_told_whatever_features_there_are(own, capsys):
    (own.features / "v0.npy").unlink()
    status, lines = check(capsys)
    assert status == 1 and lines[0] == "2 classes, instances in  training  validation  test"
    assert any("no features in my features of 1 video ('v0')" in line for line in lines)


def test_features_that_lie_on_their_side_are_refused_by_their_headers(own, capsys):
    for name, array in own.arrays.items():
        own.arrays[name] = array.T
    own.write()
    status, lines = check(capsys, "--skip-numbers")
    assert status == 1 and any("transpose them (array.T)" in line for line in lines)


def test_numbers_that_are_not_finite_are_errors_unless_they_are_skipped(own, capsys):
    own.arrays["v5"][3, 1] = np.nan
    own.write()
    status, lines = check(capsys)
    assert status == 1 and any("snippet 3: a feature is nan" in line for line in lines)
    assert check(capsys, "--skip-numbers")[0] == 0


def test_windows_of_the_block_are_looked_at(own, capsys):
    status, lines = check(capsys, name="gestures")
    warnings = [line for line in lines if line.startswith("warning: ")]
    assert status == 0 and len(warnings) == 3
    assert warnings[0].startswith(
        "warning: training: 6 of 12 instances (50.0%) are longer than a window of 16 snippets (8.28 s)"
    )


def test_the_log_of_features_and_windows_has_the_same(own, capsys):
    """Split by split, as the workflow does it: what concerns all is said once."""
    change(own, times(25), "test")
    cfg = json.dumps({"dataset": "custom", "options": {}})
    places = json.dumps({"features": str(own.features), "annotations": str(own.annotations)})
    said = {}
    for split in SUBSETS:
        of_split = ["--cfg", cfg, "--places", places, "--split", split]
        assert main(["fetch", *of_split, "--to", "raw"]) == 0
        capsys.readouterr()
        assert main(["features", *of_split, "--raw", "raw", "--annotations", "made", "--features", "made/f"]) == 0
        said[split] = capsys.readouterr().out.splitlines()
        windows = ["--cfg", '{"windows": {"length": 16}}', "--out", f"made/w/{split}.json"]
        files = ["--annotations", f"made/{split}.json", "--features", f"made/f/{split}.json"]
        assert main(["windows", *windows, *files]) == 0
        said[split] += capsys.readouterr().out.splitlines()
    assert said["training"][:4] == [
        "2 classes, instances in  training  validation  test",
        "  nod                           6           6     6",
        "  wave                          6           6     6",
        "training: 6 recordings, 0.05 hours, 348 snippets, 12 instances",
    ]
    everything = [line for lines in said.values() for line in lines]
    assert sum("2 classes, instances in" in line for line in everything) == 1
    assert [line[:60] for line in everything if line.startswith("warning: ") and "window" not in line] == [
        "warning: test: in 6 of 6 videos segments end after the video"
    ]
    assert any(line.startswith("warning: training: 6 of 12 instances (50.0%) are longer") for line in everything)


def test_new_recordings_are_counted_and_not_doubted(own, capsys):
    own.add("n", "new", snippets=60, instances=())
    own.database["n"] = {"subset": "new", "duration": 31.0}
    own.write()
    status, lines = check(capsys)
    assert status == 0 and "new: 1 recordings, 0.00861 hours, 60 snippets, 0 instances" in lines
    assert lines[-1].startswith("custom: nothing is wrong; 19 ")


def test_a_time_that_is_not_that_of_the_features(own, capsys):
    status, lines = check(capsys, "--set", "options.time=seconds", "options.seconds_per_snippet=0.02")
    assert status == 0
    assert "(time: seconds, seconds_per_snippet: 0.02, or what a video's entry says)" in " ".join(lines)
    assert sum("durations are 25.9 times where the features end" in line for line in lines) == 1
