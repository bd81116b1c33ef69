"""THUMOS14 from files in the published layout to Table 1: real annotations and lengths, eight features a frame."""

import csv
import json
import zipfile

import pytest
from tiny_project import Project
from whole_data_set import SHARED, Whole, project_with

pytestmark = pytest.mark.workflow

REAL = SHARED / "thumos14"
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

    def mirror(project):
        write_annotations(tmp_path / "real")
        arguments = ["--from", str(tmp_path / "real"), "--to", str(tmp_path / "mirror"), "--dimension", "8"]
        project.ok("python", "benchmarks/thumos14_like.py", *arguments)
        return tmp_path / "mirror"

    own = {"dataset": "thumos14", "needs": REAL, "block": SMALL, "variants": {"full": {}}}
    return project_with(unrun, tmp_path, monkeypatch, mirror=mirror, **own)


def test_from_the_published_files_to_table_1(project):
    project.make("evaluate", "table1")
    whole = Whole(project, "thumos14")
    counts = whole.counts
    assert [counts[split]["videos"] for split in counts] == [160, 40, 212]
    of_both = counts["training"], counts["validation"]
    assert counts["test"]["windows"] == 3682
    assert sum(each["windows"] + each["windows_dropped_as_empty"] for each in of_both) == 3331
    assert sum(each["instances"] for each in of_both) + counts["training"]["segments_dropped_past_end"] == 3007
    assert sum(each["instances_in_a_window"] for each in of_both) == 2999

    metrics = whole.metrics()
    known = {"official": (212, 3358), "opentad": (211, 3325), "gtad": (210, 3311), "ssn": (210, 3234)}
    assert whole.profiles() == known
    assert metrics["profiles"]["official"]["average_map"] == metrics["average_map"] > 0.1, "it learns"
    rows = list(csv.DictReader((whole.results / "metrics/profiles.csv").open()))
    assert [row["profile"] for row in rows] == list(metrics["profiles"])
    whole.check_row_of_ours("table1", metrics["average_map"])
