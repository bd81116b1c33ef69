"""What an epoch of ActivityNet-1.3 is measured on, and how it is told."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import activitynet13_epoch


def test_features_depend_on_the_name_alone():
    first, again, other = map(activitynet13_epoch.noise, ("v_1", "v_1", "v_2"))
    assert (first.shape, first.dtype) == ((100, 400), np.float32)
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.05


def test_all_epochs_are_told_from_the_steps_that_were_run():
    found = {
        **{"stage": "detector", "threads": 1, "steps": 100, "all_steps": 600, "epochs": 35},
        **{"load_seconds": 9.0, "load_cpu_seconds": 6.0, "seconds": 100.0, "cpu_seconds": 60.0},
        **{"peak_bytes": 2.5e9, "own_bytes": 0.9e9},
    }
    row = activitynet13_epoch.row(found)
    assert row.split(" | ")[2:6] == ["100 of 600", "9 s (6 s)", "100 s (60 s)", "0.600 s"]
    assert row.endswith("| 35: 3.5 h |")  # 35 * 6 * 60 s
    assert row.count("|") == activitynet13_epoch.HEADER.splitlines()[0].count("|")
