import json

import pytest

from react_tad.data.annotations import (
    AMBIGUOUS,
    AnnotationError,
    Instance,
    Video,
    group_of,
    parse_annotations,
    read_annotations,
    within_duration,
    write_annotations,
)
from react_tad.evaluation import ground_truth
from react_tad.evaluation.ground_truth import read_ground_truth


def instance(start, end, label="jump"):
    return {"label": label, "segment": [start, end]}


def test_reads_the_activitynet_layout(document, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document(instance(1, 2.5), instance(3, 4, "dive"))))
    read = read_annotations(path)
    assert read.videos == {"film": Video("training", 10.0, (Instance("jump", 1.0, 2.5), Instance("dive", 3.0, 4.0)))}
    assert read.classes == ("dive", "jump")
    assert list(read.subset("training")) == ["film"]
    assert read.subset("test") == {}


def test_writing_and_reading_gives_the_same(tmp_path):
    videos = {
        "film": Video("test", 9.5, (Instance("jump", 0.1, 0.30000000000000004),)),
        "empty": Video("test", 1.0, ()),
        "of anna": Video("test", 1.0, (), fps=25.0, group="anna"),
    }
    write_annotations(tmp_path / "a.json", videos, ("jump", "dive"), version="1")
    read = read_annotations(tmp_path / "a.json")
    assert read.videos == videos
    assert read.classes == ("dive", "jump"), "classes without an instance are kept"


def test_a_video_without_a_group_is_one_of_its_own(document):
    anna = parse_annotations(document(group="anna"), where="a.json").videos["film"]
    nobody = parse_annotations(document(group=None), where="a.json").videos["film"]
    assert (group_of("film", anna), group_of("film", nobody)) == ("anna", "film")


def test_a_group_is_written_only_where_there_is_one(tmp_path):
    videos = {"film": Video("test", 9.5, ()), "other": Video("test", 9.5, (), group="anna")}
    write_annotations(tmp_path / "a.json", videos, ("jump",), version="1")
    entries = json.loads((tmp_path / "a.json").read_text())["database"]
    assert "group" not in entries["film"] and entries["other"]["group"] == "anna"


def test_classes_are_the_leaves_of_the_taxonomy(document):
    nodes = [("Root", None), ("Sports", "Root"), ("jump", "Sports"), ("dive", "Sports")]
    taxonomy = [{"nodeName": name, "parentName": parent} for name, parent in nodes]
    assert parse_annotations(document() | {"taxonomy": taxonomy}, where="a.json").classes == ("dive", "jump")
    with pytest.raises(AnnotationError, match=r"a\.json: video 'film': unknown label 'dvie'. Did you mean 'dive'\?"):
        parse_annotations(document(instance(1, 2, "dvie")) | {"taxonomy": taxonomy}, where="a.json")


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (instance(3, 2), r"segment \[3.0, 2.0\] of 'jump' ends before it starts"),
        (instance(-0.5, 2), r"segment \[-0.5, 2.0\] of 'jump' starts before 0"),
        (instance("1", "2"), r"segment = \['1', '2'\] of 'jump' should be \[start, end\], numbers of seconds"),
        (instance(1, float("nan")), r"segment = \[1, nan\]"),
        ({"label": "jump", "segment": [1]}, r"segment = \[1\]"),
        ({"label": 7, "segment": [1, 2]}, r"label = 7 should be the name of a class"),
        ("jump", "label = None"),
    ],
)
def test_a_wrong_instance_names_file_video_and_value(document, annotation, message):
    with pytest.raises(AnnotationError, match=rf"a\.json: video 'film': {message}"):
        parse_annotations(document(annotation), where="a.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subset": "train"}, "subset = 'train' should be one of training, validation, test"),
        ({"duration": 0}, "duration = 0 should be a number of seconds above 0"),
        ({"duration": "12"}, "duration = '12' should be"),
        ({"annotations": None}, "annotations = None should be a list"),
        ({"group": ""}, "group = '' should be the name of a person, a venue or the like"),
        ({"group": " "}, "group = ' ' should be"),
        ({"group": 7}, "group = 7 should be"),
    ],
)
def test_a_wrong_video_names_file_video_and_value(document, changes, message):
    with pytest.raises(AnnotationError, match=rf"a\.json: video 'film': {message}"):
        parse_annotations(document(**changes), where="a.json")


@pytest.mark.parametrize("content", ["", "[1]", '{"database": []}', '{"database": {', "\ufeff{}"])
def test_a_file_of_another_kind_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"a\.json"):
        read_annotations(path)


def test_a_video_given_twice_is_an_error(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"database": {"film": {}, "film": {}}}')
    with pytest.raises(ValueError, match=r"a\.json: 'film' stands there twice"):
        read_annotations(path)


def test_clip_cuts_at_the_end_and_drops_what_has_no_length():
    kept = (Instance("jump", 1.0, 2.0), Instance("jump", 8.0, 12.0))
    dropped = (Instance("jump", 3.0, 3.0), Instance("jump", 10.0, 11.0), Instance("jump", 20.0, 20.0))
    videos, counts = within_duration({"film": Video("test", 10.0, kept + dropped)}, out_of_range="clip", where="a.json")
    assert videos["film"].instances == (Instance("jump", 1.0, 2.0), Instance("jump", 8.0, 10.0))
    assert counts == {"clipped": 1, "zero_length": 2, "past_end": 1}


@pytest.mark.parametrize(
    ("segment", "fault"),
    [((3.0, 3.0), "has zero length"), ((10.0, 11.0), "starts at or after the end"), ((8.0, 12.0), "runs past the end")],
)
def test_refuse_names_file_video_and_segment(segment, fault):
    videos = {"film": Video("test", 10.0, (Instance("jump", *segment),))}
    with pytest.raises(AnnotationError) as caught:
        within_duration(videos, out_of_range="refuse", where="a.json")
    for part in ("a.json", "'film'", str(list(segment)), fault, "[0, 10.0]"):
        assert part in str(caught.value)


def test_a_segment_up_to_the_very_end_is_in_range():
    videos = {"film": Video("test", 10.0, (Instance("jump", 0.0, 10.0),))}
    assert within_duration(videos, out_of_range="refuse", where="a.json")[0] == videos


def test_the_dirt_of_activitynet_is_counted(shared_data):
    """12 segments of zero length; 1,240 clearly past the end, and more by a rounded duration."""
    path = shared_data / "activitynet13" / "activity_net.v1-3.trainval.json"
    read = read_annotations(path)
    assert len(read.classes) == 200
    expected = {"training": (10_024, 15_410), "validation": (4_926, 7_654)}
    counts = []
    for subset, (videos, instances) in expected.items():
        chosen = read.subset(subset)
        assert len(chosen) == videos
        assert sum(len(video.instances) for video in chosen.values()) == instances
        counts.append(within_duration(chosen, out_of_range="clip", where=str(path))[1])
    assert sum(count["zero_length"] for count in counts) == 12
    past_end = sum(instance.end > video.duration for video in read.videos.values() for instance in video.instances)
    assert past_end >= 1_240
    assert sum(count["clipped"] + count["past_end"] for count in counts) in range(past_end - 12, past_end + 1)


def test_ambiguous_segments_are_no_instances_and_stay_in_the_file(tmp_path):
    ambiguous = (Instance(AMBIGUOUS, 1.0, 2.0),)
    video = Video("training", 10.0, (Instance("dive", 3.0, 4.0),), ambiguous, 29.97)
    write_annotations(tmp_path / "a.json", {"film": video}, ["dive", "jump"], version="test")
    read = read_annotations(tmp_path / "a.json")
    assert read.videos["film"] == video
    assert read.classes == ("dive", "jump")
    assert within_duration(read.videos, out_of_range="clip", where="a.json")[0]["film"] == video
    truth = read_ground_truth(tmp_path / "a.json", "training")
    assert truth.ambiguous_start_end.tolist() == [[1.0, 2.0]]


def test_both_modules_mean_the_same_label():
    assert AMBIGUOUS == ground_truth.AMBIGUOUS


@pytest.mark.parametrize("fps", [0, -25, "25", True])
def test_a_wrong_frame_rate_is_an_error(document, fps):
    with pytest.raises(AnnotationError, match="video 'film': fps = "):
        parse_annotations(document(fps=fps), where="a.json")
