"""From own data that published data sets do not prepare for to a mAP, by the command line."""

import csv
import json
import math

import pytest

from own import Own
from react_tad.cli import main
from react_tad.data.annotations import SUBSETS
from small import PRESETS, resolve, train_arguments

SHORT = {"train.epochs": 2, "train.batch_size": 4, "train.lr": 1e-3, "model.queries": 8}


def measure(own, preset, overrides=None, **options):
    """Train, detect, suppress and evaluate; gives rows of the training log and the metrics."""
    own.write()
    assert own.run(**options) == 0
    resolved = resolve(preset, SHORT | (overrides or {}))
    folder, files = own.folder, ["--annotations", str(own.data / "annotations.json")]
    train = train_arguments(own.data, resolved.step("train", seed=0), checkpoints=folder / "ck", out=folder / "model")
    assert main(train) == 0
    of_split = ["--windows", str(own.data / "windows/test.json"), "--features", str(own.data / "features/test.json")]
    raw, found, metrics = (str(folder / name) for name in ("raw.npz", "found.json", "metrics.json"))
    detect = ["--cfg", resolved.step("detect"), "--model", str(folder / "model"), *of_split, "--device", "cpu"]
    assert main(["detect", *detect, *files, "--out", raw]) == 0
    assert main(["suppress", "--cfg", resolved.step("suppress"), "--raw", raw, "--out", found]) == 0
    evaluate = [*files, "--detections", found, "--subset", "test", "--tiou", "0.3:0.7:0.1", "--per-class"]
    assert main(["evaluate", *evaluate, "--definition", "activitynet", "--json", metrics]) == 0
    with open(folder / "model/log.csv", newline="") as handle:
        return list(csv.DictReader(handle)), json.loads((folder / "metrics.json").read_text())


def losses(log):
    """All losses of a log."""
    return [float(value) for row in log for name, value in row.items() if name.startswith("train_") and value]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("negatives", [["N1", "N2"], ["N1"]])
def test_one_class(tmp_path, preset, negatives):
    """There is no instance of another class to be a negative of ACE-enc (N1)."""
    own = Own(tmp_path)
    for number in range(9):
        own.add(f"video {number}", SUBSETS[number % 3])
    overrides = {"loss.ace_enc.negatives": negatives}
    if preset == "released":
        overrides |= {"loss.ace_enc.first_stage_epochs": 1}
    log, metrics = measure(own, preset, overrides)
    assert all(map(math.isfinite, losses(log)))
    contrastive = [float(row["train_ace_enc"]) for row in log if row["train_ace_enc"]]
    assert contrastive and all(value > 0 if "N2" in negatives else value == 0 for value in contrastive)
    assert metrics["counts"]["classes"] == 1
    assert 0 <= metrics["average_map"] <= 1


def test_a_single_instance(tmp_path):
    """There is no positive either."""
    own = Own(tmp_path)
    for split in SUBSETS:
        own.add(split, split)
    log, metrics = measure(own, "paper")
    assert all(map(math.isfinite, losses(log)))
    assert metrics["counts"]["instances"] == 1


def test_200_classes(tmp_path):
    own = Own(tmp_path)
    labels = [f"class {number:03d}" for number in range(200)]
    for split in SUBSETS:
        own.add(split, split, snippets=420, instances=[(label, n + 0.25, n + 1.5) for n, label in enumerate(labels)])
    log, metrics = measure(own, "paper")
    assert all(map(math.isfinite, losses(log)))
    assert metrics["counts"]["classes"] == 200


def test_from_3_to_5000_snippets(tmp_path):
    own = Own(tmp_path)
    for number, snippets in enumerate((3, 1, 5000, 40, 3, 1, 16, 5000, 3)):
        own.add(
            f"v{number}", SUBSETS[number // 3], snippets=snippets, instances=(("wave", 0.0, min(snippets / 2, 4.0)),)
        )
    log, metrics = measure(own, "paper")
    assert all(map(math.isfinite, losses(log)))
    found = json.loads((tmp_path / "found.json").read_text())["results"]
    for name, entry in own.database.items():
        assert all(0 <= d["segment"][0] < d["segment"][1] <= entry["duration"] for d in found.get(name, ()))
    assert {"v6", "v7", "v8"} <= found.keys()
    assert metrics["counts"]["videos"] == 3
