"""Fusion with video-level class scores: the file is an input of the suppression, and only where it is asked for."""

import json

import pytest
from tiny_project import FROM_SUPPRESSION, Project

pytestmark = pytest.mark.workflow


def write_scores(project: Project, first: float) -> None:
    """Scores of every video of toy, high for the first class."""
    document = json.loads((project.folder / "data/toy/annotations/test.json").read_text())
    classes = [node["nodeName"] for node in document["taxonomy"] if node["parentName"]]
    row = [first] + [0.1] * (len(classes) - 1)
    scores = {"class": classes, "results": dict.fromkeys(document["database"], row)}
    (project.folder / "scores.json").write_text(json.dumps(scores))


def test_fusion_is_a_part_of_the_suppression(project):
    def fusion(**values):
        project.params(lambda params: params.update(fusion=values))

    fusion(scores="scores.json")  # named, and off
    assert project.planned() == FROM_SUPPRESSION
    fusion(enabled=True, scores="scores.json")
    missing = project.run("snakemake", "-n", "all")
    assert missing.returncode == 1
    assert "variant 'full' is fused with scores.json, which does not exist" in missing.stdout
    write_scores(project, 0.9)
    assert project.planned() == FROM_SUPPRESSION
    project.make()
    results = json.loads((project.folder / "results/toy/detections/full/seed0.json").read_text())["results"]
    first = json.loads((project.folder / "scores.json").read_text())["class"][0]
    assert {entries[0]["label"] for entries in results.values() if entries} == {first}
    assert project.planned() == {}
    write_scores(project, 0.8)
    assert project.planned() == FROM_SUPPRESSION


def test_fusion_without_a_file_stops_the_parsing(unrun):
    done = unrun.run("snakemake", "-n", "all", "--config", "overrides={fusion.enabled: true}")
    assert done.returncode == 1
    assert "fusion.enabled needs fusion.scores" in done.stdout
