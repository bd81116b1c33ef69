"""What a split of own data consists of, and what is refused before any feature is read."""

import json
import os

import numpy as np
import pytest

from own import Own
from react_tad.cli import main
from react_tad.data.annotations import SUBSETS, read_annotations
from react_tad.data.datasets.custom import Options, own_splits
from react_tad.data.own_recordings import read_recordings


@pytest.fixture
def own(tmp_path):
    """Own data of four annotated videos and a new one."""
    made = Own(tmp_path)
    for name, subset in (("a", "training"), ("b", "training"), ("c", "validation"), ("d", "test")):
        made.add(name, subset)
    made.add("n", "new")
    made.database["n"] = {"subset": "new"}
    made.write()
    return made


def options(own, **more):
    given = {"features": str(own.features), "annotations": str(own.annotations), "time": "seconds"}
    return Options(**given, **({"seconds_per_snippet": 0.5} | more))


def contents(own, **more):
    """Digest of each split."""
    found = own_splits(options(own, **more), own.folder / "memory")
    return {split: own_split.content for split, own_split in found.items()}


def changed(own, before, **more):
    """Splits whose content differs from before."""
    after = contents(own, **more)
    return {split for split in before | after if before.get(split) != after.get(split)}


@pytest.mark.parametrize(("video", "split"), [("a", "training"), ("c", "validation"), ("d", "test"), ("n", "new")])
@pytest.mark.parametrize("kind", ["npy", "hdf5"])
def test_features_concern_their_split(tmp_path, own, video, split, kind):
    if kind == "hdf5":
        own.features = tmp_path / "f.h5"
    own.write(kind)
    before = contents(own)
    own.arrays[video] = own.arrays[video] + 1
    own.write(kind)
    assert changed(own, before) == {split}


@pytest.mark.parametrize(
    ("video", "change", "splits"),
    [
        ("a", {"annotations": [{"label": "wave", "segment": [1.0, 5.0]}]}, {"training"}),
        ("d", {"annotations": []}, {"test"}),
        ("c", {"duration": 11.0}, {"validation"}),
        ("c", {"seconds_per_snippet": 0.25}, {"validation"}),
        ("c", {"subset": "unused"}, {"validation"}),
        ("c", {"group": "anna"}, {"validation"}),
        ("n", {"annotations": [{"label": "anything", "segment": [1.0, 5.0]}]}, set()),
        ("a", {"url": "http://example.org", "resolution": "320x240"}, set()),
        ("d", {"annotations": [{"label": "bow", "segment": [1.0, 5.0]}]}, {*SUBSETS, "new"}),
    ],
)
def test_annotations_concern_their_split_and_classes_all(own, video, change, splits):
    own.add("e", "validation")
    own.add("f", "test")
    own.write()
    before = contents(own)
    own.database[video] |= change
    own.write()
    assert changed(own, before) == splits


def test_a_taxonomy_alone_says_which_classes_there_are(own):
    own.add("f", "test")

    def write():
        own.write()
        nodes = [{"nodeName": name, "parentName": "Root"} for name in ("bow", "wave")]
        listed = {"taxonomy": [{"nodeName": "Root", "parentName": None}, *nodes], "database": own.database}
        own.annotations.write_text(json.dumps(listed))

    write()
    before = contents(own)
    own.database["d"]["annotations"][0]["label"] = "bow"
    write()
    assert changed(own, before) == {"test"}


def test_where_the_files_are_concerns_nobody(tmp_path, own):
    before = contents(own)
    (tmp_path / "elsewhere").mkdir()
    own.features = own.features.rename(tmp_path / "elsewhere/f")
    own.annotations = own.annotations.rename(tmp_path / "elsewhere/a.json")
    for path in own.features.iterdir():
        os.utime(path, (0, 0))
    assert changed(own, before) == set()
    prefixed = [path.rename(path.with_name(f"v_{path.name}")) for path in own.features.iterdir()]
    assert len(prefixed) == 5 and changed(own, before, prefix="v_") == set()


def test_what_is_written_of_a_split_holds_no_place_and_nothing_of_the_others(own):
    more = {"time": "seconds", "seconds_per_snippet": 0.5}
    assert own.run(**more) == 0
    cfg = json.dumps({"dataset": "mine", "kind": "custom", "options": more})
    places = json.dumps({"features": str(own.features), "annotations": str(own.annotations)})
    for split in (*SUBSETS, "new"):
        of_split = ["--cfg", cfg, "--places", places, "--split", split]
        assert main(["fetch", *of_split, "--to", str(own.folder / "one/raw")]) == 0
        made = ["--annotations", str(own.folder / "one/annotations"), "--features", str(own.folder / "one/features")]
        assert main(["features", *of_split, "--raw", str(own.folder / "one/raw"), *made]) == 0
        texts = [(own.folder / f"one/{kind}/{split}.json").read_text() for kind in ("raw", "annotations", "features")]
        assert all(str(own.folder) not in text for text in texts)
        others = {name for name, entry in own.database.items() if entry["subset"] != split}
        assert all(f'"{name}"' not in text for text in texts for name in others)
        arrays = [own.folder / f"{place}/features/{split}.npy" for place in ("one", "data")]
        assert arrays[0].read_bytes() == arrays[1].read_bytes(), "as when all are made together"


# ------------------------------------------------------------------------------------------------ new recordings


def test_a_new_recording_lasts_as_long_as_its_features(own):
    assert own.run(time="seconds", seconds_per_snippet=0.5, first_center_seconds=1.0) == 0
    written = read_annotations(own.data / "annotations.json").videos["n"]
    assert (written.subset, written.duration, written.instances) == ("new", 1.0 + 19.5 * 0.5, ())
    own.database["n"]["duration"] = 7.5
    own.write()
    assert own.run(time="seconds", seconds_per_snippet=0.5, first_center_seconds=1.0) == 0
    assert read_annotations(own.data / "annotations.json").videos["n"].duration == 7.5
    assert own.windows("new") == 0
    index = own.index("new")
    assert {window.video for window in index.windows} == {"n"} and index.classes == ("wave",)


def test_unlisted_features_are_new_recordings_if_asked(own, capsys):
    np.save(own.features / "zz.npy", np.ones((12, 4)))
    with pytest.raises(ValueError, match=r"does not know 1 video \('zz'\).*or set here\.unlisted: new"):
        read_recordings(options(own), where="here")
    found = read_recordings(options(own, unlisted="new"), where="here")
    assert found.videos("new") == ["n", "zz"]
    before = contents(own, unlisted="new")
    np.save(own.features / "yy.npy", np.ones((12, 4)))
    assert changed(own, before, unlisted="new") == {"new"}
    assert own.run(time="seconds", seconds_per_snippet=0.5, unlisted="new") == 0
    assert list(own.store("new")) == ["n", "yy", "zz"]


def test_a_video_that_is_left_out_is_not_new(own):
    own.database["d2"] = own.database["d"] | {"subset": "unused"}
    own.arrays["d2"] = own.arrays["d"]
    own.write()
    assert read_recordings(options(own, unlisted="new"), where="here").videos("new") == ["n"]


def test_annotations_of_new_recordings_are_said_to_be_ignored(own, capsys):
    own.database["n"]["annotations"] = [{"label": "wave", "segment": [1.0, 5.0]}]
    own.write()
    assert own.run(time="seconds", seconds_per_snippet=0.5) == 0
    assert "of subset 'new', so their annotations are not looked at: 1 video ('n')" in capsys.readouterr().out


def test_a_duration_is_needed_where_snippets_are_spread(own):
    spread = options(own).model_copy(update={"time": "spread", "seconds_per_snippet": None})
    with pytest.raises(ValueError, match=r"no duration of 1 video \('n'\), of subset 'new'\. here\.time is spread"):
        read_recordings(spread, where="here")
    own.database["n"]["duration"] = -3
    own.write()
    with pytest.raises(ValueError, match=r"video 'n': duration = -3 should be a number of seconds above 0"):
        read_recordings(spread, where="here")


def test_new_recordings_alone_are_refused(own):
    own.database = {"n": own.database["n"]}
    own.arrays = {"n": own.arrays["n"]}
    own.write()
    with pytest.raises(ValueError, match=r"1 recordings of subset 'new', and none .* 'react-tad predict MODEL FILES'"):
        read_recordings(options(own), where="here")


@pytest.mark.parametrize("split", SUBSETS)
def test_a_split_without_an_instance_is_refused(own, split):
    for entry in own.database.values():
        if entry["subset"] == split:
            entry["annotations"] = []
    own.write()
    with pytest.raises(ValueError, match=f"no instance in the . videos of subset '{split}'"):
        read_recordings(options(own), where="here")


def test_what_is_held_out_keeps_all_of_its_annotations(own):
    for name in "cd":
        own.database[name]["subset"] = "training"
    for entry in own.database.values():
        entry.get("annotations", []).append({"label": "Ambiguous", "segment": [6.0, 7.0]})
    own.write()
    found = read_recordings(options(own, test_share=0.25, validation_share=0.25), where="here")
    assert all(len(video.ambiguous) == 1 for video in found.annotations.videos.values())


def test_a_subset_of_another_name_can_be_the_new_one(own):
    before = contents(own)
    own.database["n"]["subset"] = "unlabelled"
    own.write()
    assert changed(own, before, subsets={"unlabelled": "new"}) == set()
