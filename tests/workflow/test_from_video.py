"""docs/video.md as it is printed: from made-up films to a mAP far above chance, and to the actions of a new film."""

import json
import re
import shutil
from functools import partial

import numpy as np
import pytest
from ruamel.yaml import YAML
from tiny_project import ROOT, Project, copy_of_working_tree

import pages

pytestmark = pytest.mark.workflow

PAGE = (ROOT / "docs/video.md").read_text(encoding="utf-8")


blocks = partial(pages.blocks, "video.md")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """This project with one variant, after all lines of the page but the installation."""
    project = Project(tmp_path_factory.mktemp("video") / "project")
    copy_of_working_tree(project.folder)
    project.params(lambda params: params.update(variants={"full": {}}, studies={}))
    films, network = blocks("python")
    _, extract, evaluate, _, _ = blocks("bash")
    options, of_workflow = blocks("yaml")
    said = project.ok("python", "-c", films)
    (project.folder / "actions.txt").write_text(said)
    project.ok("python", "-c", network)
    said = project.ok("bash", "-euc", extract).splitlines()
    assert said[-2:] == re.search(r"at the end stands:\n\n```\n(.*?)\n```", PAGE, re.DOTALL)[1].splitlines()
    for block in (options, of_workflow):
        project.params(lambda params, block=block: params["datasets"].update(YAML(typ="safe").load(block)))
    assert "| full | 1 |" in project.ok("bash", "-euc", evaluate)
    return project


def average_map(project, detections) -> float:
    """Of a file of detections, on the test films."""
    command = ["react-tad", "evaluate", "--annotations", "data/custom/annotations/test.json", "--subset", "test"]
    project.ok(*command, "--detections", str(detections), "--json", "metrics.json")
    return json.loads((project.folder / "metrics.json").read_text())["average_map"]


def test_the_map_is_far_above_chance(project):
    """Chance knows what actions are like and when they happen, but not in which film: each test film has the detections
    of another.
    """
    path = project.folder / "results/custom/detections/full/seed0.json"
    found = json.loads(path.read_text())
    films = sorted(found["results"])
    assert len(films) == 8
    dealt = []
    for turn in range(1, len(films)):
        results = {film: found["results"][films[number - turn]] for number, film in enumerate(films)}
        (project.folder / "dealt.json").write_text(json.dumps(found | {"results": results}))
        dealt.append(average_map(project, "dealt.json"))
    assert average_map(project, path) > 0.6 > 2 * np.mean(dealt)
    assert max(dealt) < 0.4


def test_snippets_arrive_at_their_times(project):
    manifest = json.loads((project.folder / "data/custom/features/test.json").read_text())
    for video in manifest["videos"]:
        sidecar = json.loads((project.folder / f"own/features/{video['video']}.json").read_text())
        assert video["length"] == sidecar["snippets"] == 78
        for key in ("seconds_per_snippet", "first_center_seconds"):
            assert video[key] == sidecar[key]
    assert manifest["dimension"] == 24


def test_the_same_command_again_keeps_all(project):
    extract = blocks("bash")[1]
    assert project.ok("bash", "-euc", extract).count(": kept") == 24
    assert "Nothing to be done" in project.ok(
        "snakemake", "-n", "features", "--config", "dataset=custom", "seeds=[0]"
    ), "and the data set has not changed"


def test_the_actions_of_a_new_film_are_found(project):
    predict = blocks("bash")[3]
    assert "5 detections in 1 recording" in project.ok("bash", "-euc", predict)
    found = json.loads((project.folder / "new.json").read_text())["results"]["new film"]
    printed = re.findall(r"^(\w+), ([\d.]+) to ([\d.]+) s$", (project.folder / "actions.txt").read_text(), re.MULTILINE)
    annotated = sorted((float(start), float(end), label) for label, start, end in printed)
    assert len(annotated) == 3
    best = sorted((*item["segment"], item["label"]) for item in found[:3])
    for (start, end, label), (own_start, own_end, own_label) in zip(annotated, best, strict=True):
        assert label == own_label
        assert (min(end, own_end) - max(start, own_start)) / (max(end, own_end) - min(start, own_start)) > 0.7


def test_the_same_films_in_the_workflow(project):
    plan = blocks("bash")[4]
    (table,) = re.findall(r"^job  .*\n-[- ]+\n((?:\w+ +\d+\n)+)```$", PAGE, re.MULTILINE)
    said = project.ok("bash", "-euc", plan)
    for line in table.splitlines():
        assert line in said


def test_what_the_page_says_is_refused_is(project):
    extract = ["react-tad", "extract", "own/new film.mp4", "--backbone", "own/network", "--out", "half"]
    project.ok(*extract, "--stride-seconds", "0.5")
    for model, recording in (("custom", "half/new film.npy"), ("toy", "own/new film.mp4")):
        folder = project.folder / f"results/{model}/models/full/seed0"
        if model == "toy":  # a model of whose features nothing is said
            shutil.copytree(project.folder / "results/custom/models/full/seed0", folder)
            described = json.loads((folder / "model.json").read_text())
            del described["features"]["source"]["extraction"]
            (folder / "model.json").write_text(json.dumps(described))
        done = project.run("react-tad", "predict", str(folder.relative_to(project.folder)), recording)
        assert done.returncode == 1
        assert done.stdout.splitlines()[-1] in PAGE.splitlines()
