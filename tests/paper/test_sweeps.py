import csv
import io
import json

import numpy as np
import pytest

from paper.made import row, write_grouped
from react_tad.cli import main
from react_tad.detection.detections import read_detections
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.files import read_json
from react_tad.paper.statistics import ResampledMap, resampled_videos
from react_tad.paper.studies import Sweep, read_study
from react_tad.paper.sweeps import as_csv, follow


def sweep(runs, *, seeds=3, **more):
    points = [{"value": value, **row(runs[name][:seeds])} for value, name in ((0.5, "all"), (-0.25, "without_sq"))]
    return {"name": "figure5a", "parameter": "model.raid.gamma", "points": points, **more}


def read(description):
    return read_study(json.dumps(description), Sweep)


def test_band_over_seeds(runs):
    curve = follow(read(sweep(runs)))
    assert [point.value for point in curve.points] == [-0.25, 0.5]
    assert curve.band == "seeds"
    for point, name in zip(curve.points, ("without_sq", "all"), strict=True):
        values = [read_json(metrics)["average_map"] for metrics, _ in runs[name]]
        assert point.average.mean == pytest.approx(np.mean(values))
        assert point.deviation == pytest.approx(np.std(values, ddof=1))
        assert list(point.by_seed.values()) == values


def test_band_over_videos_where_there_is_one_seed(runs, files):
    truth = read_ground_truth(files / "annotations.json", "test")
    curve = follow(read(sweep(runs, seeds=1)), truth, resamples=100)
    assert (curve.band, curve.band_units) == ("videos", 6)
    assert follow(read(sweep(runs, seeds=1))).band == "none"
    weights = resampled_videos(truth, resamples=100)
    for point, name in zip(curve.points, ("without_sq", "all"), strict=True):
        found = read_detections(runs[name][0][1])
        values = ResampledMap(truth, found, (0.3, 0.4, 0.5, 0.6, 0.7))(weights)
        assert point.deviation == pytest.approx(values.std(ddof=1))


def test_band_over_groups(runs, files):
    truth = read_ground_truth(write_grouped(files, {"v0": "anna", "v3": "anna"}), "test")
    curve = follow(read(sweep(runs, seeds=1)), truth, resamples=100)
    assert (curve.band, curve.band_units) == ("groups", 5)
    weights = resampled_videos(truth, resamples=100)
    values = ResampledMap(truth, read_detections(runs["all"][0][1]), (0.3, 0.4, 0.5, 0.6, 0.7))(weights)
    assert curve.points[1].deviation == pytest.approx(values.std(ddof=1))
    rows = list(csv.DictReader(io.StringIO(as_csv(curve))))
    assert [(each["band"], each["band_units"]) for each in rows] == [("groups", "5")] * 2


def test_a_single_group_gives_no_band(runs, files):
    one = read_ground_truth(write_grouped(files, {f"v{video}": "anna" for video in range(6)}), "test")
    curve = follow(read(sweep(runs, seeds=1)), one, resamples=20)
    assert (curve.band, curve.band_units) == ("none", None)
    assert all(point.deviation is None for point in curve.points)


def test_csv_is_what_is_drawn(runs):
    description = sweep(runs)
    description["points"][1] = {"value": -0.25, "metrics": [runs["half_{A}_50%"][0][0]]}
    rows = list(csv.DictReader(io.StringIO(as_csv(follow(read(description))))))
    assert [float(each["value"]) for each in rows] == [-0.25, 0.5]
    assert [each["average_map_std"] != "" for each in rows] == [False, True]
    assert [each["average_map_seed_0"] != "" for each in rows] == [False, True]
    assert rows[0]["average_map_seed_1"] == rows[0]["average_map_mean"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameter": "model.raid.tau"}, "model.raid.tau.*paper sweeps 'model.raid.gamma'"),
        ({"paper": "figure6"}, "figure6.*figure5a, figure5b"),
        ({"points": []}, "points"),
        ({"values": [1]}, "values"),
    ],
)
def test_wrong_sweeps_are_named(change, message, runs):
    with pytest.raises(ValueError, match=message):
        read(sweep(runs) | change)


def test_a_value_twice(runs):
    description = sweep(runs)
    description["points"][1]["value"] = 0.5
    with pytest.raises(ValueError, match="should be different"):
        read(description)


def test_nothing_to_write(runs, capsys):
    assert main(["sweep", "--study", json.dumps(sweep(runs))]) == 1
    assert "--out" in capsys.readouterr().err
