"""All doubts together: none about what is published, each about the split that it concerns."""

import json
from dataclasses import replace

import numpy as np
import pytest

from react_tad.data.annotations import SUBSETS, Instance, Video
from react_tad.data.check import all_doubts
from react_tad.data.datasets import Examined, LazyFeatures, Recording, activitynet13, find, thumos14
from react_tad.data.doubts import doubts
from react_tad.data.doubts.window_lengths import remarkable_lengths
from react_tad.params.windows import Windows


def unread():
    raise AssertionError("features are not looked at")


def placed(name, video, snippets, seconds, first):
    """A recording of which only the times are known."""
    return Recording(
        video=name,
        subset=video.subset,
        duration=video.duration,
        instances=video.instances,
        features=LazyFeatures((snippets, 8), unread),
        seconds_per_snippet=seconds,
        first_center_seconds=first,
    )


def test_activitynet_is_not_doubted(shared_data):
    annotations = activitynet13.read_official(shared_data / "activitynet13/activity_net.v1-3.trainval.json")
    videos = annotations.videos
    recordings = [
        activitynet13.make_recording(name, video, LazyFeatures((100, 400), unread)) for name, video in videos.items()
    ]
    assert len(videos) == 14950
    examined = Examined(videos, recordings, [], classes=annotations.classes)
    windows = Windows(length=100, stride=100)
    assert list(all_doubts(examined, windows)) == []
    assert list(all_doubts(replace(examined, recordings=[]), windows)) == [], "without features"


@pytest.mark.parametrize("source", ["actionformer", "gtad"])
def test_thumos14_is_not_doubted(shared_data, source):
    """With the lengths of the I3D features, one every four frames of 30 a second; 256 of them a window."""
    folder = shared_data / "thumos14"
    about = json.loads((folder / "th14_i3d2s_act_ft_info.json").read_text())
    file = {"actionformer": "thumos14.json", "gtad": "thumos_gt.json"}[source]
    read, faults = thumos14.read_json_database(folder / file, thumos14.CLASSES)
    assert len(read) in (410, 412, 413) and not faults
    videos, recordings = {}, []
    for name, entry in read.items():
        seen = about[name]
        duration = entry.duration or seen["feature_second"] + seen["base_frames"] / seen["fps"]
        videos[name] = Video(entry.subset, duration, tuple(entry.instances))
        seconds, first = seen["stride"] / seen["fps"], seen["base_frames"] / 2 / seen["fps"]
        recordings.append(placed(name, videos[name], seen["feature_length"], seconds, first))
    splits = {video.subset for video in videos.values()}
    assert len(splits) == 2 and splits <= set(SUBSETS)
    # The official data have no training split: its validation videos are what is trained on.
    trained = {name: replace(v, subset=v.subset.replace("validation", "training")) for name, v in videos.items()}
    recordings = [replace(item, subset=trained[item.video].subset) for item in recordings]
    examined = Examined(trained, recordings, [], classes=thumos14.CLASSES)
    assert list(all_doubts(examined, Windows())) == []


@pytest.mark.parametrize("name", ["toy", "toy_hard"])
def test_toy_is_not_doubted(name, tmp_path):
    dataset = find(name)
    prepared = dataset.prepare(tmp_path, dataset.OPTIONS())
    videos = {item.video: item.annotated for item in prepared.recordings}
    examined = Examined(videos, prepared.recordings, [], classes=dataset.CLASSES)
    assert list(all_doubts(examined, Windows(length=64, stride=16))) == []


def test_hapt_is_not_doubted(shared_data, tmp_path):
    """Its windows are those of params.yaml."""
    hapt = find("hapt")
    (file,) = hapt.published(hapt.OPTIONS())
    (tmp_path / file).symlink_to(shared_data / "hapt/hapt_rawdata.tar.xz")
    prepared = hapt.prepare(tmp_path, hapt.OPTIONS())
    videos = {item.video: item.annotated for item in prepared.recordings}
    examined = Examined(videos, prepared.recordings, [], classes=hapt.CLASSES)
    assert list(all_doubts(examined, Windows(length=128, stride=32))) == []


def test_what_concerns_all_splits_is_told_with_training(recording):
    items = [
        recording(f"{split}{n}", 40, subset=split, instances=((label, 2.0, 5.0 + n),) * 5)
        for split, label in (("training", "nod"), ("validation", "nod"), ("test", "Nod"))
        for n in range(3)
    ]
    videos = {item.video: item.annotated for item in items}
    of_training = [item for item in items if item.subset == "training"]
    found = list(doubts(videos, of_training, ["nod", "Nod"], ["training"]))
    assert [line.split(": ")[0] for line in found] == [
        "2 classes whose labels are nearly the same",
        "1 of 2 classes of which training has no instance, so that none can be learned there",
        "1 of 2 classes of which test has no instance, so that no mAP says how well they are found",
    ]
    assert list(doubts(videos, [item for item in items if item.subset == "test"], ["nod", "Nod"], ["test"])) == []


def test_a_doubt_names_its_split(recording):
    items = [
        recording(f"{split}{n}", 40, subset=split, instances=[("nod", s * factor, s * factor + 9) for s in range(9)])
        for split, factor in (("training", 1), ("validation", 1), ("test", 50))
        for n in range(3)
    ]
    videos = {item.video: item.annotated for item in items}
    (found,) = doubts(videos, items, ["nod"], SUBSETS)
    assert found.startswith("test: in 3 of 3 videos segments end after the video")


def test_windows_of_a_data_set_that_is_checked(recording):
    items = [recording("a", 400, instances=[("nod", 0.0, 150.0)] * 5), recording("b", 9, subset="test")]
    examined = Examined({item.video: item.annotated for item in items}, items, [], classes=("nod",))
    assert not any("window" in line for line in all_doubts(examined, None))
    found = [line for line in all_doubts(examined, Windows()) if "window" in line]
    assert len(found) == 1 and found[0].startswith(
        "training: 5 of 5 instances (100.0%) are longer than a window of 256"
    )
    assert "windows.length: 256 -> 300 would hold all" in found[0]


def test_lengths_in_thumos14_are_counted(shared_data):
    """14 of 6,365 are longer than 256 snippets of 4 / 30 s."""
    document = json.loads((shared_data / "thumos14/thumos14.json").read_text())
    lengths = [
        (end - start) * 30 / 4
        for entry in document["database"].values()
        for start, end in (item["segment"] for item in entry["annotations"])
    ]
    (found,) = remarkable_lengths(np.array(lengths), length=256, min_inside=0.75, seconds=4 / 30)
    assert found.startswith("14 of 6365 instances (0.2%)")


def test_instances_past_the_end_count_as_far_as_their_video_goes(recording):
    items = [recording("a", 40, instances=[("nod", 1.0, 900.0), ("nod", 30.0, 900.0)])]
    examined = Examined({item.video: item.annotated for item in items}, items, [], classes=("nod",))
    assert not any("window" in line for line in all_doubts(examined, Windows(length=64)))
    assert items[0].annotated.instances[0] == Instance("nod", 1.0, 900.0)
