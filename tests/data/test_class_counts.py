from react_tad.data.annotations import Instance, Video
from react_tad.data.class_counts import count, listed, with_counts


def test_instances_are_counted_by_class_and_split():
    videos = [
        Video("training", 9.0, (Instance("nod", 0, 1), Instance("nod", 2, 3), Instance("bow", 4, 5))),
        Video("test", 9.0, (Instance("nod", 0, 1),)),
    ]
    found = count(videos, ["wave"])
    assert list(found) == ["bow", "nod", "wave"]
    assert found["nod"] == {"training": 2, "test": 1} and not found["wave"]


def test_a_class_is_said_with_its_counts():
    assert with_counts("nod\u200b", {"training": 2}) == r"'nod\u200b' (training 2, validation 0, test 0)"


def test_of_many_classes_the_first_are_said():
    assert listed({"a": {}}) == "'a' (training 0, validation 0, test 0)"
    assert listed({str(number): {} for number in range(12)}).endswith(
        "'9' (training 0, validation 0, test 0), and 2 more"
    )
