"""Small studies made up for the tests: ground truth, detections by seed, and their metrics, as files."""

import json

import numpy as np

from react_tad.cli import main

VIDEOS, CLASSES = 6, ("dive", "jump", "swim")


def write_annotations(folder):
    """Six videos of 40 s; the last has no instance. Gives the path."""
    random = np.random.default_rng(3)
    database = {}
    for video in range(VIDEOS):
        count = 0 if video == VIDEOS - 1 else 5
        starts = np.sort(random.uniform(0, 30, count)).tolist()
        annotations = [
            {"label": CLASSES[random.integers(3)], "segment": [start, start + random.uniform(2, 8)]} for start in starts
        ]
        database[f"v{video}"] = {"subset": "test", "duration": 40.0, "annotations": annotations}
    database["other"] = {"subset": "training", "duration": 9.0, "annotations": []}
    path = folder / "annotations.json"
    path.write_text(json.dumps({"version": "made", "database": database}))
    return path


def write_grouped(folder, groups):
    """The same annotations in another file, with the groups of some videos. Gives the path."""
    document = json.loads((folder / "annotations.json").read_text())
    for video, group in groups.items():
        document["database"][video]["group"] = group
    path = folder / "grouped.json"
    path.write_text(json.dumps(document))
    return path


def write_run(folder, name, seed, *, noise, tiou="0.3:0.7:0.1", dataset="made", **options):
    """Detections near the instances, and their metrics file: the paths of (metrics, detections)."""
    annotations = folder / "annotations.json"
    random = np.random.default_rng([seed, *name.encode()])
    results = {}
    for video, entry in json.loads(annotations.read_text())["database"].items():
        rows = []
        for instance in entry["annotations"] * 4:
            times = np.sort(np.array(instance["segment"]) + random.normal(0, noise, 2))
            label = instance["label"] if random.random() < 0.8 else CLASSES[random.integers(3)]
            rows.append({"label": label, "segment": times.tolist(), "score": random.random()})
        results[video] = rows
    detections, metrics = folder / f"{name}_{seed}_found.json", folder / f"{name}_{seed}.json"
    detections.write_text(json.dumps({"results": results}))
    about = json.dumps({"dataset": dataset, "variant": name, "seed": seed})
    files = ["--annotations", str(annotations), "--detections", str(detections), "--json", str(metrics)]
    extra = [part for key, value in options.items() for part in (f"--{key}", value)]
    assert main(["evaluate", *files, "--subset", "test", "--tiou", tiou, "--about", about, *extra]) == 0
    return str(metrics), str(detections)


def row(runs, *, detections=True, **more):
    """The description of a row from the files of its seeds."""
    files = {"metrics": [metrics for metrics, _ in runs]}
    return files | ({"detections": [found for _, found in runs]} if detections else {}) | more
