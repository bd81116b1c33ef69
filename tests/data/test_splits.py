import hashlib
import unicodedata

import pytest
from ruamel.yaml import YAML

from react_tad.data.annotations import SUBSETS, AnnotationError, parse_annotations
from react_tad.data.splits import held_out, use_subsets, with_all_splits

NAMES = [f"video {number}" for number in range(1000)]


def document(**subsets):
    """An annotation document of videos with these subsets."""
    return {"database": {name: {"subset": s, "duration": 9.0, "annotations": []} for name, s in subsets.items()}}


def split(subsets, **shares):
    """Subset of each video after missing splits were held out."""
    shares = {"test_share": 0.0, "validation_share": 0.0} | shares
    made = with_all_splits(parse_annotations(document(**subsets), where="a.json"), **shares)
    return {name: video.subset for name, video in made.videos.items()}


def test_it_takes_the_videos_with_the_smallest_checksums():
    largest = max(hashlib.sha256(name.encode()).hexdigest() for name in held_out(NAMES, 0.1))
    assert sum(hashlib.sha256(name.encode()).hexdigest() <= largest for name in NAMES) == 100


@pytest.mark.parametrize(("share", "count"), [(0, 0), (0.0001, 1), (0.1, 100), (0.1001, 101), (1, 1000)])
def test_a_share_is_rounded_up(share, count):
    assert len(held_out(NAMES, share)) == count


def test_order_does_not_matter_and_shares_are_nested():
    assert held_out(reversed(NAMES), 0.2) == held_out(NAMES, 0.2)
    assert held_out(NAMES, 0.1) < held_out(NAMES, 0.2)


def test_further_videos_hardly_change_the_choice():
    more = held_out([*NAMES, *(f"another {number}" for number in range(50))], 0.1)
    assert len(held_out(NAMES, 0.1) & more) >= 90


def test_no_videos():
    assert held_out([], 0.5) == frozenset()


def test_subsets_get_the_names_that_they_have_here():
    given = document(a="training", b="validation", c="testing", d="unused", e="test")
    used, unused = use_subsets(given, {"validation": "test", "testing": "unused"}, where="a.json")
    assert {name: entry["subset"] for name, entry in used["database"].items()} == {
        "a": "training",
        "b": "test",
        "e": "test",
    }
    assert unused == {"c", "d"}
    assert given == document(a="training", b="validation", c="testing", d="unused", e="test"), "left as it was"


def refused(document, subsets=()):
    """The message about a document's subsets."""
    with pytest.raises(AnnotationError) as caught:
        use_subsets(document, dict(subsets), where="a.json")
    return str(caught.value)


def test_unknown_subsets_are_named_all_at_once():
    given = document(a="training", b="Val", c="train", d="train")
    message = refused(given)
    assert "a.json: unknown subsets: 'Val' (1 videos), 'train' (2 videos); here they are called training" in message
    assert message.endswith("\nsubsets: {Val: validation, train: training}")


def test_the_line_that_is_advised_is_right_as_it_stands():
    """As YAML reads it, with names that need quotes."""
    names = ["Train", "val", "testing", "5", "no", "a: b", "Ärger", "validation_set", '"', "#1"]
    given = document(**{f"v{number}": name for number, name in enumerate(names)})
    advised = YAML(typ="safe", pure=True).load(refused(given).splitlines()[-1])["subsets"]
    assert advised == dict.fromkeys(names, "unused") | {
        "Train": "training",
        "val": "validation",
        "validation_set": "validation",
        "testing": "test",
    }
    used, unused = use_subsets(given, advised, where="a.json")
    assert [entry["subset"] for entry in used["database"].values()] == ["training", "validation", "test", "validation"]
    assert len(unused) == 6


def test_a_subset_in_another_case_is_the_one_that_is_meant():
    assert refused(document(a="Training", b="Test")).endswith("subsets: {Training: training, Test: test}")


def test_names_are_composed():
    decomposed = unicodedata.normalize("NFD", "Ärger")
    used, _ = use_subsets(document(**{decomposed: "test"}), {}, where="a.json")
    assert list(used["database"]) == [unicodedata.normalize("NFC", "Ärger")]
    both = document(**{decomposed: "test", unicodedata.normalize("NFC", decomposed): "test"})
    with pytest.raises(AnnotationError, match="two videos whose names differ in nothing but their coding"):
        use_subsets(both, {}, where="a.json")


@pytest.mark.parametrize("wrong", [None, [], {}, {"database": []}])
def test_a_document_of_another_kind_is_refused(wrong):
    with pytest.raises(AnnotationError, match=r"a\.json: expected an object with a 'database'"):
        use_subsets(wrong, {}, where="a.json")


@pytest.mark.parametrize("entry", [None, 3, {"duration": 3}, {"subset": 5}])
def test_what_is_no_entry_is_left_to_the_reader_of_annotations(entry):
    used, _ = use_subsets({"database": {"a": entry}}, {}, where="a.json")
    with pytest.raises(AnnotationError, match=r"a\.json: video 'a'"):
        parse_annotations(used, where="a.json")


def test_missing_splits_are_held_out_of_training():
    training = {f"v{number}": "training" for number in range(20)}
    found = split(training, test_share=0.25, validation_share=0.2)
    assert [list(found.values()).count(name) for name in ("training", "validation", "test")] == [12, 3, 5]
    assert {name for name, subset in found.items() if subset == "test"} == held_out(training, 0.25)
    kept = split(training | {"w": "test"}, validation_share=0.1)
    assert kept["w"] == "test" and list(kept.values()).count("validation") == 2


def test_whole_groups_are_held_out():
    """Ten people with three recordings each: a quarter is three of them, a fifth of the other seven two."""
    entry = {"subset": "training", "duration": 10, "annotations": []}
    database = {f"v{number}": entry | {"group": f"p{number % 10}"} for number in range(30)}
    annotations = parse_annotations({"database": database}, where="a.json")
    videos = with_all_splits(annotations, test_share=0.25, validation_share=0.2).videos
    people = {split: {video.group for video in videos.values() if video.subset == split} for split in SUBSETS}
    assert [len(people[split]) for split in SUBSETS] == [5, 2, 3]
    assert people["test"] == held_out({f"p{number}" for number in range(10)}, 0.25)
    assert len(set.union(*people.values())) == 10, "nobody is in two"


@pytest.mark.parametrize(
    ("subsets", "shares", "message"),
    [
        ({"a": "training", "b": "test"}, {}, "no videos of subset 'validation'.*validation_share: 0.2"),
        ({"a": "training", "b": "validation"}, {}, "no videos of subset 'test'.*test_share: 0.2.*{validation: test}"),
        ({"a": "test", "b": "validation"}, {}, "no videos of subset 'training'. Give some videos that subset"),
        ({"a": "training"}, {"test_share": 0.5}, "no videos of subset 'training'"),
        (
            {"a": "training", "b": "test", "c": "test"},
            {"test_share": 0.5},
            "2 videos are of subset 'test' already; test_share = 0.5 should be 0",
        ),
    ],
)
def test_a_split_without_videos_says_what_to_do(subsets, shares, message):
    with pytest.raises(AnnotationError, match=rf"a\.json: {message}"):
        split(subsets, **shares)
