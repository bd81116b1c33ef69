"""The verb on ActivityNet-style files: table, numbers, errors, speed."""

import csv
import json
import subprocess
import sys
import time

import numpy as np
import pytest

from evaluation.test_average_precision import TIOU, found_of, thumos14_sized, truth_of
from react_tad.cli import main
from react_tad.evaluation.average_precision import evaluate
from react_tad.evaluation.diagnosis.report import COLUMNS, diagnose


@pytest.fixture
def files(tmp_path):
    """Options for two videos of subset "Test": Run found, Run found again, Jump mistaken for Run, Jump missed."""
    run, jump = ({"label": label, "segment": [start, start + 4]} for label, start in (("Run", 0), ("Jump", 10)))
    database = {
        "a": {"subset": "Test", "duration": 40, "annotations": [run, jump]},
        "b": {"subset": "Test", "annotations": [jump]},
        "c": {"subset": "training", "duration": 40, "annotations": [run]},
    }
    results = {
        "a": [run | {"score": 0.9}, run | {"score": 0.8}, {**jump, "label": "Run", "score": 0.7}],
        "c": [run | {"score": 1}],
    }
    (tmp_path / "a.json").write_text(json.dumps({"database": database}))
    (tmp_path / "d.json").write_text(json.dumps({"results": results}))
    return ["--annotations", str(tmp_path / "a.json"), "--detections", str(tmp_path / "d.json"), "--subset", "test"]


def read(path):
    with open(path, newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def value(rows, **wanted):
    (row,) = [row for row in rows if all(row[key] == text for key, text in wanted.items())]
    return row["value"]


def test_table(files, tmp_path):
    out = tmp_path / "out.csv"
    assert main(["diagnose", *files, "--tiou", "0.5,0.75", "--csv", str(out), "--bounds", "length=2,8"]) == 0
    rows = read(out)
    assert tuple(rows[0]) == COLUMNS
    assert value(rows, analysis="overall", measure="map", tiou="average") == "0.5"
    assert float(value(rows, analysis="overall", measure="missed", tiou="0.5")) == pytest.approx(2 / 3)
    for band, kind in (("1G", "true_positive"), ("2G", "double_detection"), ("3G", "wrong_label")):
        assert value(rows, analysis="false_positives", of=band, name=kind, tiou="0.5") == "1.0"
    assert value(rows, analysis="false_positives", of="4G", name="background", tiou="0.5") == ""
    total = [row for row in rows if row["of"] == "1G-10G" and row["tiou"] == "average" and row["measure"] == "share"]
    assert [(row["name"], row["count"]) for row in total[:2]] == [("true_positive", "3"), ("double_detection", "3")]
    assert sum(float(row["value"]) for row in total) == pytest.approx(1)
    middle = {"of": "length", "name": "M", "tiou": "0.75"}
    (sensitivity, missed) = [row for row in rows if middle.items() <= row.items()]
    assert [sensitivity[key] for key in ("low", "high", "count", "value")] == ["2.0", "8.0", "3", "0.5"]
    assert [missed[key] for key in ("analysis", "low", "high", "count")] == ["missed", "2.0", "8.0", "3"]
    counts = [int(row["count"]) for row in rows if row["of"] == "coverage" and row["tiou"] == "0.5"]
    assert sum(counts) == 2 * 2  # twice the two instances whose video has a duration


def test_under_a_profile(files, tmp_path, capsys):
    (tmp_path / "p.yaml").write_text("Test: {only_a: {used_by: us, origin: here, leave_out: {videos: [b]}}}")
    own, out = ["--profiles", str(tmp_path / "p.yaml")], tmp_path / "out.csv"
    assert main(["diagnose", *files, *own, "--profile", "only_a", "--csv", str(out), "--bounds", "length=2,8"]) == 0
    assert value(read(out), analysis="overall", measure="missed", tiou="0.5") == "0.5"
    assert main(["diagnose", *files, "--profile", "only_a"]) == 1
    assert "belong together" in capsys.readouterr().err


def test_prints_means_in_per_cent(files, capsys):
    assert main(["diagnose", *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("subset Test: 3 instances, 3 detections (1 left out); N = 1.5; mean over tIoU 0.3, 0.4")
    assert lines[1] == "mAP 50.00, normalized 50.00; missed 66.67 % of instances"
    assert lines[4].split() == ["true", "positive", "100.00", "33.33"]
    assert lines[6].split() == ["wrong", "label", "0.00", "33.33", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--bounds", "length=a"], "--bounds length=a should be like length=2,5,10"),
        (["--bounds", "size=2"], "bounds for size be for any of length, coverage, instances"),
        (["--figure", "out.pdf"], "out.pdf should end in .svg or .png"),
        (["--tiou", "0"], "tIoU thresholds"),
        (["--subset", "validation"], "no video of subset 'validation'"),
    ],
)
def test_wrong_options_are_named(files, options, message, capsys):
    assert main(["diagnose", *files, *options]) == 1
    assert message in capsys.readouterr().err


def test_no_detections_at_all():
    truth = truth_of([[0, 0, 0, 1], [0, 1, 0, 1]], 1, 2)
    result = diagnose(truth, found_of([], 1, 2), TIOU)
    assert all((values == (name == "missed")).all() for name, values in result.overall.items())
    assert not result.profile.any()


def test_torch_is_not_needed(files):
    code = (
        f"import sys; from react_tad.cli import main; main({['diagnose', *files]!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0


def test_large_enough_for_thumos14():
    truth, found = thumos14_sized()
    began = time.process_time()
    result = diagnose(truth, found, TIOU)
    assert time.process_time() - began < 10  # about 1.5 s on one core
    np.testing.assert_allclose(result.overall["map"], evaluate(truth, found, TIOU).mean_ap, rtol=0, atol=1e-12)
