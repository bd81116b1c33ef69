"""ActivityNet-1.3 from its real annotations to Table 2: features of any length, missing videos, and fusion."""

import json

import h5py
import numpy as np
import pytest
from tiny_project import Project
from whole_data_set import SHARED, Whole, project_with

pytestmark = pytest.mark.workflow

REAL = SHARED / "activitynet13/activity_net.v1-3.trainval.json"
DIMENSION = 16
MISSING = 50
"""Every so many-th video has no features."""
SMALL = {
    "options": {"features": "hdf5"},
    "windows": {"length": 100, "stride": 100},
    "model": {"dim": 32, "heads": 2, "ffn_dim": 32, "encoder_layers": 1, "decoder_layers": 2, "queries": 10},
    "loss": {"ace_enc": {"first_stage_epochs": 1}},
    "train": {
        "epochs": 2,
        "batch_size": 64,
        "lr": 4e-3,
        "lr_drops": [0.75],
        "include_validation": True,
        "select": "last",
    },
}


def write_features(path, database, classes):
    """From 10 to 40 snippets a video: noise, and a direction of the class where an instance is."""
    random = np.random.default_rng(0)
    directions = dict(zip(classes, 2 * random.standard_normal((len(classes), DIMENSION)), strict=True))
    with h5py.File(path, "w") as file:
        for number, (name, entry) in enumerate(database.items()):
            features = random.standard_normal((random.integers(10, 41), DIMENSION)).astype(np.float32)
            centers = (np.arange(len(features)) + 0.5) * entry["duration"] / len(features)
            for instance in entry["annotations"]:
                start, end = instance["segment"]
                features[(start <= centers) & (centers <= end)] += directions[instance["label"]]
            if number % MISSING:
                file[f"v_{name}"] = features


def write_scores(path, database):
    """Scores of a classifier that is right about the videos under evaluation."""
    results = {
        name: [{"label": entry["annotations"][0]["label"], "score": 0.9}]
        for name, entry in database.items()
        if entry["subset"] == "validation"
    }
    path.write_text(json.dumps({"results": results}))


@pytest.fixture
def project(unrun, tmp_path, monkeypatch) -> Project:
    """A copy of the project whose data set is ActivityNet-1.3, with all its files in a mirror folder."""

    def mirror(project):
        database = json.loads(REAL.read_text())["database"]
        classes = sorted({item["label"] for entry in database.values() for item in entry["annotations"]})
        folder = tmp_path / "mirror"
        folder.mkdir()
        (folder / REAL.name).symlink_to(REAL)
        write_features(folder / "activitynet13_features.h5", database, classes)
        write_scores(project.folder / "cuhk.json", database)
        return folder

    fused = {"fusion.enabled": True, "fusion.scores": "cuhk.json", "fusion.top_k": 1}
    own = {"dataset": "activitynet13", "needs": REAL, "block": SMALL, "variants": {"full": {}, "fused": fused}}
    return project_with(unrun, tmp_path, monkeypatch, mirror=mirror, **own)


def test_from_the_published_annotations_to_table_2(project):
    project.make("evaluate", "table2")
    whole = Whole(project, "activitynet13")
    videos = [whole.counts[split]["videos"] for split in whole.counts]
    missing = [
        len(json.loads((whole.data / f"features/{split}.json").read_text())["source"]["without_features"][split])
        for split in whole.counts
    ]
    assert sum(missing) == 14950 // MISSING
    assert [there + gone for there, gone in zip(videos, missing, strict=True)] == [9021, 1003, 4926]
    assert whole.counts["test"]["windows"] == videos[2], "a window a video"

    assert len(list(whole.results.glob("trained/*/seed0/model.safetensors"))) == 1, "fusion trains nothing"
    for name in ("full", "fused"):
        metrics, profiles = whole.metrics(name), whole.profiles(name)
        assert profiles["official"] == (4926, 7654)
        assert profiles["downloadable"][0] == videos[2]
        assert metrics["profiles"]["downloadable"]["average_map"] > metrics["average_map"]
    full, fused = (whole.metrics(name)["average_map"] for name in ("full", "fused"))
    assert fused > full > 0.1, "it learns, and a classifier that is right helps"
    whole.check_row_of_ours("table2", full)
