"""Real annotations, for the tests that have them at hand."""

import json
import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the published data, if this machine has it."""
    root = Path(__file__).parents[3]
    folder = Path(os.environ.get("REACT_TAD_SHARED", root.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here (set REACT_TAD_SHARED to the folder that holds data/)")
    return folder


@pytest.fixture(scope="session")
def official(shared, tmp_path_factory) -> Path:
    """The official text files of THUMOS14 as one ActivityNet-style file, with durations where they are known."""
    known = json.loads((shared / "thumos14/thumos14.json").read_text())["database"]
    database = {}
    for subset, folder in (("test", "annotation_test"), ("validation", "annotation_val")):
        for file in sorted((shared / "thumos14/official_txt" / folder).glob("*_*.txt")):
            for line in file.read_text().splitlines():
                video, start, end = line.split()
                entry = database.setdefault(video, {"subset": subset, "annotations": []})
                entry["annotations"].append({"label": file.stem.split("_")[0], "segment": [float(start), float(end)]})
                if video in known:
                    entry["duration"] = known[video]["duration"]
    path = tmp_path_factory.mktemp("official") / "thumos14.json"
    path.write_text(json.dumps({"database": database}))
    return path
