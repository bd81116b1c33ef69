"""A project with own data of a kind of its own, small enough to be trained in a second, and ways to disturb them."""

import json
from pathlib import Path

import numpy as np
from tiny_project import Project, copy_of_working_tree

PLACE = "it's mine {a} $HOME & “Öl”"
"""Folder of the user's files: one that has to be quoted wherever it is named."""
SIZES = {
    "windows": {"length": 64, "stride": 32},
    "model": {"dim": 16, "heads": 2, "ffn_dim": 16, "encoder_layers": 1, "decoder_layers": 2, "queries": 8},
    "train": {"epochs": 1, "batch_size": 4, "lr": 1e-3},
}


def make(folder: Path) -> Project:
    """This project, whose data set `gestures` is of the kind `custom`, with two variants that share their training."""
    project = Project(folder)
    copy_of_working_tree(folder)
    project.params(
        lambda params: params.update(
            dataset="gestures", seeds=[0], variants={"full": {}, "wide": {"soft_nms.sigma": 0.8}}, studies={}
        )
    )
    options = {
        "features": f"{PLACE}/features",
        "annotations": f"{PLACE}/annotations.json",
        "time": "seconds",
        "seconds_per_snippet": 0.5,
    }
    block = {"kind": "custom", "options": options} | SIZES
    project.params(lambda params: params["datasets"].update(gestures=block))
    (project.folder / PLACE / "features").mkdir(parents=True)
    database = {}
    for number in range(12):
        subset = ("test", "training", "training", "validation")[number % 4]
        name = f"recording {number}"
        database[name] = add(project, name, subset, label=("nod", "wave")[number % 2])
    database["new one"] = {"subset": "new"}
    add(project, "new one", "new")
    write(project, database)
    return project


def annotations(project: Project) -> Path:
    """The user's file."""
    return project.folder / PLACE / "annotations.json"


def database(project: Project) -> dict:
    """What is in it."""
    return json.loads(annotations(project).read_text())["database"]


def write(project: Project, content: dict) -> None:
    """Write it."""
    annotations(project).write_text(json.dumps({"database": content}))


def add(project: Project, name: str, subset: str, *, label: str = "wave", snippets: int = 60) -> dict:
    """Write features of a recording, and give its entry with one instance."""
    random = np.random.default_rng(len(name) + sum(map(ord, name)))
    np.save(feature(project, name), random.normal(size=(snippets, 6)).astype(np.float32))
    listed = [{"label": label, "segment": [3.0, 9.0]}]
    return {"subset": subset, "duration": snippets * 0.5, "annotations": listed}


def feature(project: Project, name: str) -> Path:
    """File of a recording's features."""
    return project.folder / PLACE / "features" / f"{name}.npy"
