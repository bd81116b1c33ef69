"""Several profiles at once, and the command."""

import json

import numpy as np
import pytest

from evaluation.profiles.noisy import noisy
from react_tad.cli import main
from react_tad.detection.detections import read_detections
from react_tad.evaluation.average_precision import evaluate
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.evaluation.profiles.catalogue import read_profiles
from react_tad.evaluation.profiles.measure import measure
from react_tad.evaluation.profiles.profile import DoesNotFit, apply

PROFILES = """
test:
  whole: {used_by: us, origin: here, counts: {videos: 3, instances: 4}}
  two: {used_by: them, origin: here, leave_out: {videos: [c]}, counts: {videos: 2, instances: 3}}
  off: {used_by: nobody, origin: a slip, counts: {videos: 9, instances: 9}}
"""
INSTANCES = {"a": [[0, 4], [5, 9]], "b": [[1, 3]], "c": [[2, 8]]}
FOUND = {"a": [[0, 4], [5, 9]], "b": [[1, 3]], "c": [[90, 99]]}
SCORES = {"a": 0.4, "b": 0.5, "c": 0.9}


@pytest.fixture
def files(tmp_path):
    """Annotations, detections and profiles: three of four instances are found, after a false positive in `c`."""
    database = {
        video: {"subset": "test", "annotations": [{"label": "Run", "segment": segment} for segment in own]}
        for video, own in INSTANCES.items()
    }
    results = {
        video: [{"label": "Run", "segment": segment, "score": SCORES[video]} for segment in own]
        for video, own in FOUND.items()
    }
    (tmp_path / "a.json").write_text(json.dumps({"database": database}))
    (tmp_path / "d.json").write_text(json.dumps({"results": results}))
    (tmp_path / "p.yaml").write_text(PROFILES)
    return tmp_path


@pytest.fixture
def parts(files):
    return (
        read_ground_truth(files / "a.json", "test"),
        read_detections(files / "d.json"),
        read_profiles(files / "p.yaml", "test"),
    )


def run(files, *arguments):
    given = ["--annotations", str(files / "a.json"), "--detections", str(files / "d.json"), "--subset", "test"]
    return main(["evaluate", *given, "--json", str(files / "m.json"), *arguments])


# Under `whole`, precision is 1/2, 2/3, 3/4 where the three are found: interpolated 3/4 each, of four instances 9/16.
# Under `two` the false positive is in a video that is left out.
EXPECTED = {"whole": 9 / 16, "two": 1.0}


def test_by_hand(parts):
    measured = measure(*parts, ["two", "whole"], [0.5], "activitynet")
    assert {name: metrics.average_map for name, metrics in measured.metrics.items()} == EXPECTED
    assert list(measured.metrics) == ["two", "whole"]
    assert not measured.not_these


@pytest.mark.parametrize("definition", ["activitynet", "thumos14"])
def test_each_is_an_evaluation_of_its_own(parts, definition):
    truth, found, profiles = parts
    measured = measure(*parts, ["all"], [0.3, 0.5], definition)
    for name in ("whole", "two"):
        alone = evaluate(apply(profiles[name], name, truth), found, [0.3, 0.5], definition)
        assert measured.metrics[name].as_dict() == alone.as_dict()


@pytest.mark.parametrize("definition", ["activitynet", "thumos14"])
def test_one_set_of_detections_on_thumos14(shared, definition):
    truth = read_ground_truth(shared / "thumos14/thumos14.json", "test")
    found = noisy(truth)
    measured = measure(truth, found, read_profiles("thumos14", "test"), ["all"], [0.5], definition).metrics
    whole = evaluate(truth, found, [0.5], definition)
    np.testing.assert_array_equal(measured["official"].ap, whole.ap)
    for metrics in measured.values():
        counts = metrics.counts
        assert counts["detections"] + counts["ignored_in_left_out_videos"] == len(found)
    averages = {name: metrics.average_map for name, metrics in measured.items()}
    assert len(set(averages.values())) == 4
    # In ssn, true positives of the pairs become false positives; nothing else sets it apart from gtad but 4 instances.
    assert averages["ssn"] < averages["gtad"]


def test_all_stands_for_the_rest(parts):
    assert list(measure(*parts, ["two", "all"], [0.5], "activitynet").metrics) == ["two", "whole"]
    assert list(measure(*parts, ["all"], [0.5], "activitynet").metrics) == ["whole", "two"]


def test_annotations_that_a_profile_does_not_fit(parts):
    truth, found, profiles = parts
    measured = measure(*parts, ["all"], [0.5], "activitynet")
    assert list(measured.not_these) == ["off"]
    assert "9 videos and 9 instances" in measured.as_dict()["profiles"]["off"]["refused"]
    with pytest.raises(DoesNotFit):
        measure(*parts, ["whole", "off"], [0.5], "activitynet")
    with pytest.raises(DoesNotFit):
        measure(truth, found, {"off": profiles["off"]} | profiles, ["all"], [0.5], "activitynet")


def test_command_writes_the_headline_and_the_others(files, capsys):
    assert run(files, "--profiles", str(files / "p.yaml"), "--profile", "two", "all") == 0
    metrics = json.loads((files / "m.json").read_text())
    assert (metrics["profile"], metrics["average_map"]) == ("two", 1.0)
    assert list(metrics["profiles"]) == ["two", "whole", "off"]
    assert metrics["profiles"]["whole"]["average_map"] == 9 / 16
    assert metrics["profiles"]["two"]["counts"] == metrics["counts"]
    assert metrics["counts"]["ignored_in_left_out_videos"] == 1
    assert "profiles" not in metrics["profiles"]["whole"] and "per_class" not in metrics["profiles"]["whole"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["profile", "videos", "instances", "ignored"]
    assert lines[1].split() == ["two", "2", "3", "1", *["100.00"] * 6]
    assert lines[2].split() == ["whole", "3", "4", "0", *["56.25"] * 6]
    assert lines[3].startswith("off") and "should leave 9 videos" in lines[3]
    assert "profile two" in "\n".join(lines)


def test_without_a_profile_nothing_is_said_of_any(files, capsys):
    assert run(files) == 0
    assert "profile" not in capsys.readouterr().out
    metrics = json.loads((files / "m.json").read_text())
    assert {"profile", "profiles"} & metrics.keys() == set()
    assert "ignored_in_left_out_videos" not in metrics["counts"]
    assert metrics["average_map"] == 9 / 16


def test_only_a_profile_that_says_so_leaves_out_videos_without_features(files):
    (files / "p.yaml").write_text(PROFILES + "  ours: {used_by: us, origin: here, leave_out: {without_features: true}}")
    (files / "names.txt").write_text("a\nb\n")
    own = ["--profiles", str(files / "p.yaml"), "--profile", "whole", "all"]
    assert run(files, *own, "--videos", str(files / "names.txt")) == 0
    profiles = json.loads((files / "m.json").read_text())["profiles"]
    assert (profiles["whole"]["counts"]["videos"], profiles["ours"]["counts"]["videos"]) == (3, 2)
    assert run(files, *own) == 0
    assert "needs the names" in json.loads((files / "m.json").read_text())["profiles"]["ours"]["refused"]


def test_only_given_videos(files):
    (files / "names.txt").write_text("a\nb\n")
    assert run(files, "--videos", str(files / "names.txt")) == 0
    assert json.loads((files / "m.json").read_text())["average_map"] == 1
    (files / "manifest.json").write_text('{"videos": [{"video": "a"}, {"video": "c"}]}')
    assert run(files, "--videos", str(files / "manifest.json")) == 0
    counts = json.loads((files / "m.json").read_text())["counts"]
    assert (counts["videos"], counts["instances"], counts["ignored_in_left_out_videos"]) == (2, 3, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "two"], "of which data set"),
        (["--profiles", "p.yaml"], "which of them"),
        (["--profiles", "p.yaml", "--profile", "tow"], "Did you mean 'two'"),
        (["--profiles", "p.yaml", "--profile", "off"], "9 videos and 9 instances"),
        (["--profiles", "p.yaml", "--profile", "none"], "leave it out"),
        (["--profiles", "toy", "--profile", "all"], "'toy' has no profiles"),
        (["--about", '{"profile": "x"}', "--profiles", "p.yaml", "--profile", "two"], "leave it out of --about"),
        (["--videos", "m.json"], "feature manifest"),
    ],
)
def test_command_refuses(files, capsys, arguments, message):
    (files / "m.json").write_text("{}")
    own = [str(files / part) if part in ("p.yaml", "m.json") else part for part in arguments]
    assert run(files, *own) == 1
    assert message in capsys.readouterr().err


def test_the_data_set_may_come_from_about(files, shared, capsys):
    annotations = str(shared / "thumos14/thumos14.json")
    (files / "d.json").write_text(
        '{"results": {"video_test_0001292": [{"label": "Diving", "segment": [0, 9], "score": 1}]}}'
    )
    given = ["--annotations", annotations, "--detections", str(files / "d.json"), "--subset", "test"]
    assert main(["evaluate", *given, "--about", '{"dataset": "thumos14"}', "--profile", "all"]) == 0
    rows = [line.split()[:4] for line in capsys.readouterr().out.splitlines()[1:5]]
    assert rows == [
        ["official", "212", "3358", "1"],
        ["opentad", "211", "3325", "1"],
        ["gtad", "210", "3311", "1"],
        ["ssn", "210", "3234", "1"],
    ]
