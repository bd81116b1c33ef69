"""From the raw signal of a smartphone to detections: what the workflow says of the same recording."""

import json

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.data.annotations import Video, write_annotations
from react_tad.data.datasets import hapt
from react_tad.data.features import write_features
from react_tad.files import read_json
from small import SHORT, resolve, train_arguments

SIGNALS = {"training": (900, 1310), "validation": (650,), "test": (1075, 333)}
"""Samples of each recording."""


def signal(samples):
    random = np.random.default_rng(samples)
    return np.cumsum(random.standard_normal((samples, 6)), axis=0) / 10


def experiment(samples):
    """Walks in its first half."""
    labels = np.array([[1, 1, samples // 2]])
    return hapt.Experiment(samples, 1, signal(samples), labels)


@pytest.fixture(scope="module", params=["statistics", "raw"])
def made(request, tmp_path_factory):
    """Folder with data, a model for use and the workflow's detections, all made by its steps."""
    folder = tmp_path_factory.mktemp(request.param)
    describe = hapt.DESCRIBE[request.param]
    own = {split: [hapt.make_recording(experiment(n), describe) for n in counts] for split, counts in SIGNALS.items()}
    seen = np.concatenate([item.features for item in own["training"]])
    mean, deviation = seen.mean(axis=0), seen.std(axis=0)
    source = {"options": {"features": request.param}, "mean": mean.tolist(), "standard_deviation": deviation.tolist()}
    videos = {}
    for split, recordings in own.items():
        recordings = [
            hapt.replace(item, video=f"of{item.video}_{split}", subset=split,
                         features=hapt.standardised(item.features, mean, deviation))
            for item in recordings
        ]  # fmt: skip
        write_features(folder / "features", dataset="hapt", split=split, recordings=recordings, source=source)
        videos |= {item.video: Video(split, item.duration, item.instances) for item in recordings}
    annotations = ["--annotations", str(folder / "annotations.json")]
    write_annotations(folder / "annotations.json", videos, hapt.CLASSES, version="hapt")
    resolved = resolve("paper", SHORT | {"windows.length": 32, "windows.stride": 8, "soft_nms.class_wise": True})
    for split in SIGNALS:
        files = ["--features", str(folder / f"features/{split}.json"), "--out", str(folder / f"windows/{split}.json")]
        assert main(["windows", "--cfg", resolved.step("windows"), *annotations, *files]) == 0
    cfg = resolved.step("train", seed=0)
    assert main(train_arguments(folder, cfg, checkpoints=folder / "checkpoints", out=folder / "trained")) == 0
    sections = json.dumps(json.loads(resolved.step("package")) | {"dataset": "hapt", "kind": "hapt"})
    manifests = [str(folder / f"features/{split}.json") for split in SIGNALS]
    where = ["--trained", str(folder / "trained"), "--out", str(folder / "model"), "--variant", "full"]
    assert main(["package", "--cfg", sections, *where, "--features", *manifests]) == 0
    files = ["--windows", str(folder / "windows/test.json"), "--features", str(folder / "features/test.json")]
    raw, found = str(folder / "raw.npz"), str(folder / "found.json")
    model = ["--model", str(folder / "trained"), "--device", "cpu"]
    assert main(["detect", "--cfg", sections, *model, *files, *annotations, "--out", raw]) == 0
    assert main(["suppress", "--cfg", sections, "--raw", raw, "--out", found]) == 0
    return folder


def write_signals(folder, names):
    for name in names:
        samples = int(name.split("exp")[1].split("_")[0])
        header = "acceleration x,acceleration y,acceleration z,angular velocity x,angular velocity y,angular velocity z"
        lines = [header, *(",".join(map(repr, row)) for row in signal(samples).tolist())]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")


def test_a_signal_gives_the_detections_of_the_workflow(made, tmp_path):
    expected = read_json(made / "found.json")
    write_signals(tmp_path, expected["results"])
    out = tmp_path / "out.json"
    assert main(["predict", str(made / "model"), str(tmp_path), "--out", str(out), "--device", "cpu"]) == 0
    found = read_json(out)
    assert found["results"] == expected["results"]
    assert len(found["results"]) == 2
    assert all(len(detections) >= 5 for detections in found["results"].values())
    for name, detections in expected["results"].items():
        assert main(["predict", str(made / "model"), str(tmp_path / f"{name}.csv"), "--out", str(out)]) == 0
        assert read_json(out)["results"] == {name: detections}


def test_its_model_takes_features_too(made, tmp_path):
    """As they are in the arrays of the data set."""
    expected = read_json(made / "found.json")["results"]
    manifest, array = read_json(made / "features/test.json"), np.load(made / "features/test.npy")
    for entry in manifest["videos"]:
        np.save(tmp_path / f"{entry['video']}.npy", array[entry["offset"] : entry["offset"] + entry["length"]])
        duration = int(entry["video"].split("exp")[1].split("_")[0]) / 50
        (tmp_path / f"{entry['video']}.json").write_text(json.dumps({"duration": duration}))
    out = tmp_path / "out" / "found.json"
    assert main(["predict", str(made / "model"), str(tmp_path), "--out", str(out), "--device", "cpu"]) == 0
    assert read_json(out)["results"] == expected


def test_a_wrong_signal_is_one_message(made, tmp_path, capsys):
    (tmp_path / "short.csv").write_text("1,2,3,4,5,6\n" * 10)
    (tmp_path / "wide.csv").write_text("1,2,3,4,5,6,7\n" * 100)
    assert main(["predict", str(made / "model"), str(tmp_path), "--device", "cpu"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "short.csv has 10 rows" in lines[0]
    assert "wide.csv has 7 columns" in lines[1]
