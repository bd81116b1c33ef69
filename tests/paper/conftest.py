import json

import pytest

from paper.made import row, write_annotations, write_run


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Folder with annotations and runs of three rows; seeds 0 to 2, and one seed only for the last row."""
    folder = tmp_path_factory.mktemp("study")
    write_annotations(folder)
    runs = {
        "all": [write_run(folder, "all", seed, noise=0.4) for seed in range(3)],
        "without_sq": [write_run(folder, "without_sq", seed, noise=1.2) for seed in range(3)],
        "half_{A}_50%": [write_run(folder, "half", 1, noise=0.6)],
    }
    (folder / "runs.json").write_text(json.dumps(runs))
    return folder


@pytest.fixture
def runs(files):
    """(metrics, detections) of every run, by row."""
    return json.loads((files / "runs.json").read_text())


@pytest.fixture
def study(runs):
    """The description of a study of these rows."""
    rows = {name: row(own) for name, own in runs.items()}
    return {"name": "table3", "title": "Parts & pieces", "reference": "all", "rows": rows}
