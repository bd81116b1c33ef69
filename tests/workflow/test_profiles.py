"""A data set that gets ground-truth profiles: what is measured again, and what is written beside the metrics."""

import csv
import json

import pytest
from tiny_project import Project, copy

pytestmark = pytest.mark.workflow

PROFILES = """
test:
  whole: {used_by: us, origin: here, counts: {videos: 3, instances: COUNT}}
  two: {used_by: them, origin: here, leave_out: {videos: [VIDEO]}}
"""
MEASURED = {
    **{"evaluate_detections": 2, "summarize_metrics": 1, "compare_profiles": 1, "package_model": 2, "draw_ap": 2},
    **{"diagnose_errors": 2, "record_provenance": 1},
}


def give_profiles(project: Project) -> None:
    """Two profiles of the test split of toy: all of it, and all but one video."""
    database = json.loads((project.folder / "data/toy/annotations/test.json").read_text())["database"]
    test = {video: entry for video, entry in database.items() if entry["subset"] == "test"}
    count = sum(len(entry["annotations"]) for entry in test.values())
    text = PROFILES.replace("COUNT", str(count)).replace("VIDEO", next(iter(test)))
    (project.folder / "src/react_tad/evaluation/profiles/toy.yaml").write_text(text)


def test_every_run_is_measured_under_every_profile(project):
    before = json.loads((project.folder / "results/toy/metrics/full/seed0.json").read_text())
    assert {"profile", "profiles"} & before.keys() == set()
    give_profiles(project)
    assert project.planned() == MEASURED
    project.make()
    folder = project.folder / "results/toy/metrics"
    metrics = json.loads((folder / "full/seed0.json").read_text())
    assert (metrics["profile"], list(metrics["profiles"])) == ("whole", ["whole", "two"])
    assert metrics["average_map"] == before["average_map"]
    assert metrics["profiles"]["two"]["counts"]["videos"] == 2
    rows = list(csv.DictReader((folder / "profiles.csv").open()))
    assert [(row["profile"], row["variant"]) for row in rows] == [
        (profile, variant) for profile in ("whole", "two") for variant in ("full", "wide")
    ]
    assert "| full | **whole** | 3 |" in (folder / "profiles.md").read_text()
    assert project.status() == {}  # recorded with the stage evaluate

    project.params(lambda params: params["evaluation"].update(profile="two"))
    assert project.planned() == MEASURED
    project.params(lambda params: params["evaluation"].update(profile="none"))
    assert project.planned() == {name: count for name, count in MEASURED.items() if name != "compare_profiles"}
    project.params(lambda params: params["evaluation"].pop("profile"))
    assert project.planned() == {}
    project.edit("src/react_tad/evaluation/profiles/toy.yaml", "used_by: us", "used_by: somebody")
    assert project.planned() == MEASURED


def test_the_split_that_was_held_out_has_no_profiles(project):
    give_profiles(project)
    project.params(lambda params: params["inference"].update(split="validation"))
    assert "compare_profiles" not in project.planned()


def test_a_profile_that_does_not_exist_stops_the_parsing(unrun, tmp_path):
    project = copy(unrun, tmp_path)
    project.params(lambda params: params["evaluation"].update(profile="ssn"))
    done = project.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert "data set 'toy', subset 'test': there are none, so none is named 'ssn'" in done.stdout
    assert "Traceback" not in done.stdout
