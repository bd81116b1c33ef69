import csv
import io
import json

import numpy as np
import pytest

from react_tad.paper.class_losses import as_csv, follow_classification
from react_tad.paper.studies import LogStudy, read_study


def write_log(path, values):
    lines = ["epoch,stage,train_total,validation_classification"]
    lines += [f"{epoch},joint,1,{value}" for epoch, value in enumerate(values, start=1)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def follow(rows):
    return follow_classification(read_study(json.dumps({"name": "figureS3", "rows": rows}), LogStudy))


def test_mean_and_deviation_by_epoch(tmp_path):
    logs = [write_log(tmp_path / "a.csv", [2, 1, 0.5]), write_log(tmp_path / "b.csv", [4, 1, 1.5])]
    both, one = follow({"both": {"label": "with ACE-dec", "logs": logs}, "query_only": {"logs": logs[:1]}})
    np.testing.assert_allclose(both.mean, [3, 1, 1])
    np.testing.assert_allclose(both.std, [2**0.5, 0, 0.5**0.5])
    assert (both.label, one.label, one.std) == ("with ACE-dec", "query only", None)
    rows = list(csv.DictReader(io.StringIO(as_csv([both, one]))))
    assert [(each["row"], each["epoch"], each["seeds"]) for each in rows[2:4]] == [
        ("both", "3", "2"), ("query_only", "1", "1"),
    ]  # fmt: skip
    assert rows[3]["loss_std"] == ""


def test_epochs_without_a_detector_are_left_out(tmp_path):
    (curve,) = follow({"released": {"logs": [write_log(tmp_path / "a.csv", ["", "", 0.5, 0.25])]}})
    assert curve.epochs.tolist() == [3, 4]


def test_wrong_logs_are_named(tmp_path):
    empty = write_log(tmp_path / "empty.csv", ["", ""])
    with pytest.raises(ValueError, match=r"empty\.csv.*validation_classification"):
        follow({"a": {"logs": [empty]}})
    logs = [write_log(tmp_path / "a.csv", [1, ""]), write_log(tmp_path / "b.csv", ["", 1])]
    with pytest.raises(ValueError, match=r"row 'a'.*no epoch"):
        follow({"a": {"logs": logs}})
