"""Own data through the command line: fetch, features, windows."""

import gzip
import json
import shutil

import numpy as np
import pytest

from own import Own
from react_tad.cli import main
from react_tad.data.annotations import SUBSETS, read_annotations
from react_tad.files import sha256

HARD_NAMES = ("a name with spaces", 'it\'s "quoted"', "Ärger über Öl", "手を振る", "$HOME; `ls` & {b} %s \\ #*?", "-x")


@pytest.fixture
def own(tmp_path):
    """Own data of four videos, not written yet."""
    made = Own(tmp_path)
    for name, subset in (("a", "training"), ("b", "training"), ("c", "validation"), ("d", "test")):
        made.add(name, subset)
    return made


@pytest.mark.parametrize("kind", ["npy", "hdf5"])
def test_features_arrive_unchanged_and_files_stay_as_they_are(own, kind):
    own.write(kind)
    files = [path for path in own.folder.rglob("*") if path.is_file()]
    before = {path: (sha256(path), path.stat().st_mtime_ns) for path in files}
    assert own.run() == 0
    for split, videos in (("training", "ab"), ("validation", "c"), ("test", "d")):
        store = own.store(split)
        assert list(store) == list(videos)
        for video in videos:
            np.testing.assert_array_equal(store[video], own.arrays[video])
            assert store.info(video).seconds_per_snippet == 0.5
        assert store.source["own_files"] == len(videos)
    assert {path: (sha256(path), path.stat().st_mtime_ns) for path in files} == before
    assert own.index("training")[0].segments.tolist() == [[4.0, 10.0]]


@pytest.mark.parametrize("name", ["annotations.csv", "annotations.csv.gz"])
def test_annotations_as_a_table_are_the_same(own, tmp_path_factory, name):
    own.database["a"]["group"] = "anna"
    own.write()
    rows = "start,end,label,video,subset,duration,group\r\n" + "".join(
        f'{start},{end},"{instance["label"]}",{video},{entry["subset"]},{entry["duration"]},{entry.get("group", "")}'
        "\r\n"
        for video, entry in own.database.items()
        for instance in entry["annotations"]
        for start, end in [instance["segment"]]
    )
    content = b"\xef\xbb\xbf" + rows.encode()
    (own.folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert own.run() == 0
    from_json = {path.name: path.read_bytes() for path in own.data.rglob("*.json") if path.parent.name != "features"}
    own.annotations = own.folder / name
    assert own.run() == 0
    assert len(from_json) == 4
    for path in own.data.rglob("*.json"):
        assert path.parent.name == "features" or path.read_bytes() == from_json[path.name]


def test_groups_arrive_in_what_is_written(own):
    own.database["a"]["group"] = "anna"
    own.write()
    assert own.run() == 0
    videos = read_annotations(own.data / "annotations.json").videos
    assert {name: video.group for name, video in videos.items() if video.group} == {"a": "anna"}


def test_a_table_without_subsets_is_held_out_of(own, capsys):
    """All of it is training, and shares make the other splits."""
    own.write()
    lines = [f"{video},{entry['duration']},2,5,wave\n" for video, entry in own.database.items()]
    own.annotations = own.folder / "annotations.csv"
    own.annotations.write_text("video,duration,start,end,label\n" + "".join(lines))
    assert own.run() == 1
    assert "no videos of subset 'test'" in (said := capsys.readouterr().err) or "'validation'" in said
    assert own.run(validation_share=0.25, test_share=0.25) == 0
    assert [len(list(own.store(split))) for split in SUBSETS] == [2, 1, 1]


@pytest.mark.parametrize("kind", ["npy", "hdf5"])
def test_hard_names(tmp_path, kind):
    own = Own(tmp_path / "it's my Ördner")
    own.folder.mkdir()
    for number, name in enumerate(HARD_NAMES):
        own.add(name, SUBSETS[number % 3], instances=((f"class of {name}", 1.0, 4.0),))
    own.write(kind)
    assert own.run() == 0
    found = {name for split in SUBSETS for name in own.store(split)}
    assert found == set(HARD_NAMES)
    assert set(read_annotations(own.data / "annotations.json").classes) == {f"class of {n}" for n in HARD_NAMES}


def test_very_different_lengths(tmp_path):
    own = Own(tmp_path)
    lengths = (3, 1, 16, 17, 5000, 40)
    for number, snippets in enumerate(lengths):
        end = min(snippets * 0.5, 4.0)
        own.add(f"v{number}", SUBSETS[number % 3], snippets=snippets, instances=(("wave", 0.0, end),))
    own.write()
    assert own.run() == 0
    for number, snippets in enumerate(lengths):
        split = SUBSETS[number % 3]
        assert own.store(split).info(f"v{number}").length == snippets
        windows = [window for window in own.index(split).windows if window.video == f"v{number}"]
        assert windows[-1].first + windows[-1].length == snippets or split == "training"


def test_one_class_and_many_classes(tmp_path):
    for count in (1, 200):
        own = Own(tmp_path / str(count))
        own.folder.mkdir()
        labels = [f"class {number:03d}" for number in range(count)]
        for split in SUBSETS:
            own.add(
                split, split, snippets=500, instances=[(label, n + 0.25, n + 1.0) for n, label in enumerate(labels)]
            )
        own.write()
        assert own.run() == 0
        assert list(own.index("test").classes) == labels
        assert {int(instance.label) for instance in own.index("test").instances} == set(range(count))


def test_a_video_as_seconds_and_as_frames(own):
    own.database["a"] |= {"fps": 10.0}
    own.write()
    assert own.run(time="frames", fps=20.0, stride_frames=8.0) == 0
    store = own.store("training")
    assert store.info("a").seconds_per_snippet == 0.8 and store.info("a").first_center_seconds == 0.4
    assert store.info("b").seconds_per_snippet == 0.4 and store.info("b").first_center_seconds == 0.2
    assert own.run(time="seconds", seconds_per_snippet=2.0, first_center_seconds=0.0) == 0
    assert own.store("test").info("d").first_center_seconds == 0.0


def test_features_that_end_elsewhere_than_their_video_are_pointed_out(own, capsys):
    own.write()
    assert own.run() == 0
    assert "are the times right" not in capsys.readouterr().out
    assert own.run(time="seconds", seconds_per_snippet=0.25) == 0
    assert "4 videos ('a', 'b', 'c', 'd'). In the first, 20 snippets end at 5 s of 10 s" in capsys.readouterr().out


def test_rescaling(own):
    own.add("long", "training", snippets=640)
    own.write()
    assert own.run(rescale=100) == 0
    store = own.store("training")
    assert store["long"].shape == store["a"].shape == (100, 4)
    assert store.info("long").seconds_per_snippet == pytest.approx(3.2)
    assert store.info("a").seconds(0) == pytest.approx(0) and store.info("a").seconds(100) == pytest.approx(10)


def test_prefixes_subsets_and_shares(tmp_path, capsys):
    own = Own(tmp_path)
    for number in range(10):
        own.add(f"v_{number}", "training" if number < 8 else "val")
    own.add("v_secret", "testing")
    own.database = {name.removeprefix("v_"): entry for name, entry in own.database.items()}
    own.write()
    subsets = {"val": "test", "testing": "unused"}
    assert own.run(prefix="v_", subsets=subsets, validation_share=0.25) == 0
    assert [len(own.store(split)) for split in SUBSETS] == [6, 2, 2]
    assert "left out, of subset 'unused': 1 video ('secret')" in capsys.readouterr().out


def test_videos_past_the_end_of_which_something_is_annotated_are_counted(own, capsys):
    own.add("e", "test", instances=(("wave", 4.0, 99.0), ("wave", 3.0, 3.0)))
    own.write()
    assert own.run() == 0
    assert "segments clipped 1, segments dropped zero length 1" in capsys.readouterr().out


@pytest.fixture
def streams(own):
    """The same videos as RGB, in subfolders and as .npz, and as flow, in one HDF5 file; gives the paths."""
    own.write("hdf5")
    rgb = own.folder / "rgb"
    for number, (name, array) in enumerate(own.arrays.items()):
        (rgb / str(number)).mkdir(parents=True)
        np.savez(rgb / str(number) / f"{name}.npz", array[:, ::-1])
    return [str(rgb), str(own.features)]


def test_streams_are_joined_in_the_order_of_the_list(own, streams):
    for order in (1, -1):
        assert own.run(features=streams[::order]) == 0
        for video in "ab":
            parts = [own.arrays[video][:, ::-1], own.arrays[video]][::order]
            np.testing.assert_array_equal(own.store("training")[video], np.concatenate(parts, axis=1))


def test_streams_that_differ_by_a_snippet_are_cut_and_counted(own, streams, capsys):
    folder = own.folder / "rgb"
    np.savez(folder / "0/a.npz", np.ones((21, 3)))
    np.savez(folder / "1/b.npz", np.ones((19, 3)))
    np.savez(folder / "2/c.npz", np.ones((20, 3)))
    np.savez(folder / "3/d.npz", np.ones((20, 3)))
    assert own.run(features=streams) == 0
    assert "streams that differ by one snippet, cut to the shorter: 2 of 4 videos" in capsys.readouterr().out
    assert [own.store("training").info(video).length for video in "ab"] == [20, 19]
    np.savez(folder / "1/b.npz", np.ones((18, 3)))
    assert own.run(features=streams) == 1
    message = capsys.readouterr().err
    assert f"video 'b': snippets: {streams[0]} 18, {streams[1]} 20; streams of one video may differ by 1" in message


def test_what_is_recorded_does_not_say_where_it_lies(own, streams):
    def recorded():
        return [json.loads((own.folder / f"raw/{split}.json").read_text())["own_files"] for split in SUBSETS]

    assert own.run(features=streams) == 0
    before = recorded()
    (own.folder / "elsewhere").mkdir()
    moved = [shutil.move(place, own.folder / "elsewhere" / f"other {n}") for n, place in enumerate(streams)]
    assert own.run(features=list(map(str, moved))) == 0
    assert recorded() == before
    assert own.run(features=list(map(str, moved[::-1]))) == 0
    assert recorded() != before, "another order is another array"


def test_files_that_are_not_read_are_said(own, capsys):
    own.write()
    (own.features / "notes.txt").write_text("not features")
    assert own.run() == 0
    assert f"not read in {own.features}: 1 of .txt (notes.txt)" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ what is refused


def wrong(own, change, capsys, **options):
    """Message of a run on changed own data."""
    own.write()
    change(own)
    assert own.run(**options) == 1
    assert not list(own.data.rglob("*.np*")), "nothing half-made"
    return capsys.readouterr().err


def edit(own, **database):
    own.annotations.write_text(json.dumps({"database": own.database | database}))


def test_videos_without_features_and_features_without_a_video_are_named_all_at_once(own, capsys):
    def change(own):
        edit(own, x=own.database["a"], y=own.database["b"])
        np.save(own.features / "z.npy", np.zeros((3, 4)))

    message = wrong(own, change, capsys)
    assert "my annotations.json: no features in" in message and "of 2 videos ('x', 'y'); add them" in message
    assert "my annotations.json does not know 1 video ('z'); add an entry" in message


def test_another_dimension_names_the_videos(own, capsys):
    message = wrong(own, lambda own: np.save(own.features / "c.npy", np.zeros((3, 5))), capsys)
    assert "my features: a snippet has 4 features in 3 videos, and 5 in 1 video ('c')" in message


def test_names_that_nearly_fit_say_which_prefix_would(own, capsys):
    def change(own):
        for path in own.features.iterdir():
            path.rename(path.with_name(f"v_{path.name}"))

    message = wrong(own, change, capsys)
    assert "no features in" in message and "of 4 videos" in message
    assert "With the option prefix: 'v_', 4 of these 4 videos would have some" in message
    assert own.run(prefix="v_") == 0


def test_features_that_look_transposed_are_refused(own, capsys):
    for name, snippets in zip("abcd", (20, 22, 31, 20), strict=True):
        own.arrays[name] = np.ones((4, snippets), np.float32)
    message = wrong(own, lambda own: None, capsys)
    assert "the first axis is 4 in 4 of 4 videos" in message and "transpose them (array.T)" in message


def test_a_number_that_is_not_finite_names_the_file(own, capsys):
    bad = np.zeros((3, 4))
    bad[1, 2] = np.nan
    message = wrong(own, lambda own: np.save(own.features / "a.npy", bad), capsys)
    assert "a.npy: video 'a', snippet 1: a feature is nan; all must be finite" in message


def test_files_that_are_not_whole_are_named_all_at_once(own, capsys):
    def change(own):
        (own.features / "a.npy").write_bytes(b"")
        np.save(own.features / "b.npy", np.zeros(7))

    message = wrong(own, change, capsys)
    assert "a.npy: video 'a': not a whole .npy file" in message
    assert "b.npy: video 'b': an array of float64 [7]; it should be of numbers [snippets, dimension]" in message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"subset": "val"}, "unknown subsets: 'val' (1 videos)"),
        ({"duration": 0}, "video 'c': duration = 0 should be a number of seconds above 0"),
        ({"group": 3}, "video 'c': group = 3 should be the name of a person, a venue or the like"),
        (
            {"annotations": [{"label": "wave", "segment": [5, 2]}]},
            "video 'c': segment [5.0, 2.0] of 'wave' ends before",
        ),
        ({"annotations": [{"label": "", "segment": [2, 5]}]}, "video 'c': label = ''"),
    ],
)
def test_wrong_annotations_name_file_video_and_value(own, capsys, entry, message):
    assert f"my annotations.json: {message}" in wrong(own, lambda o: edit(o, c=o.database["c"] | entry), capsys)


def test_what_is_not_there_is_named(own, capsys):
    assert "my annotations.json is not there" in wrong(own, lambda own: own.annotations.unlink(), capsys)
    own.features, there = own.folder / "nowhere", own.features
    assert own.run() == 1
    assert "my annotations.json nor" in capsys.readouterr().err, "both are gone"
    own.write()
    shutil.rmtree(own.features)
    assert own.run() == 1
    assert "nowhere is not there; it should be a folder of VIDEO.npy or one HDF5 file" in capsys.readouterr().err
    assert there.is_dir()


def test_an_empty_annotation_file_is_named(own, capsys):
    assert "my annotations.json is not valid JSON" in wrong(own, lambda own: own.annotations.write_text(""), capsys)


def test_a_missing_split_says_what_to_do(own, capsys):
    message = wrong(own, lambda own: edit(own, c=own.database["c"] | {"subset": "test"}), capsys)
    assert "no videos of subset 'validation'" in message and "validation_share: 0.2" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rescale": 100, "time": "seconds"}, "rescale is given, and time is seconds"),
        ({"fps": 25.0}, "fps is given, and time is spread"),
        ({"featurs": "x"}, "unknown parameter 'featurs'. Did you mean 'features'?"),
        ({"subsets": {"val": "tset"}}, "subsets.val = 'tset'"),
        ({"validation_share": 1.0}, "validation_share"),
        ({"rescale": 10**12}, "rescale = 1000000000000: Input should be less than or equal to 100000"),
        ({"features": []}, "features"),
    ],
)
def test_wrong_options_are_named(own, capsys, options, message):
    assert message in wrong(own, lambda own: None, capsys, **options)


@pytest.mark.parametrize(
    ("kind", "changed"), [("npy", "a.npy"), ("hdf5", "my features"), ("npy", "my annotations.json")]
)
def test_files_that_change_between_two_steps_are_refused(own, capsys, kind, changed):
    own.write(kind)
    assert own.run() == 0
    own.arrays["a"][0] += 1
    own.database["a"]["duration"] = 11.0
    own.write(kind)
    cfg = {"features": str(own.features), "annotations": str(own.annotations)}
    out = ["--annotations", str(own.folder / "again.json"), "--features", str(own.folder / "again")]
    if changed != "my annotations.json":
        own.database["a"]["duration"] = 10.0
        edit(own)
    arguments = ["--cfg", json.dumps({"dataset": "custom", "options": cfg}), "--raw", str(own.folder / "raw"), *out]
    assert main(["features", *arguments]) == 1
    message = capsys.readouterr().err
    assert changed in message and "when 'react-tad fetch' recorded it; run it again" in message
