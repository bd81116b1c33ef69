"""docs/own-data.md as it is printed, and what a change of the user's files makes Snakemake do."""

import json
import os
from functools import partial

import numpy as np
import pytest
from ruamel.yaml import YAML
from tiny_project import Project, copy, copy_of_working_tree

import pages
from react_tad.data.datasets.custom import Options, check_options
from react_tad.params.section import validated

pytestmark = pytest.mark.workflow

OF_A_SPLIT = ("fetch_own_recordings", "compute_own_features", "cut_windows")


blocks = partial(pages.blocks, "own-data.md")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Project:
    """This project with one variant and without results. Do not change it."""
    project = Project(tmp_path_factory.mktemp("own") / "project")
    copy_of_working_tree(project.folder)
    project.params(lambda params: params.update(variants={"full": {}}, studies={}))
    return project


@pytest.fixture
def own(fresh, tmp_path) -> Project:
    """A copy with the page's data set, chosen in ``params.yaml``, from a folder that has to be quoted."""
    project = copy(fresh, tmp_path)
    code, _ = blocks("python")
    project.ok("python", "-c", code)
    place = "it's mine {a} $HOME & “Öl”"
    os.rename(project.folder / "own", project.folder / place)
    options = {"features": f"{place}/features", "annotations": f"{place}/annotations.json"}
    windows = {"length": 64, "stride": 32}
    project.params(lambda params: params.update(dataset="custom"))
    project.params(lambda params: params["datasets"].update(custom={"options": options, "windows": windows}))
    return project


def test_the_page_goes_from_nothing_to_a_map_and_to_new_recordings(fresh, tmp_path):
    project = copy(fresh, tmp_path)
    (code, more), (commands, several, new) = blocks("python"), blocks("bash")
    project.ok("python", "-c", code)
    assert "| full | 1 |" in project.ok("bash", "-euc", commands)
    metrics = json.loads((project.folder / "results/custom/metrics/full/seed0.json").read_text())
    assert metrics["average_map"] > 0.5, "two classes that differ by three standard deviations"
    assert metrics["counts"]["videos"] == 15

    (block,) = [loaded for text in blocks("yaml") for loaded in [YAML(typ="safe").load(text)] if "gestures" in loaded]
    project.params(lambda params: params["datasets"].update(block))
    assert "gestures: nothing is wrong; 60 annotated videos, 60 of them with features" in project.ok(
        "bash", "-euc", several
    )
    again = json.loads((project.folder / "results/gestures/metrics/full/seed0.json").read_text())
    assert again["per_tiou"] == metrics["per_tiou"], "the same parameters under another name"
    project.ok("python", "-c", more)
    output = project.ok("bash", "-euc", new)
    assert "detect_in_new_recordings" in output and "train_network" not in output
    found = json.loads((project.folder / "results/gestures/new/full/seed0.json").read_text())["results"]
    assert list(found) == ["from today"]
    assert all(0 <= detection["segment"][0] < detection["segment"][1] <= 45 for detection in found["from today"])


@pytest.mark.parametrize("text", [text for text in blocks("yaml") if "options:" in text])
def test_the_options_of_the_page_exist(text):
    (block,) = YAML(typ="safe").load(text).values()
    options = block["options"]
    check_options(validated(Options, options, "docs/own-data.md"))


def test_the_content_of_own_files_decides(own):
    own.ok("snakemake", "--cores", "8", "windows")
    assert own.planned("windows") == {}
    (annotations,) = own.folder.glob("it*/annotations.json")
    feature = annotations.parent / "features/recording 0.npy"
    before = feature.read_bytes()
    for path in (annotations, feature):
        os.utime(path)
    assert own.planned("windows") == {}, "other dates, the same content"
    np.save(feature, np.load(feature) + 1)
    assert own.planned("windows") == dict.fromkeys(OF_A_SPLIT, 1)
    feature.write_bytes(before)
    assert own.planned("windows") == {}
    annotations.write_text(annotations.read_text().replace("wave", "greet"))
    assert own.planned("windows") == dict.fromkeys(OF_A_SPLIT, 3)
    own.ok("snakemake", "--cores", "8", "windows")
    windows = json.loads((own.folder / "data/custom/windows/test.json").read_text())
    assert windows["classes"] == ["greet", "nod"]
    os.rename(feature, feature.with_stem("recording 60"))
    done = own.run("snakemake", "-n", "windows")
    assert done.returncode == 1
    assert "of 1 video ('recording 0')" in done.stdout and "does not know 1 video ('recording 60')" in done.stdout


def test_results_without_the_own_files_stand_as_they_are(own):
    """As on a machine that results were pulled to."""
    own.ok("snakemake", "--cores", "8", "windows")
    (place,) = own.folder.glob("it*")
    os.rename(place, own.folder / "elsewhere")
    output = own.ok("snakemake", "-n", "windows")
    assert "Nothing to be done" in output
    assert "is there; datasets.custom.options should say where your data are. What was made of them before" in output
    (own.folder / "data/custom/annotations/test.json").unlink()
    done = own.run("snakemake", "--cores", "8", "features")
    assert done.returncode == 1
    assert "annotations.json nor" in done.stdout


def test_own_files_that_are_not_there_stop_the_parsing(own):
    (place,) = own.folder.glob("it*")
    os.rename(place, own.folder / "elsewhere")
    done = own.run("snakemake", "-n", "windows")
    assert done.returncode == 1
    assert "is there; datasets.custom.options should say where your data are" in done.stdout
    assert "Traceback" not in done.stdout
