"""ActivityNet-1.3 through the command line, on a few videos in the published layouts."""

import json
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas
import pytest
from ruamel.yaml import YAML

from react_tad.cli import main
from react_tad.data.annotations import SUBSETS, read_annotations, within_duration
from react_tad.data.datasets import activitynet13
from react_tad.data.features import FeatureStore
from react_tad.data.rescaling import rescale
from react_tad.data.splits import held_out, with_all_splits
from react_tad.data.windows import WindowIndex
from react_tad.params.section import validated

TRAINING = [f"--{number:02d}BY_train" for number in range(10)]
LABELS = ("Archery", "Zumba", "Kneeling")
GONE = {"training": "--00BY_train", "validation": "gone_val_00"}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror folder with annotations and features in the published layouts; two videos have no features."""
    database = {}
    names = [(name, "training") for name in TRAINING]
    names += [(f"val-{number}_abcde", "validation") for number in range(4)] + [(GONE["validation"], "validation")]
    for number, (name, subset) in enumerate(names):
        duration = 30.0 + 7 * number
        segments = [[1.0, 6.5], [duration / 2, duration + 3.0]][: 1 + number % 2]
        annotations = [{"segment": segment, "label": LABELS[number % 3]} for segment in segments]
        entry = {"duration": duration, "subset": subset, "resolution": "320x240", "url": "https://example.org"}
        database[name] = entry | {"annotations": annotations}
    database["secret_test"] = {"duration": 20.0, "subset": "testing", "annotations": []}
    taxonomy = [{"parentName": None, "nodeName": "Root", "nodeId": 269, "parentId": None}]
    document = {"database": database, "taxonomy": taxonomy, "version": "VERSION 1.3"}
    folder = tmp_path / "mirror" / "activitynet13"
    folder.mkdir(parents=True)
    (folder / "activity_net.v1-3.min.json").write_text(json.dumps(document))
    instances = {
        subset: sum(len(entry["annotations"]) for entry in database.values() if entry["subset"] == subset)
        for subset in ("training", "validation")
    }
    counts = {
        "official training videos": 10,
        "official training instances": instances["training"],
        "official validation videos": 5,
        "official validation instances": instances["validation"],
        "classes": 3,
    }
    monkeypatch.setattr(activitynet13, "EXPECTED_COUNTS", counts)
    return folder.parent


@pytest.fixture
def csv(mirror, tmp_path):
    """The tables of ``csv_mean_100`` by video; the archive is in the mirror folder."""
    random = np.random.default_rng(0)
    tables = {name: random.random((100, 400)) for name in sorted(videos(mirror) - set(GONE.values()))}
    folder = tmp_path / "csv_mean_100"
    folder.mkdir()
    for name, table in tables.items():
        columns = [f"f{column}" for column in range(400)]
        pandas.DataFrame(table, columns=columns).to_csv(folder / f"v_{name}.csv", index=False)
    shutil.make_archive(str(mirror / "activitynet13" / "csv_mean_100"), "zip", tmp_path, "csv_mean_100")
    return tables


@pytest.fixture
def hdf5(mirror):
    """Features of any length by video; the file is in the mirror folder."""
    random = np.random.default_rng(0)
    arrays = {name: random.random((random.integers(1, 300), 5)) for name in sorted(videos(mirror) - set(GONE.values()))}
    with h5py.File(mirror / "activitynet13" / "activitynet13_features.h5", "w") as file:
        for name, array in arrays.items():
            file[f"v_{name}"] = array
    return arrays


def videos(mirror):
    return set(json.loads((mirror / "activitynet13/activity_net.v1-3.min.json").read_text())["database"])


def run(folder, mirror, **options):
    """Run fetch, features and windows; gives the first exit status that is not 0."""
    cfg = json.dumps({"dataset": "activitynet13", "options": options})
    failed = main(["fetch", "--cfg", cfg, "--to", str(folder / "raw"), "--mirror", str(mirror)])
    out = ["--annotations", str(folder / "annotations.json"), "--features", str(folder)]
    failed = failed or main(["features", "--cfg", cfg, "--raw", str(folder / "raw"), *out])
    for split in SUBSETS:
        files = ["--annotations", str(folder / "annotations.json"), "--features", str(folder / f"{split}.json")]
        windows = ["--cfg", json.dumps({"windows": {"length": 100, "stride": 100}}), *files]
        failed = failed or main(["windows", *windows, "--out", str(folder / "windows" / f"{split}.json")])
    return failed


def store(folder, split):
    return FeatureStore(folder / f"{split}.json")


def test_tables_become_a_window_a_video(tmp_path, mirror, csv, capsys):
    assert run(tmp_path, mirror) == 0
    held = held_out(TRAINING, 0.1)
    assert len(held) == 1
    expected = {"validation": held, "training": set(TRAINING) - held, "test": videos(mirror) - set(TRAINING)}
    assert {name for split in SUBSETS for name in store(tmp_path, split)} == csv.keys() - {"secret_test"}
    for split in SUBSETS:
        own = store(tmp_path, split)
        assert set(own) == (expected[split] & csv.keys()) - {"secret_test"}
        windows = WindowIndex.read(tmp_path / "windows" / f"{split}.json").windows
        assert [(window.video, window.first, window.length) for window in windows] == [(name, 0, 100) for name in own]
        for name in own:
            np.testing.assert_array_equal(own[name], csv[name].astype(np.float32))
    output = capsys.readouterr().out
    assert "test: 1 of 5 videos without features" in output
    gone = "validation" if GONE["training"] in held else "training"
    assert f"{gone}: 1 of " in output


def test_a_window_spans_its_video(tmp_path, mirror, csv):
    """Segments in snippets, times 100 by the duration, cut at the end of the video."""
    assert run(tmp_path, mirror) == 0
    index = WindowIndex.read(tmp_path / "windows/test.json")
    assert list(index.classes) == sorted(LABELS)
    database = json.loads((mirror / "activitynet13/activity_net.v1-3.min.json").read_text())["database"]
    for window in index.windows:
        entry = database[window.video]
        shares = [np.array(item["segment"]) / entry["duration"] * 100 for item in entry["annotations"]]
        np.testing.assert_allclose(window.segments, np.clip(shares, 0, 100))
        assert [index.classes[label] for label in window.labels] == [item["label"] for item in entry["annotations"]]


def test_any_length_is_rescaled(tmp_path, mirror, hdf5):
    assert run(tmp_path, mirror, features="hdf5") == 0
    for split in SUBSETS:
        own = store(tmp_path, split)
        for name in own:
            np.testing.assert_array_equal(own[name], rescale(hdf5[name], 100))


@pytest.mark.parametrize(("option", "kept"), [("keep", {GONE["validation"]}), ("leave_out", set())])
def test_test_videos_without_features(tmp_path, mirror, hdf5, capsys, option, kept):
    assert run(tmp_path, mirror, features="hdf5", test_without_features=option) == 0
    annotated = read_annotations(tmp_path / "annotations.json")
    assert annotated.subset("test").keys() - set(store(tmp_path, "test")) == kept
    assert GONE["training"] not in annotated.videos
    own = store(tmp_path, "test")
    assert own.without_features == kept
    assert own.source["without_features"]["test"] == [GONE["validation"]], "named in either case"
    gone = own.source["without_features"]
    assert gone["training"] + gone["validation"] == [GONE["training"]]
    assert ("videos without features 1" in capsys.readouterr().out) == bool(kept)


def test_a_video_that_is_kept_without_features_costs_recall(tmp_path, mirror, hdf5):
    """The ground truth as detections of the videos with features finds all but the instances of the missing one."""
    recalls = {}
    for option in ("keep", "leave_out"):
        folder = tmp_path / option
        assert run(folder, mirror, features="hdf5", test_without_features=option) == 0
        annotated = read_annotations(folder / "annotations.json")
        results = {
            name: [{"label": label, "score": 1.0, "segment": [start, end]} for label, start, end in video.instances]
            for name, video in annotated.subset("test").items()
            if name in store(folder, "test")
        }
        (folder / "found.json").write_text(json.dumps({"results": results}))
        files = ["--annotations", str(folder / "annotations.json"), "--detections", str(folder / "found.json")]
        evaluation = ["--subset", "test", "--tiou", "0.5:0.95:0.05", "--definition", "activitynet"]
        assert main(["evaluate", *files, *evaluation, "--json", str(folder / "metrics.json")]) == 0
        recalls[option] = json.loads((folder / "metrics.json").read_text())["average_map"]
    assert recalls["leave_out"] == pytest.approx(1)
    assert recalls["keep"] < 0.9


def test_annotations_that_are_not_the_published_ones_are_refused(tmp_path, mirror, hdf5, monkeypatch, capsys):
    counts = activitynet13.EXPECTED_COUNTS | {"classes": 200, "official training videos": 10_024}
    monkeypatch.setattr(activitynet13, "EXPECTED_COUNTS", counts)
    assert run(tmp_path, mirror, features="hdf5") == 1
    message = capsys.readouterr().err
    assert (
        "is not the published file: official training videos: 10, expected 10024; classes: 3, expected 200" in message
    )


def test_features_that_are_not_in_the_mirror_folder_say_what_to_do(tmp_path, mirror, capsys):
    assert run(tmp_path, mirror, features="hdf5") == 1
    message = capsys.readouterr().err
    assert "activitynet13_features.h5" in message and "mirror" in message


def test_the_options_of_its_page_exist():
    page = (Path(__file__).parents[2] / "docs/activitynet13.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    validated(activitynet13.Options, YAML(typ="safe").load(block)["activitynet13"]["options"], "docs/activitynet13.md")


@pytest.fixture(scope="module")
def official(shared_data):
    """The official annotations, where they are."""
    path = shared_data / "activitynet13" / "activity_net.v1-3.trainval.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return activitynet13.read_official(path)


def test_the_published_annotations_have_the_published_counts(official):
    activitynet13.check_counts(official)
    sizes = {split: (len(v), sum(len(x.instances) for x in v.values())) for split in ("training", "test")
             for v in [official.subset(split)]}  # fmt: skip
    assert sizes == {"training": (10_024, 15_410), "test": (4_926, 7_654)}
    assert len(official.classes) == 200


def test_a_fixed_tenth_is_held_out_with_every_class_left_in_training(official):
    made = with_all_splits(official, test_share=0, validation_share=0.1)
    assert [len(made.subset(split)) for split in SUBSETS] == [9_021, 1_003, 4_926]
    for split in ("training", "test"):
        labels = {instance.label for video in made.subset(split).values() for instance in video.instances}
        assert len(labels) == 200, split


def test_the_dirt_of_the_published_annotations_is_counted(official):
    _, counts = within_duration(official.videos, out_of_range="clip", where="official")
    instances = [(video.duration, *instance[1:]) for video in official.videos.values() for instance in video.instances]
    assert counts["zero_length"] == sum(start == end for _, start, end in instances) == 12
    late = [(start, end) for duration, start, end in instances if end > duration]
    assert len(late) == 1_732
    assert counts["clipped"] + counts["past_end"] == len(late) - sum(start == end for start, end in late)


def test_everything_that_is_wrong_is_said_at_once(tmp_path, mirror, hdf5, capsys, monkeypatch):
    """Before anything is converted: videos without features, a number that is none, segments past the end, counts."""
    with h5py.File(mirror / "activitynet13" / "activitynet13_features.h5", "a") as file:
        file["v_val-0_abcde"][:, 3] = np.nan  # in whichever snippets rescaling reads
    monkeypatch.setitem(activitynet13.EXPECTED_COUNTS, "classes", 4)
    table = tmp_path / "table.csv"
    command = ["data", "check", "activitynet13", "--mirror", str(mirror), "--csv", str(table)]
    with pytest.raises(SystemExit, match="15 annotated videos, 13 of them with features"):
        main([*command, "--data", str(tmp_path / "data"), "--options", '{"features": "hdf5"}'])
    rows = pandas.read_csv(table, keep_default_na=False)
    assert set(rows.video[rows.found == "no features"]) == set(GONE.values())
    assert list(rows.found[rows.file.str.endswith(".json")]) == ["3 classes"]
    assert list(rows.video[rows.found.str.contains("no finite numbers, the first in snippet")]) == ["val-0_abcde"]
    assert rows.found.str.contains("ends past the end of the video").sum() == 7
    assert len(rows) == 11
