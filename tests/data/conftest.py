"""What several tests of the data need."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.data.annotations import Instance
from react_tad.data.datasets import Recording

TINY_TOY = {"dataset": "toy", "options": {"training": 6, "validation": 4, "test": 4}}


@pytest.fixture
def recording():
    """Function that makes a recording whose feature values are 100 * number of the video + snippet."""

    def make(video, length, *, dimension=3, subset="training", instances=(), number=0, **changes):
        features = np.repeat(100.0 * number + np.arange(length)[:, None], dimension, axis=1)
        values = {"features": features, "seconds_per_snippet": 0.5, "first_center_seconds": 0.25}
        values |= {"duration": length * 0.5} | changes
        return Recording(video=video, subset=subset, instances=tuple(Instance(*i) for i in instances), **values)

    return make


@pytest.fixture
def document():
    """Function that makes an annotation document of one training video from its annotations."""

    def make(*annotations, **changes):
        entry = {"subset": "training", "duration": 10.0, "annotations": list(annotations)} | changes
        return {"version": "test", "database": {"film": entry}}

    return make


@pytest.fixture(scope="session")
def make_toy():
    """Function that makes a tiny toy data set in a folder, by the command line."""
    return _make_toy


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """A tiny toy data set on disk."""
    folder = tmp_path_factory.mktemp("toy")
    _make_toy(folder)
    return folder


def _make_toy(folder: Path) -> None:
    cfg, annotations, features = json.dumps(TINY_TOY), str(folder / "annotations.json"), folder / "features"
    raw = str(folder / "raw")
    assert main(["fetch", "--cfg", cfg, "--to", raw]) == 0
    made = ["--raw", raw, "--annotations", annotations, "--features", str(features)]
    assert main(["features", "--cfg", cfg, *made]) == 0
    for split in ("training", "validation", "test"):
        files = ["--annotations", annotations, "--features", str(features / f"{split}.json")]
        cfg = json.dumps({"windows": {"length": 64, "stride": 16}})
        assert main(["windows", "--cfg", cfg, *files, "--out", str(folder / "windows" / f"{split}.json")]) == 0


@pytest.fixture(scope="session")
def shared_data():
    """Folder with the published data, if this machine has it."""
    root = Path(__file__).parents[2]
    folder = Path(os.environ.get("REACT_TAD_SHARED", root.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here (set REACT_TAD_SHARED to the folder that holds data/)")
    return folder
