"""The script that measures growth: what it says of its numbers, and what it makes up."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import growth
from growth import Measured
from growth_steps import STEPS, Size, annotated, best_of, raw_detections


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5, 2.0])
def test_the_exponent_is_that_of_what_grows(power):
    sizes = [1, 10, 100]
    assert growth.exponent(sizes, [3 + 0.02 * size**power for size in sizes]) == pytest.approx(
        power if power > 0.5 else None, abs=1e-6
    )


def test_two_sizes_give_the_slope_of_the_logarithms():
    assert growth.exponent([10, 1000], [2.0, 20.0]) == pytest.approx(0.5)


def measured(size, cpu_seconds, own_bytes):
    by_the_clock = cpu_seconds**2  # grows otherwise
    return Measured("recordings", "view", size // 10, size, by_the_clock, cpu_seconds, 2 * own_bytes, own_bytes)


def test_the_table_by_hand():
    found = [measured(10, 1.0, 20e6), measured(100, 1.9, 22e6), measured(1000, 10.9, 40e6)]
    assert growth.table(found) == [
        "| recordings | 10: s | 100: s | 1,000: s | exponent | 10: MB | 100: MB | 1,000: MB | a recording |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        "| view | 1.00 | 1.90 | 10.90 | 1.00 | 20 | 22 | 40 | 20.0 kB |",
    ]


def test_memory_that_hardly_grows_is_flat():
    assert growth.grown([measured(10, 1.0, 100_000_000), measured(1000, 1.0, 100_050_000)]) == "flat"


def test_what_is_made_up_is_of_the_size_that_is_asked_for():
    size = Size(recordings=40, detections=30, classes=7)
    videos = annotated(size)
    assert [
        sum(video.subset == split for video in videos.values()) for split in ("training", "validation", "test")
    ] == [*(16, 4, 20)]
    assert {item.label for video in videos.values() for item in video.instances} == {f"class {n:04}" for n in range(7)}
    assert all(0 <= item.start < item.end <= video.duration for video in videos.values() for item in video.instances)
    raw, again = raw_detections(size), raw_detections(size)
    assert np.bincount(raw.video).tolist() == [30] * 20
    np.testing.assert_array_equal(raw.start_end, again.start_end)
    assert (np.diff(best_of(raw).score)[np.diff(best_of(raw).video) == 0] <= 0).all()


def test_steps_are_measured_and_drawn(tmp_path, monkeypatch, capsys):
    outputs = ["--csv", str(tmp_path / "growth.csv"), "--svg", str(tmp_path / "growth.svg")]
    chosen = ["--series", "runs", "recordings", "--steps", "summarize", "evaluate", "--scale", "2", "1"]
    monkeypatch.setattr(sys, "argv", ["growth.py", *chosen, *outputs])
    growth.main()
    with open(tmp_path / "growth.csv") as file:
        rows = list(csv.DictReader(file))
    assert [(row["series"], row["step"], row["size"]) for row in rows] == [
        ("runs", "summarize", "10"),
        ("runs", "summarize", "20"),
        ("recordings", "evaluate", "100"),
        ("recordings", "evaluate", "200"),
    ]
    assert all(float(row["cpu_seconds"]) > 0 and int(row["own_bytes"]) > 1e6 for row in rows)
    shown = capsys.readouterr().out
    assert "| evaluate |" in shown
    assert (tmp_path / "growth.svg").read_text().startswith("<?xml")
    monkeypatch.setattr(sys, "argv", ["growth.py", "--read", str(tmp_path / "growth.csv")])
    growth.main()
    assert shown.endswith(capsys.readouterr().out)


def test_every_step_is_in_a_series():
    asked = {step for series in growth.SERIES.values() for step in series.steps}
    assert asked == set(STEPS) - {"windows_training", "windows_validation"}
