import json

import pytest

from react_tad.evaluation.ground_truth import read_ground_truth

DATABASE = {
    "b": {
        "subset": "Test",
        "duration": "10",
        "annotations": [
            {"label": "Run", "segment": ["1.5", "2"]},
            {"label": "Ambiguous", "segment": [3, 4]},
            {"label": "Jump", "segment": [5, 5]},
            {"label": "Jump", "segment": [9, 10.5]},
        ],
    },
    "a": {"subset": "test", "annotations": [{"label": "Jump", "segment": [0, 1e9]}]},
    "c": {"subset": "training", "duration": 3, "annotations": [{"label": "Sit", "segment": [0, 1]}]},
    "d": {"subset": "test", "duration": 3, "annotations": []},
}


def annotations(tmp_path, database, **others):
    path = tmp_path / "annotations.json"
    path.write_text(database if isinstance(database, str) else json.dumps({"database": database, **others}))
    return path


def test_real_files_are_taken_as_they_are(tmp_path):
    truth = read_ground_truth(annotations(tmp_path, DATABASE), "TEST")
    assert truth.videos == ("b", "a", "d")
    assert truth.other_videos == {"c"}
    assert truth.classes == ("Jump", "Run", "Sit")
    assert truth.video.tolist() == [0, 0, 0, 1]
    assert truth.label.tolist() == [1, 0, 0, 0]
    assert truth.start_end.tolist() == [[1.5, 2], [5, 5], [9, 10.5], [0, 1e9]]
    assert (truth.ambiguous_video.tolist(), truth.ambiguous_start_end.tolist()) == ([0], [[3, 4]])
    assert (truth.zero_length, truth.past_end) == (1, 1)  # where the duration is unknown, nothing is past it


def test_groups_are_those_of_the_subset(tmp_path):
    groups = {"b": "anna", "a": None, "c": "ben"}
    database = DATABASE | {name: DATABASE[name] | {"group": group} for name, group in groups.items()}
    assert read_ground_truth(annotations(tmp_path, database), "test").groups == {"b": "anna"}


@pytest.mark.parametrize("group", ["", "  ", 3, ["anna"]])
def test_a_group_that_is_no_name_is_shown(tmp_path, group):
    database = DATABASE | {"d": DATABASE["d"] | {"group": group}}
    with pytest.raises(ValueError, match=r"annotations\.json: video 'd': group = .* should be the name of a person"):
        read_ground_truth(annotations(tmp_path, database), "test")


def test_taxonomy_names_classes_that_no_video_shows(tmp_path):
    nodes = [{"nodeName": "Root", "parentName": None}, {"nodeName": "Fly", "parentName": "Root"}]
    assert "Fly" in read_ground_truth(annotations(tmp_path, DATABASE, taxonomy=nodes), "test").classes


@pytest.mark.parametrize(
    "node",
    [
        {"nodeName": 5, "parentName": None},
        {"nodeName": "Run"},
        {"nodeName": ["Run"], "parentName": "Root"},
        {"nodeName": "Run", "parentName": 5},
        "Run",
        None,
    ],
)
def test_nodes_that_are_none_are_shown(tmp_path, node):
    nodes = [{"nodeName": "Fly", "parentName": "Root"}, node]
    with pytest.raises(ValueError, match=r"annotations\.json: .* in 'taxonomy' should have"):
        read_ground_truth(annotations(tmp_path, DATABASE, taxonomy=nodes), "test")


@pytest.mark.parametrize(
    ("database", "message"),
    [
        ({"v": {"subset": "train", "annotations": []}}, r"no video of subset 'test'.*'train' \(1 videos\)"),
        ({"v": {"annotations": []}}, "video 'v'.*subset"),
        ({"v": {"subset": "test", "annotations": [{"label": "Run", "segment": ["x", 1]}]}}, "video 'v'.*'x'"),
        ({"v": {"subset": "test", "annotations": [{"label": "Run", "segment": [3, 1]}]}}, r"video 'v'.*\[3, 1\]"),
        ({"v": {"subset": "test", "duration": "long", "annotations": []}}, "video 'v'.*'long'"),
        ({"v": {"subset": "test", "duration": True, "annotations": []}}, "video 'v'.*True should be a number"),
        ({"v": {"subset": None, "annotations": []}}, "video 'v': subset = None should be a name"),
        ({"v": {"subset": 5, "annotations": []}}, "video 'v': subset = 5 should be a name"),
        ({"v": {"subset": ["test"], "annotations": []}}, r"video 'v': subset = \['test'\] should be a name"),
        ({"v": {"subset": "test", "annotations": "Run"}}, "video 'v': annotations = 'Run' should be a list"),
        ({"v": {"subset": "test", "annotations": [{"label": "Run", "segment": "12"}]}}, "video 'v': segment '12'"),
        ({"v": "test"}, "video 'v'.*subset"),
        ('{"database": {"v": {"subset": "test"}, "v": {"subset": "test"}}}', "'v' stands there twice"),
        ("{}", "database"),
    ],
)
def test_wrong_files_are_named(tmp_path, database, message):
    with pytest.raises(ValueError, match=rf"annotations\.json.*{message}"):
        read_ground_truth(annotations(tmp_path, database), "test")
