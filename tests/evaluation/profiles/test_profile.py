"""Hand-worked cases, and the property that a profile is an evaluation of a file without what it leaves out."""

import json

import numpy as np
import pytest

from react_tad.detection.detections import read_detections
from react_tad.evaluation.average_precision import DEFINITIONS, evaluate
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.evaluation.profiles.profile import DoesNotFit, Profile, apply, only_videos

DATABASE = {
    "a": [("Run", 0, 4), ("Jump", 5, 9)],
    "b": [("Run", 1, 3), ("Ambiguous", 3, 5), ("Run", 10, 12), ("Run", 10.5, 13)],
    "c": [("Jump", 2, 8), ("Ambiguous", 0, 1)],
    "d": [],
}
DURATION = 10.25


def write(folder, database, name="annotations.json", duration=DURATION):
    entries = {
        video: {"subset": "test", "duration": duration, "annotations": [entry(*row) for row in rows]}
        for video, rows in database.items()
    }
    path = folder / name
    path.write_text(json.dumps({"database": entries}))
    return path


def entry(label, start, end):
    return {"label": label, "segment": [start, end]}


def profile(counts=None, **leave_out):
    about = {"used_by": "a test", "origin": "made up", "leave_out": leave_out, "counts": counts}
    return Profile.model_validate_json(json.dumps(about))


def rows(truth):
    return [
        (truth.videos[video], truth.classes[label], *times)
        for video, label, times in zip(truth.video, truth.label, truth.start_end.tolist(), strict=True)
    ]


@pytest.fixture
def truth(tmp_path):
    return read_ground_truth(write(tmp_path, DATABASE), "test")


def test_nothing_left_out(truth):
    kept = apply(profile(), "whole", truth)
    assert kept.profile == "whole"
    assert (rows(kept), kept.videos) == (rows(truth), truth.videos)


def test_videos(truth):
    kept = apply(profile(videos=["b"]), "without_b", truth)
    assert kept.videos == ("a", "c", "d")
    assert rows(kept) == [("a", "Run", 0, 4), ("a", "Jump", 5, 9), ("c", "Jump", 2, 8)]
    assert [kept.videos[video] for video in kept.ambiguous_video] == ["c"]
    assert kept.ambiguous_start_end.tolist() == [[0, 1]]
    assert kept.durations.tolist() == [DURATION] * 3
    assert kept.left_out_videos == {"b"}


def test_pairs(truth):
    kept = apply(profile(pairs=[["a", "Jump"], ["b", "Run"], ["c", "Run"]]), "pairs", truth)
    assert rows(kept) == [("a", "Run", 0, 4), ("c", "Jump", 2, 8)]
    assert kept.videos == truth.videos  # only instances are left out
    assert len(kept.ambiguous_video) == 2


def test_what_starts_past_the_end(truth, tmp_path):
    left = profile(starts_past_end=True)
    assert [row for row in rows(truth) if row not in rows(apply(left, "inside", truth))] == [("b", "Run", 10.5, 13)]
    at_the_start = read_ground_truth(write(tmp_path, DATABASE, duration=10.5), "test")
    assert len(apply(left, "inside", at_the_start).label) == len(truth.label)  # starts at the end, not after it


def test_a_duration_that_is_missing(tmp_path):
    path = write(tmp_path, DATABASE)
    loaded = json.loads(path.read_text())
    del loaded["database"]["c"]["duration"]
    path.write_text(json.dumps(loaded))
    truth = read_ground_truth(path, "test")
    with pytest.raises(ValueError, match=r"annotations\.json: video 'c' has no duration; profile 'inside'"):
        apply(profile(starts_past_end=True), "inside", truth)
    apply(profile(starts_past_end=True, videos=["c"]), "inside", truth)


def test_counts_are_asserted(truth):
    apply(profile({"videos": 3, "instances": 3}, videos=["b"]), "right", truth)
    with pytest.raises(DoesNotFit, match=r"'wrong' should leave 3 videos and 4 instances; .* leaves 3 and 3"):
        apply(profile({"videos": 3, "instances": 4}, videos=["b"]), "wrong", truth)


def test_a_misspelt_video_shows(truth):
    with pytest.raises(ValueError, match=r"leaves out video 'bb', which .* does not have"):
        apply(profile(videos=["bb"]), "slip", truth)
    with pytest.raises(ValueError, match="'bb'"):
        apply(profile(pairs=[["bb", "Run"]]), "slip", truth)


def test_videos_without_features(truth):
    left = profile(without_features=True, videos=["a"])
    assert apply(left, "ours", truth, ["a", "b", "elsewhere"]).videos == ("b",)
    with pytest.raises(DoesNotFit, match="'ours' needs the names of the videos with features"):
        apply(left, "ours", truth)


def test_only_some_videos(truth):
    kept = only_videos(truth, ["d", "a", "elsewhere"])
    assert kept.videos == ("a", "d")
    assert kept.left_out_videos == {"b", "c"}
    with pytest.raises(ValueError, match="none of the given videos is in subset 'test'"):
        only_videos(truth, ["elsewhere"])


def random_case(folder, seed):
    """Instances of three classes in seven videos, detections near them, and where both are written."""
    random = np.random.default_rng(seed)
    database, results = {}, {}
    for video in "abcdefg":
        starts = random.uniform(0, 12, random.integers(0, 7))
        labels = random.choice(["Run", "Jump", "Swim", "Ambiguous"], len(starts), p=[0.4, 0.3, 0.2, 0.1]).tolist()
        database[video] = [
            (label, start, start + 3) for label, start in zip(labels, np.sort(starts).tolist(), strict=True)
        ]
        results[video] = [
            entry(random.choice(["Run", "Jump", "Swim"]), start + shift, start + shift + 3)
            | {"score": float(random.random())}
            for start in starts.tolist()
            for shift in random.uniform(0, 2, 4).tolist()
        ]
    (folder / "detections.json").write_text(json.dumps({"results": results}))
    return database, results


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("seed", range(10))
def test_as_if_it_had_never_been_annotated(tmp_path, seed, definition):
    """The same AP as from files that do not have what is left out."""
    database, results = random_case(tmp_path, seed)
    left = profile(videos=["b", "e"], pairs=[["c", "Run"], ["d", "Jump"]], starts_past_end=True)
    under = evaluate(
        apply(left, "p", read_ground_truth(write(tmp_path, database), "test")),
        read_detections(tmp_path / "detections.json"),
        definition=definition,
    )
    fewer = {
        video: [
            row
            for row in own
            if row[0] == "Ambiguous" or not ((video, row[0]) in (("c", "Run"), ("d", "Jump")) or row[1] > DURATION)
        ]
        for video, own in database.items()
        if video not in "be"
    }
    (tmp_path / "detections.json").write_text(
        json.dumps({"results": {video: own for video, own in results.items() if video not in "be"}})
    )
    without = evaluate(
        read_ground_truth(write(tmp_path, fewer), "test"),
        read_detections(tmp_path / "detections.json"),
        definition=definition,
        unknown_labels="ignore",
    )
    assert under.classes == without.classes
    np.testing.assert_array_equal(under.ap, without.ap)
    assert under.counts["ignored_in_left_out_videos"] == len(results["b"]) + len(results["e"])
    assert under.counts["ignored_in_other_subsets"] == 0


def test_detections_of_a_pair_are_false_positives(tmp_path, truth):
    found = {"a": [entry("Jump", 5, 9) | {"score": 0.9}], "c": [entry("Jump", 2, 8) | {"score": 0.5}]}
    (tmp_path / "d.json").write_text(json.dumps({"results": found}))
    detections = read_detections(tmp_path / "d.json")
    jump = truth.classes.index("Jump")
    assert evaluate(truth, detections, [0.5]).ap[jump] == 1
    assert evaluate(apply(profile(pairs=[["a", "Jump"]]), "p", truth), detections, [0.5]).ap[jump] == 0.5
    assert evaluate(apply(profile(videos=["a"]), "p", truth), detections, [0.5]).classes == ("Jump", "Run")
    assert evaluate(apply(profile(videos=["a"]), "p", truth), detections, [0.5]).ap[jump] == 1


def test_detections_in_a_left_out_video_that_is_not_annotated(truth, tmp_path):
    (tmp_path / "d.json").write_text(json.dumps({"results": {"z": [entry("Jump", 5, 9) | {"score": 0.9}]}}))
    kept = apply(profile({"videos": 4, "instances": 6}, videos=["z"]), "p", truth)
    metrics = evaluate(kept, read_detections(tmp_path / "d.json"), [0.5])
    assert metrics.counts["ignored_in_left_out_videos"] == 1
