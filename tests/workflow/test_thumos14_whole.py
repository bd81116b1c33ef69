"""THUMOS14 from files in the published layout to Table 1: real annotations and lengths, eight features a frame."""

import csv
import json
import zipfile

import pytest
from tiny_project import ROOT, Project, copy

pytestmark = pytest.mark.workflow

REAL = ROOT.parent / "shared/data/thumos14"
SMALL = {
    "windows": {"length": 256, "stride": 64},
    "model": {"dim": 32, "heads": 2, "ffn_dim": 32, "encoder_layers": 1, "decoder_layers": 2, "queries": 40},
    "loss": {"ace_enc": {"first_stage_epochs": 1}},
    "train": {"epochs": 2, "lr": 2e-3, "lr_drops": [0.75], "include_validation": True, "select": "last"},
}


def write_annotations(folder):
    """The two archives of annotations, and the two tables of frame counts."""
    folder.mkdir()
    database = json.loads((REAL / "thumos14.json").read_text())["database"]
    for part, long in (("val", "validation"), ("test", "test")):
        with zipfile.ZipFile(folder / f"TH14_Temporal_annotations_{long}.zip", "w") as archive:
            for file in (REAL / "official_txt" / f"annotation_{part}").glob("*.txt"):
                archive.write(file, f"annotation/{file.name}")
        own = {name: entry for name, entry in database.items() if entry["subset"] == long.capitalize()}
        lines = [f"{name},{entry['fps']},{round(entry['duration'] * entry['fps'])}" for name, entry in own.items()]
        (folder / f"{part}_video_info.csv").write_text("\n".join(["video,fps,count", *lines]) + "\n")


@pytest.fixture
def project(unrun, tmp_path, monkeypatch) -> Project:
    """A copy of the project whose data set is THUMOS14, with all its files in a mirror folder."""
    if not REAL.exists():
        pytest.skip("the annotations of THUMOS14 are not here")
    project = copy(unrun, tmp_path)
    write_annotations(tmp_path / "real")
    arguments = ["--from", str(tmp_path / "real"), "--to", str(tmp_path / "mirror"), "--dimension", "8"]
    project.ok("python", "benchmarks/thumos14_like.py", *arguments)
    monkeypatch.setenv("REACT_TAD_MIRROR", str(tmp_path / "mirror"))
    project.params(lambda params: params.update(dataset="thumos14", variants={"full": {}}))
    project.params(lambda params: params["datasets"]["thumos14"].update(SMALL))
    return project


def test_from_the_published_files_to_table_1(project):
    project.make("evaluate", "table1")
    data, results = project.folder / "data/thumos14", project.folder / "results/thumos14"
    counts = {
        split: json.loads((data / f"windows/{split}.json").read_text())["counts"]
        for split in ("training", "validation", "test")
    }
    assert [counts[split]["videos"] for split in counts] == [160, 40, 212]
    of_both = counts["training"], counts["validation"]
    assert counts["test"]["windows"] == 3682
    assert sum(each["windows"] + each["windows_dropped_as_empty"] for each in of_both) == 3331
    assert sum(each["instances"] for each in of_both) + counts["training"]["segments_dropped_past_end"] == 3007
    assert sum(each["instances_in_a_window"] for each in of_both) == 2999

    metrics = json.loads((results / "metrics/full/seed0.json").read_text())
    known = {name: own["counts"] for name, own in metrics["profiles"].items()}
    assert {name: (own["videos"], own["instances"]) for name, own in known.items()} == {
        "official": (212, 3358),
        "opentad": (211, 3325),
        "gtad": (210, 3311),
        "ssn": (210, 3234),
    }
    assert metrics["profiles"]["official"]["average_map"] == metrics["average_map"] > 0.1, "it learns"
    rows = list(csv.DictReader((results / "metrics/profiles.csv").open()))
    assert [row["profile"] for row in rows] == list(metrics["profiles"])
    table = (results / "studies/table1.md").read_text().splitlines()
    (ours,) = (line for line in table if line.startswith("| one-stage | ReAct, this project"))
    assert f"| {100 * metrics['average_map']:.2f} |" in ours
