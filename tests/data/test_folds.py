"""Folds: who is tested, validated and trained on; on random groups, and against a plain account of the rule."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from react_tad.data.annotations import SUBSETS, Video
from react_tad.data.datasets import Prepared, Recording, hapt, toy
from react_tad.data.folds import FoldError, assign, check_folds, in_fold, natural, number_of_folds
from react_tad.data.prepare import prepare
from react_tad.params.folds import Fold, Folds
from react_tad.params.section import ParameterError


def fold(number, count, by="user"):
    return Fold(by=by, count=count, number=number)


def parts(splits):
    return {split: [name for name, own in splits.items() if own == split] for split in SUBSETS}


def test_six_folds_of_thirty_users():
    users = [f"user{number:02d}" for number in range(1, 31)]
    found = parts(assign(users, fold(3, 6)))
    assert found["test"] == ["user03", "user09", "user15", "user21", "user27"]
    assert found["validation"] == ["user04", "user10", "user16", "user22", "user28"]
    assert parts(assign(users, fold(6, 6)))["validation"] == ["user01", "user07", "user13", "user19", "user25"]


def test_names_are_sorted_with_their_numbers():
    assert sorted(["user10", "user9", "a", "user9b", "10", "9"], key=natural) == [
        *("9", "10", "a", "user9", "user9b", "user10")
    ]
    assert parts(assign(["p10", "p9", "p11"], fold(1, 3)))["test"] == ["p9"]


def test_two_folds_validate_on_every_second_of_the_rest():
    found = parts(assign(["a", "b", "c", "d", "e"], fold(1, 2)))
    assert found == {"test": ["a", "c", "e"], "validation": ["b"], "training": ["d"]}


GROUPS = st.sets(st.text("ab019-é", min_size=1, max_size=4), min_size=4, max_size=25)


@given(groups=GROUPS, data=st.data())
def test_every_group_is_tested_once_and_no_split_is_empty(groups, data):
    count = data.draw(st.integers(2, len(groups)))
    splits = [assign(groups, fold(number, count)) for number in range(1, count + 1)]
    assert all(own.keys() == groups for own in splits), "each has one split, so none is in two"
    assert all(set(own.values()) == set(SUBSETS) for own in splits)
    for name in groups:
        seen = [own[name] for own in splits]
        assert seen.count("test") == 1
        assert seen.count("validation") == 1 or (count == 2 and seen.count("validation") <= 1)
    sizes = [list(own.values()).count("test") for own in splits]
    assert max(sizes) - min(sizes) <= 1


@given(groups=GROUPS, data=st.data())
def test_the_order_of_recordings_plays_no_part(groups, data):
    count = data.draw(st.integers(2, len(groups)))
    given_twice = data.draw(st.permutations([*groups, *groups]))
    assert assign(given_twice, fold(1, count)) == assign(sorted(groups), fold(1, count))


@pytest.mark.parametrize(
    ("groups", "number", "count", "message"),
    [
        ("abc", 1, 4, "fold 1 of 4 by user: there are 3 groups; folds.count should be 3 at most"),
        ("abcd", 5, 4, "fold 5 of 4 by user: there is no such fold"),
        ("ab", 2, 2, r"fold 2 of 2 by user: no group is left for training: there are 2 in all \(a, b\)"),
        ("abc", 1, 2, "no group is left for training"),
        ("a", 1, 2, "there are 1 groups"),
    ],
)
def test_what_cannot_be_cut_is_refused(groups, number, count, message):
    with pytest.raises(FoldError, match=message):
        assign(groups, fold(number, count))


def recording(name, group=None, subset="training"):
    return Recording(
        video=name,
        subset=subset,
        duration=5.0,
        instances=(),
        features=np.zeros((10, 2)),
        seconds_per_snippet=0.5,
        first_center_seconds=0.25,
        group=group,
    )


def test_recordings_of_a_group_stay_together_and_videos_without_features_follow():
    prepared = Prepared(
        recordings=[
            recording("one", "p1", "test"),
            recording("two", "p1"),
            recording("three", "p2"),
            recording("alone"),
            recording("later", "p1", "new"),
        ],
        without_features={"dark": Video("test", 4.0, (), group="p2"), "gone": Video("test", 4.0, (), group="p1")},
        annotated={"one": Video("test", 5.0, ())},
    )
    found = in_fold(prepared, fold(1, 3, "group"))  # groups: alone, p1, p2
    assert {item.video: item.subset for item in found.recordings} == {
        **{"alone": "test", "one": "validation", "two": "validation", "three": "training"}
    }, "what they were before plays no part, and new ones are in no fold"
    assert {name: video.subset for name, video in found.without_features.items()} == {
        **{"dark": "training", "gone": "validation"}
    }
    assert found.annotated == {}
    assert found.source["fold"] == {"by": "group", "count": 3, "number": 1}
    by_video = in_fold(prepared, fold(1, 3, "video"))  # alone, dark, gone, one, three, two
    assert {item.video for item in by_video.recordings if item.subset == "test"} == {"alone", "one"}


def test_a_split_without_features_is_refused():
    prepared = Prepared(
        recordings=[recording("one", "p1"), recording("two", "p2")],
        without_features={"dark": Video("test", 4.0, (), group="p3")},
    )
    with pytest.raises(FoldError, match="fold 3 of 3 by group: no recording for test has features"):
        in_fold(prepared, fold(3, 3, "group"))


def test_how_many_folds_there_are():
    options = toy.Options(training=3, validation=1, test=2)
    assert number_of_folds(toy, options, Folds(by="video", count="all"), "here") == 6
    assert number_of_folds(toy, options, Folds(by="video", count=6), "here") == 6
    with pytest.raises(ParameterError, match=r"here.count = 7: there are 6 groups by video"):
        number_of_folds(toy, options, Folds(by="video", count=7), "here")
    assert number_of_folds(hapt, hapt.Options(), Folds(by="user", count="all"), "here") == 30
    unknown = SimpleNamespace()
    assert number_of_folds(unknown, None, Folds(by="video", count=7), "here") == 7, "the step features finds out"
    with pytest.raises(ParameterError, match=r"here.count = all: .* known only when the data are there; give a number"):
        number_of_folds(unknown, None, Folds(by="video", count="all"), "here")


def test_a_data_set_knows_what_makes_its_groups():
    check_folds(hapt, Folds(by="user", count=3), "here")
    check_folds(toy, Folds(by="video", count=3), "here")
    check_folds(toy, None, "here")
    with pytest.raises(ParameterError, match=r"here.by = group: this data set knows user and video"):
        check_folds(hapt, Folds(by="group", count=3), "here")
    with pytest.raises(ParameterError, match=r"here.by = user: this data set knows video"):
        check_folds(toy, Folds(by="user", count=3), "here")


def test_the_step_features_writes_the_splits_of_a_fold(tmp_path):
    """Every recording of the generated data set is tested in one of three folds; its features are the same in all."""
    options = toy.Options(training=5, validation=2, test=2)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/manifest.json").write_text(json.dumps({"dataset": "toy", "files": []}))
    originals = {item.video: item for item in toy.prepare(None, options).recordings}
    tested = []
    for number in (1, 2, 3):
        where = {"raw": tmp_path / "raw", "annotations": tmp_path / f"{number}/a", "features": tmp_path / f"{number}/f"}
        list(prepare("toy", toy, options, **where, fold=fold(number, 3, "video")))
        for split in SUBSETS:
            manifest = json.loads((where["features"] / f"{split}.json").read_text())
            assert manifest["source"]["fold"] == {"by": "video", "count": 3, "number": number}
            array = np.load(where["features"] / f"{split}.npy")
            for video in manifest["videos"]:
                own = array[video["offset"] : video["offset"] + video["length"]]
                np.testing.assert_array_equal(own, originals[video["video"]].features)
            database = json.loads((where["annotations"] / f"{split}.json").read_text())["database"]
            assert {entry["subset"] for entry in database.values()} == {split}
            assert list(database) == [video["video"] for video in manifest["videos"]]
        tested += database  # of test, the last split
    assert sorted(tested) == sorted(originals)


def test_the_splits_of_a_fold_are_prepared_together(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"dataset": "toy", "files": []}))
    where = {"raw": tmp_path, "annotations": tmp_path, "features": tmp_path}
    with pytest.raises(ValueError, match="--split test"):
        list(prepare("toy", toy, toy.Options(), **where, split="test", fold=fold(1, 3, "video")))
