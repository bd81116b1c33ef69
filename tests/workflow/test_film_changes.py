"""What a change of the user's films makes Snakemake do, where features are extracted in the workflow."""

import json
import os
import shutil

import numpy as np
import own_project
import pytest
from own_project import PLACE, annotations, database, write
from tiny_project import Project, copy

from films import numbered, tiny_backbone, write_film
from react_tad.files import read_json, sha256

pytestmark = pytest.mark.workflow

OF_ONE_SPLIT = {"fetch_own_recordings": 1, "compute_own_features": 1, "cut_windows": 1}
FILMS = 5
"""Films of the project; the last one is new, and has no duration."""


def film(project, name, suffix=".mp4"):
    return project.folder / PLACE / f"films/{name}{suffix}"


def options(project, **more):
    """Change the options of the data set."""
    project.params(lambda params: params["datasets"]["gestures"]["options"].update(more))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Project:
    """The project with own films after ``snakemake evaluate new``. Do not change it."""
    project = own_project.make(tmp_path_factory.mktemp("films") / "project")
    shutil.rmtree(project.folder / PLACE / "features")
    content = {}
    for number, subset in enumerate(("training", "training", "validation", "test")):
        write_film(film(project, f"it's & “{number}”"), numbered(40 + number), fps=10)
        entry = {"subset": subset, "duration": 4.0 + number / 10}
        content[f"it's & “{number}”"] = entry | {
            "annotations": [{"label": ("nod", "wave")[number % 2], "segment": [0.5, 2.0]}]
        }
    write_film(film(project, "new one", ".mkv"), numbered(45), fps=10)
    write(project, content | {"new one": {"subset": "new"}})
    tiny_backbone(project.folder / PLACE / "network")
    chosen = {"videos": f"{PLACE}/films", "backbone": f"{PLACE}/network", "annotations": f"{PLACE}/annotations.json"}
    project.params(lambda params: params["datasets"]["gestures"].update(options=chosen | {"stride_seconds": 0.2}))
    project.params(lambda params: params.update(variants={"full": {}}))
    project.make("evaluate", "new")
    assert project.planned("evaluate", "new") == {}
    return project


@pytest.fixture
def own(finished, tmp_path) -> Project:
    """A copy to disturb."""
    return copy(finished, tmp_path)


def test_features_are_those_that_were_extracted_at_their_times(finished):
    data = finished.folder / "data/gestures"
    assert len(list((data / "extracted").glob("*.npy"))) == FILMS
    for split in ("training", "validation", "test", "new"):
        manifest, array = read_json(data / f"features/{split}.json"), np.load(data / f"features/{split}.npy")
        for video in manifest["videos"]:
            beside = read_json(data / f"extracted/{video['video']}.json")
            own = np.load(data / f"extracted/{video['video']}.npy")
            np.testing.assert_array_equal(array[video["offset"] : video["offset"] + video["length"]], own)
            for key in ("seconds_per_snippet", "first_center_seconds"):
                assert video[key] == beside[key]
            assert manifest["source"]["extraction"] == beside["extraction"]
            assert beside["extraction"]["clips"]["stride_seconds"] == 0.2
    assert manifest["videos"][0]["seconds_per_snippet"] == 0.2
    assert read_json(data / "annotations/new.json")["database"]["new one"]["duration"] == 4.5, "of the film itself"
    model = read_json(finished.folder / "results/gestures/models/full/seed0/model.json")
    assert model["features"]["source"]["extraction"] == manifest["source"]["extraction"]
    assert "videos" not in json.dumps(model["parameters"]["options"])


def test_predict_on_a_film_is_extract_and_predict_to_the_bit(finished, tmp_path):
    model = "results/gestures/models/full/seed0"
    own_network = ["--backbone", f"{PLACE}/network"]
    write_film(tmp_path / "new/unseen.avi", numbered(50), fps=10, codec="mpeg4")
    predict = ["react-tad", "predict", model]
    finished.ok(*predict, str(tmp_path / "new"), "--out", str(tmp_path / "film.json"))
    clips = ["--stride-seconds", "0.2", "--out", str(tmp_path / "features")]
    finished.ok("react-tad", "extract", str(tmp_path / "new"), *own_network, *clips)
    finished.ok(*predict, str(tmp_path / "features"), "--out", str(tmp_path / "features.json"))
    assert read_json(tmp_path / "film.json") == read_json(tmp_path / "features.json")
    assert read_json(tmp_path / "film.json")["results"]["unseen"]
    finished.ok(*predict, str(film(finished, "new one", ".mkv")), "--out", str(tmp_path / "again.json"))
    of_workflow = read_json(finished.folder / "results/gestures/new/full/seed0.json")
    assert read_json(tmp_path / "again.json")["results"] == of_workflow["results"]


def test_files_that_are_moved_change_nothing(own):
    for name in ("films", "network", "annotations.json"):
        (own.folder / "other place/deep").mkdir(parents=True, exist_ok=True)
        os.rename(own.folder / PLACE / name, own.folder / "other place/deep" / name)
    place = "other place/deep"
    moved = {"videos": place, "backbone": f"{place}/network", "annotations": f"{place}/annotations.json"}
    options(own, **moved, batch_size=3)
    assert own.planned("evaluate", "new") == {}
    features = own.folder / "data/gestures/features/test.json"
    before = sha256(features)
    features.unlink()
    own.make("features")
    assert sha256(features) == before, "what was extracted is there still"


def test_a_film_more_is_the_only_one_that_is_extracted(own):
    write_film(film(own, "tenth"), numbered(38), fps=10)
    done = own.run("snakemake", "-n", "evaluate")
    assert done.returncode == 1 and "does not know 1 video ('tenth')" in done.stdout
    instance = {"label": "nod", "segment": [1.0, 2.0]}
    write(own, database(own) | {"tenth": {"subset": "test", "duration": 3.8, "annotations": [instance]}})
    assert own.planned("windows") == OF_ONE_SPLIT | {"extract_features": 1}
    plan = own.planned("evaluate", "new")
    assert plan["detect_segments"] == 1 and "train_network" not in plan and "detect_in_new_recordings" not in plan
    content = database(own)
    content["tenth"]["subset"] = "unused"
    write(own, content)
    assert own.planned("evaluate", "new") == {}


def test_another_content_is_extracted_anew_and_another_date_is_not(own):
    path = film(own, "it's & “0”")
    os.utime(path)
    assert own.planned("windows") == {}
    write_film(path, numbered(37), fps=10)
    assert own.planned("windows") == OF_ONE_SPLIT | {"extract_features": 1}
    own.make("windows")
    assert own.planned("windows") == {}
    assert read_json(own.folder / "data/gestures/features/training.json")["videos"][0]["length"] == 15


@pytest.mark.parametrize("change", ["network", "clips"])
def test_another_network_or_other_clips_extract_all_anew(own, change):
    if change == "network":
        tiny_backbone(own.folder / PLACE / "network", seed=1)
    else:
        options(own, stride_seconds=0.4)
    of_all = dict.fromkeys(OF_ONE_SPLIT, 4) | {"extract_features": FILMS}
    assert {name: own.planned("evaluate", "new")[name] for name in of_all} == of_all


def test_an_annotation_more_extracts_nothing(own):
    content = database(own)
    content["it's & “3”"]["annotations"].append({"label": "nod", "segment": [2.5, 3.0]})
    write(own, content)
    assert own.planned("windows") == OF_ONE_SPLIT


def test_a_damaged_film_is_named_and_the_others_are_extracted(own):
    bad = film(own, "it's & “3”")
    bad.write_bytes(bad.read_bytes()[:500])
    done = own.run("snakemake", "--cores", "2", "windows")
    assert done.returncode == 1
    assert f"{bad.relative_to(own.folder)} cannot be opened as a video" in done.stdout
    content = database(own)
    del content["it's & “3”"]
    write_film(film(own, "in its place"), numbered(43), fps=10)
    bad.unlink()
    instance = {"label": "wave", "segment": [0.5, 2.0]}
    write(own, content | {"in its place": {"subset": "test", "duration": 4.3, "annotations": [instance]}})
    assert own.planned("windows") == OF_ONE_SPLIT | {"extract_features": 1}


def test_without_the_films_what_was_made_of_them_stands(own):
    shutil.rmtree(own.folder / PLACE)
    assert own.planned("evaluate", "new") == {}
    shutil.rmtree(own.folder / "data/gestures/extracted")
    assert own.planned("evaluate", "new") == {}, "as where only results were brought to"


def test_features_extracted_by_hand_say_themselves_when_they_were(own):
    place = {"stride": ["--stride-seconds", "0.2"], "network": ["--backbone", f"{PLACE}/network"]}
    extract = ["react-tad", "extract", f"{PLACE}/films", "--out", "own/features", *place["network"], *place["stride"]]
    own.ok(*extract)
    chosen = {"features": "own/features", "time": "sidecar", "annotations": f"{PLACE}/annotations.json"}
    own.params(lambda params: params["datasets"]["gestures"].update(options=chosen))
    own.make("features")
    manifest = read_json(own.folder / "data/gestures/features/training.json")
    assert manifest["videos"][0]["first_center_seconds"] == 0.4
    assert manifest["source"]["extraction"]["clips"]["stride_seconds"] == 0.2
    assert own.planned("features") == {}
    beside = own.folder / "own/features/new one.json"
    beside.write_text(json.dumps(read_json(beside) | {"first_center_seconds": 0.5}))
    assert own.planned("windows") == dict.fromkeys(OF_ONE_SPLIT, 4) | {"fetch_own_recordings": 1,
                                                                      "compute_own_features": 1}  # fmt: skip
    own.ok(*extract[:-2], "--stride-seconds", "0.4")
    own.ok("react-tad", "extract", str(film(own, "new one", ".mkv")), *extract[3:])
    done = own.run("snakemake", "-n", "features")
    assert done.returncode == 1
    assert "features of 1 video ('new one') were extracted otherwise than those of the other 4" in done.stdout
    assert "clips.stride_seconds is 0.4 and 0.2" in done.stdout


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"features": "own"}, "give one of them"),
        ({"backbone": f"{PLACE}/gone"}, "gone is not there; it should be the folder of a network"),
        ({"stride_seconds": 0}, "stride_seconds = 0: Input should be greater than 0"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_runs(own, more, message):
    options(own, **more)
    done = own.run("snakemake", "-n", "features")
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert message in done.stdout


def test_names_that_snakemake_cannot_take_are_refused(own):
    os.rename(film(own, "it's & “3”"), film(own, "a {dataset}"))
    content = database(own)
    write(own, {name.replace("it's & “3”", "a {dataset}"): entry for name, entry in content.items()})
    done = own.run("snakemake", "-n", "features")
    assert done.returncode == 1 and "film 'a {dataset}': Snakemake does not take braces" in done.stdout
    assert annotations(own).is_file()


def test_folds_are_made_of_what_was_extracted(own):
    """Once a film, whatever fold it is tested in."""
    own.params(lambda params: params["datasets"]["gestures"].update(folds={"by": "video", "count": "all"}))
    assert own.planned("windows", "--config", "folds=true") == {"compute_fold_features": 4, "cut_windows": 12}
    own.make("data/gestures/folds/2/features/test.json", "--config", "folds=true")
    manifest = read_json(own.folder / "data/gestures/folds/2/features/test.json")
    (video,) = manifest["videos"]
    array = np.load(own.folder / "data/gestures/folds/2/features/test.npy")
    np.testing.assert_array_equal(array, np.load(own.folder / f"data/gestures/extracted/{video['video']}.npy"))
