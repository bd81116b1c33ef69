"""Average recall of proposals: a case by hand, a plain-loop implementation, and the command."""

import csv
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plain.segments import iou
from react_tad.cli import main
from react_tad.detection.detections import read_detections
from react_tad.evaluation.average_precision import parse_tiou
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.evaluation.proposals import TIOU, evaluate_proposals

FINE = parse_tiou(TIOU)


def write(folder, annotations, detections):
    """Annotation and detection files from segments by video; a detection is (start, end, score)."""
    database = {
        name: {"subset": "test", "duration": 1000, "annotations": [{"label": "Run", "segment": list(s)} for s in own]}
        for name, own in annotations.items()
    }
    results = {
        name: [{"label": "Jump", "segment": [start, end], "score": score} for start, end, score in own]
        for name, own in detections.items()
    }
    (folder / "a.json").write_text(json.dumps({"database": database}))
    (folder / "d.json").write_text(json.dumps({"results": results}))
    return folder / "a.json", folder / "d.json"


def measured(folder, annotations, detections, tiou=FINE):
    truth, found = write(folder, annotations, detections)
    return evaluate_proposals(read_ground_truth(truth, "test"), read_detections(found), tiou)


def by_hand():
    """Two videos: `a` with three instances and 150 proposals, `b` with one and 50: 100 on average, so all are kept.

    Of `a` the best proposal is its first instance, the third best its second one, the 90th reaches its third with tIoU
    0.75. Of `b`, the 25th is its instance with tIoU 0.6.
    """
    nothing = [(900.0, 901.0)] * 150
    of_a, of_b = list(nothing), nothing[:50]
    of_a[0], of_a[2], of_a[89], of_b[24] = (0.0, 10.0), (20.0, 30.0), (40.0, 47.5), (0.0, 6.0)
    detections = {
        name: [(*segment, 1 - rank / 1000) for rank, segment in enumerate(own)][::-1]
        for name, own in (("a", of_a), ("b", of_b))
    }
    return {"a": [(0, 10), (20, 30), (40, 50)], "b": [(0, 10)]}, detections


def test_by_hand(tmp_path):
    """At AN = n, a share of n / 100: 1.5 n of `a`, rounded down, and n / 2 of `b`."""
    found = measured(tmp_path, *by_hand(), tiou=(0.6, 0.7, 0.8))
    recall = found.recall
    # the best of `a` is kept from AN = 1 on (1.5), the third from 2 (3), the 90th from 60 (90); the 25th of `b` from 50
    at = {1: [1, 1, 1], 2: [2, 2, 2], 49: [2, 2, 2], 50: [3, 2, 2], 59: [3, 2, 2], 60: [4, 3, 2], 100: [4, 3, 2]}
    for number, reached in at.items():
        assert recall[:, number - 1].tolist() == [count / 4 for count in reached], number
    assert found.average_recall[[0, 1, 49, 59]].tolist() == pytest.approx([1 / 4, 2 / 4, 7 / 12, 9 / 12])
    # trapezoids: 99 intervals, with a step up at 2, 50 and 60
    values = [1 / 4] + [2 / 4] * 48 + [7 / 12] * 10 + [9 / 12] * 41
    area = sum((left + right) / 2 for left, right in pairwise(values)) / 100
    assert found.auc == pytest.approx(area, abs=1e-15)
    assert found.counts == {
        "videos": 2,
        "instances": 4,
        "proposals": 200,
        "videos_with_proposals": 2,
        "ignored_in_other_videos": 0,
    }


def plainly(annotations, detections, tiou):
    """AR at 1 to 100, by loops over videos, thresholds, numbers, instances and proposals."""
    videos = [name for name, own in annotations.items() if own]
    total = sum(len(detections.get(name, ())) for name in videos)
    if not total:
        return [0.0] * 100
    first = {}
    for name in videos:
        own = sorted(detections.get(name, ()), key=lambda entry: -entry[2])
        first[name] = own[: min(int(len(own) * (100 * float(len(videos)) / total)), len(own))]
    kept_in_all = sum(map(len, first.values()))
    curve = []
    for number in range(1, 101):
        recalls = []
        for threshold in tiou:
            reached = 0
            for name in videos:
                share = number / 100.0 * (100 * float(len(videos)) / max(kept_in_all, 1))
                some = first[name][: min(int(len(first[name]) * share), len(first[name]))]
                for instance in annotations[name]:
                    reached += any(iou(instance, entry) >= threshold for entry in some)
            recalls.append(reached / sum(map(len, annotations.values())))
        curve.append(sum(recalls) / len(recalls))
    return curve


def segment(*more):
    """(start, length, ...) on a coarse grid, so that thresholds are met exactly and scores are equal at times."""
    grid = st.integers(0, 12).map(lambda number: number / 2)
    return st.tuples(grid, grid, *more).map(lambda drawn: (drawn[0], drawn[0] + drawn[1], *drawn[2:]))


NAMES = ("a", "b", "c", "d")
INSTANCES = st.dictionaries(st.sampled_from(NAMES), st.lists(segment(), max_size=4))
DETECTIONS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(segment(st.integers(0, 9).map(lambda number: number / 10)), max_size=40)
)


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(instances=INSTANCES, detections=DETECTIONS, repeated=st.sampled_from([1, 7]))
def test_as_plain_loops_say(tmp_path_factory, instances, detections, repeated):
    annotations = {name: instances.get(name, []) for name in NAMES} | {"z": [(0, 1)]}
    detections = {name: own * repeated for name, own in detections.items()}  # many: more than are kept
    found = measured(tmp_path_factory.mktemp("p"), annotations, detections, tiou=(0.5, 0.75, 1.0))
    assert found.average_recall.tolist() == pytest.approx(plainly(annotations, detections, (0.5, 0.75, 1.0)), abs=1e-12)
    assert (np.diff(found.recall, axis=1) >= 0).all() and 0 <= found.auc <= 0.99


def test_nothing_found(tmp_path):
    found = measured(tmp_path, {"a": [(0, 1)], "b": []}, {"b": [(0, 1, 0.5)]})
    assert (found.recall == 0).all() and found.auc == 0
    assert found.counts["ignored_in_other_videos"] == 1
    assert found.counts["videos"] == 1, "a video without instances does not count"


def test_labels_do_not_matter_and_one_proposal_may_reach_two_instances(tmp_path):
    found = measured(tmp_path, {"a": [(0, 10), (0, 10)]}, {"a": [(0, 10, 0.1)]})
    assert (found.recall == 1).all() and found.auc == pytest.approx(0.99)


def test_command(tmp_path, capsys):
    truth, detections = write(tmp_path, *by_hand())
    options = ["evaluate", "--annotations", str(truth), "--detections", str(detections), "--subset", "test"]
    outputs = ["--json", str(tmp_path / "m.json"), "--csv", str(tmp_path / "c.csv")]
    assert main([*options, "--proposals", *outputs]) == 0
    found = measured(tmp_path, *by_hand())
    written = json.loads((tmp_path / "m.json").read_text())
    assert written["average_recall"] == {str(n): found.average_recall[n - 1] for n in (1, 5, 10, 100)}
    assert (written["auc"], written["tiou"]) == (found.auc, list(FINE))
    with open(tmp_path / "c.csv") as handle:
        rows = list(csv.DictReader(handle))
    assert [int(row["proposals"]) for row in rows] == list(range(1, 101))
    assert [float(row["average_recall"]) for row in rows] == found.average_recall.tolist()
    assert [float(row["recall_0.55"]) for row in rows] == found.recall[1].tolist()
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["AR@1", "AR@5", "AR@10", "AR@100", "AUC"]
    assert printed[1].split() == [f"{100 * value:.2f}" for value in (*written["average_recall"].values(), found.auc)]
    assert "2 videos with 4 instances; 200 proposals in 2 of them" in printed[2]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--proposals", "--per-class"], "--per-class is about mAP"),
        (["--proposals", "--definition", "thumos14"], "--definition is about mAP"),
        (["--csv", "c.csv"], "--csv writes the curve of --proposals"),
        (["--proposals", "--tiou", "2"], "tIoU thresholds"),
        (["--proposals", "--profile", "a", "b", "--profiles", "thumos14"], "takes one --profile"),
    ],
)
def test_command_refuses(tmp_path, capsys, more, message):
    truth, detections = write(tmp_path, *by_hand())
    options = ["evaluate", "--annotations", str(truth), "--detections", str(detections), "--subset", "test"]
    assert main([*options, *more]) == 1
    assert message in capsys.readouterr().err
