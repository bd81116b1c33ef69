"""What a change of the user's own recordings makes Snakemake do: planned only, but for what has to be seen running."""

import json
import os

import h5py
import numpy as np
import own_project
import pytest
from own_project import PLACE, add, annotations, database, feature, write
from tiny_project import Project, copy

from react_tad.data.annotations import SUBSETS
from react_tad.files import sha256

pytestmark = pytest.mark.workflow

OF_ONE_SPLIT = {"fetch_own_recordings": 1, "compute_own_features": 1, "cut_windows": 1}
OF_NEW = {"detect_in_new_recordings": 1, "suppress_new_duplicates": 2}
FROM_NEW = OF_ONE_SPLIT | OF_NEW
FROM_TEST = OF_ONE_SPLIT | {
    "detect_segments": 1,
    "suppress_duplicates": 2,
    "evaluate_detections": 2,
    "summarize_metrics": 1,
    "package_model": 2,
    "draw_timeline": 2,
    "draw_ap": 2,
    "draw_relations": 1,
    "diagnose_errors": 2,
    "record_provenance": 1,
}
FROM_TRAINING = FROM_TEST | OF_NEW | {"train_network": 1, "draw_losses": 2}
EVERYTHING = FROM_TRAINING | dict.fromkeys(OF_ONE_SPLIT, 4)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Project:
    """The project with own data after ``snakemake all``, recorded by DVC. Do not change it."""
    project = own_project.make(tmp_path_factory.mktemp("own") / "project")
    project.ok("git", "init", "--quiet", "--initial-branch", "main")
    project.commit("own data")
    project.make()
    project.commit("results")
    assert project.planned() == {} and project.status() == {}
    return project


@pytest.fixture
def own(finished, tmp_path) -> Project:
    """A copy to disturb."""
    return copy(finished, tmp_path)


def edited(project, change):
    """Change the database of the annotations."""
    content = database(project)
    change(content)
    write(project, content)


def test_new_recordings_are_detected_and_nothing_else(finished):
    results = finished.folder / "results/gestures"
    for variant in ("full", "wide"):
        found = json.loads((results / f"new/{variant}/seed0.json").read_text())["results"]
        assert list(found) == ["new one"] and found["new one"]
    metrics = json.loads((results / "metrics/full/seed0.json").read_text())
    assert metrics["counts"]["videos"] == 3 and metrics["counts"]["ignored_in_other_subsets"] == 0
    for split in SUBSETS:
        for kind in ("annotations", "features", "windows"):
            assert "new one" not in (finished.folder / f"data/gestures/{kind}/{split}.json").read_text()
    assert finished.planned("new") == {}


@pytest.mark.parametrize("change", ["add", "edit", "features", "remove", "to unused"])
def test_a_change_of_test_recordings_trains_nothing(own, change):
    if change == "add":
        entry = add(own, "recording 99", "test")
        edited(own, lambda content: content.update({"recording 99": entry}))
    elif change == "edit":
        edited(own, lambda content: content["recording 0"]["annotations"][0].update(segment=[4.0, 8.0]))
    elif change == "features":
        np.save(feature(own, "recording 0"), np.load(feature(own, "recording 0")) + 1)
    elif change == "remove":
        feature(own, "recording 0").unlink()
        edited(own, lambda content: content.pop("recording 0"))
    else:
        edited(own, lambda content: content["recording 0"].update(subset="unused"))
    assert own.planned() == FROM_TEST


@pytest.mark.parametrize("change", ["add", "features", "remove", "unlisted"])
def test_a_change_of_new_recordings_only_detects(own, change):
    if change == "add":
        add(own, "recording 99", "new")
        edited(own, lambda content: content.update({"recording 99": {"subset": "new"}}))
    elif change == "features":
        np.save(feature(own, "new one"), np.load(feature(own, "new one")) + 1)
    elif change == "remove":
        feature(own, "new one").unlink()
        edited(own, lambda content: content.pop("new one"))
    else:
        add(own, "recording 99", "new")
        done = own.run("snakemake", "-n", "all")
        assert done.returncode == 1
        assert "does not know 1 video ('recording 99')" in done.stdout
        assert "datasets.gestures.options.unlisted: new" in done.stdout
        own.params(lambda params: params["datasets"]["gestures"]["options"].update(unlisted="new"))
    assert own.planned() == ({} if change == "remove" else FROM_NEW)
    if change == "remove":
        done = own.run("snakemake", "-n", "new")
        assert done.returncode == 1 and "gestures has no recordings of subset new" in done.stdout


def test_new_recordings_may_be_called_otherwise(own):
    edited(own, lambda content: content["new one"].update(subset="unlabelled"))
    done = own.run("snakemake", "-n", "all")
    assert "unknown subsets: 'unlabelled' (1 videos)" in done.stdout
    mapped = {"subsets": {"unlabelled": "new"}}
    own.params(lambda params: params["datasets"]["gestures"]["options"].update(mapped))
    assert own.planned() == {}, "the content is the same"


@pytest.mark.parametrize("name", ["recording 1", "recording 3"])  # of training, of validation
def test_a_change_of_what_is_trained_on_trains(own, name):
    edited(own, lambda content: content[name]["annotations"][0].update(segment=[4.0, 8.0]))
    assert own.planned() == FROM_TRAINING


def test_files_that_are_moved_change_nothing(own):
    os.makedirs(own.folder / "other place")
    os.rename(own.folder / PLACE / "features", own.folder / "other place/my features")
    os.rename(annotations(own), own.folder / "other place/a.json")
    options = {"features": "other place/my features", "annotations": "other place/a.json"}
    own.params(lambda params: params["datasets"]["gestures"]["options"].update(options))
    assert own.planned() == {}
    before = sha256(own.folder / "data/gestures/features/test.json")
    (own.folder / "data/gestures/features/test.json").unlink()
    own.make("features")
    assert sha256(own.folder / "data/gestures/features/test.json") == before, "made from the new place"
    own.make("all", "--config", f"options={{annotations: {own.folder}/other place/a.json}}")
    assert own.planned() == {}


def test_what_is_not_read_of_an_entry_changes_nothing(own):
    edited(own, lambda content: content["recording 1"].update(url="http://example.org", resolution="320x240"))
    assert own.planned() == {}


def test_a_class_that_only_test_has_trains_unless_the_taxonomy_lists_it(own):
    content = database(own)
    content["recording 0"]["annotations"].append({"label": "bow", "segment": [12.0, 15.0]})
    write(own, content)
    assert own.planned() == EVERYTHING
    nodes = [{"nodeName": name, "parentName": "Root"} for name in ("bow", "nod", "wave")]
    listed = {"taxonomy": [{"nodeName": "Root", "parentName": None}, *nodes]}
    del content["recording 0"]["annotations"][1]
    annotations(own).write_text(json.dumps(listed | {"database": content}))
    own.make("windows")
    content["recording 0"]["annotations"].append({"label": "bow", "segment": [12.0, 15.0]})
    annotations(own).write_text(json.dumps(listed | {"database": content}))
    assert own.planned("windows") == OF_ONE_SPLIT


def test_the_recordings_of_one_hdf5_file_are_told_apart(own):
    features = own.folder / PLACE / "all.h5"

    def pack():
        with h5py.File(features, "w") as file:
            for path in sorted((own.folder / PLACE / "features").iterdir()):
                file[path.stem] = np.load(path)

    pack()
    option = {"features": f"{PLACE}/all.h5"}
    own.params(lambda params: params["datasets"]["gestures"]["options"].update(option))
    own.make("windows")
    entry = add(own, "recording 99", "test")
    edited(own, lambda content: content.update({"recording 99": entry}))
    pack()
    assert own.planned("windows") == OF_ONE_SPLIT
    np.save(feature(own, "recording 1"), np.zeros((60, 6), np.float32))
    pack()
    assert own.planned("windows") == dict.fromkeys(OF_ONE_SPLIT, 2)
    own.make("windows")
    assert own.planned("windows") == {}


def test_recordings_without_an_instance_are_measured(own):
    for name in ("recording 0", "recording 3"):  # of test, of validation
        edited(own, lambda content, name=name: content[name].update(annotations=[]))
    own.make()
    metrics = json.loads((own.folder / "results/gestures/metrics/full/seed0.json").read_text())
    assert metrics["counts"]["videos"] == 3 and metrics["counts"]["instances"] == 2
    assert own.planned() == {}


@pytest.mark.parametrize("split", SUBSETS)
def test_a_split_without_an_instance_is_refused_before_anything_runs(own, split):
    def empty(content):
        for entry in content.values():
            if entry["subset"] == split:
                entry["annotations"] = []

    edited(own, empty)
    done = own.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert f"of subset '{split}'; there has to be at least one" in done.stdout
    assert "Traceback" not in done.stdout


def test_new_recordings_alone_are_refused_with_what_to_do(own):
    edited(own, lambda content: [content.pop(name) for name in list(content) if name != "new one"])
    done = own.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert "a network has to be trained on annotated recordings" in done.stdout
    assert "react-tad predict MODEL FILES" in done.stdout


def test_a_new_recording_needs_a_duration_where_snippets_are_spread_over_it(own):
    own.params(lambda params: params["datasets"]["gestures"]["options"].pop("seconds_per_snippet"))
    own.params(lambda params: params["datasets"]["gestures"]["options"].update(time="spread"))
    done = own.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert (
        "no duration of 1 video ('new one'), of subset 'new'. datasets.gestures.options.time is spread" in done.stdout
    )
    edited(own, lambda content: content["new one"].update(duration=30.0))
    assert own.planned() == EVERYTHING


def test_options_on_the_command_line_come_before_the_blocks(own):
    lock = (own.folder / "dvc.lock").read_text()
    os.rename(feature(own, "recording 0").parent, own.folder / PLACE / "moved")
    option = f'options={{features: "{PLACE}/moved"}}'
    assert own.planned("all", "--config", option) == {}
    assert (
        own.planned("all", "--config", f'options={{features: "{PLACE}/moved", seconds_per_snippet: 1.0}}') == EVERYTHING
    )
    np.save(own.folder / PLACE / "moved/new one.npy", np.ones((70, 6)))
    output = own.make("all", "--config", option)
    assert "dvc.lock is left as it is: this run had --config" in output
    assert (own.folder / "dvc.lock").read_text() == lock
    checked = ["react-tad", "data", "check", "gestures", "--set"]
    said = own.ok(*checked, f"options.features={PLACE}/moved")
    assert "no errors, 2 warnings; 13 annotated videos, 13 of them" in said and "'nod' (training 3," in said
    done = own.run("react-tad", "data", "check", "gestures")
    assert done.returncode == 1 and "features is not there" in done.stdout


@pytest.mark.parametrize(
    ("block", "option", "message"),
    [
        ({"kind": "costum"}, "", ".kind: no data set 'costum' in"),
        ({"kind": 3}, "", ".kind = 3 should be the name of a kind of data sets"),
        ({"options": {"featurs": "x"}}, "", ".options: unknown parameter 'featurs'. Did you mean 'features'?"),
        ({}, "options={featurs: x}", ".options: unknown parameter 'featurs'. Did you mean 'features'?"),
        ({}, "options={fps: 25}", ".options: fps is given, and time is seconds; it needs time: frames"),
    ],
)
def test_wrong_kinds_and_options_are_named(own, block, option, message):
    own.params(lambda params: params["datasets"]["gestures"].update(block))
    done = own.run("snakemake", "-n", "all", *(["--config", option] if option else []))
    assert done.returncode == 1
    assert f"datasets.gestures{message}" in done.stdout
    assert "Traceback" not in done.stdout


def test_options_are_a_mapping(own):
    done = own.run("snakemake", "-n", "all", "--config", "options=3")
    assert done.returncode == 1 and "--config options=3: should be a mapping" in done.stdout


def test_a_name_without_a_kind_is_refused(own):
    own.params(lambda params: params["datasets"]["gestures"].pop("kind"))
    done = own.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert "no data set 'gestures' in" in done.stdout and "as in kind: custom" in done.stdout
