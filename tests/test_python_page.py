"""docs/python.md: every block of it runs, in order, on a model that was trained here."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas
import pytest

import pages
from react_tad.cli import main
from react_tad.files import read_json
from small import CLASSES, split

PAGE = pages.DOCS / "python.md"


@pytest.fixture
def place(tiny, tiny_model, tmp_path, monkeypatch):
    """The folder of a project, as the page speaks of it."""
    shutil.copytree(tiny_model, tmp_path / "results/toy/models/full/seed0")
    store, _ = split(tiny, "test")
    np.save(tmp_path / "recording.npy", store["test_0"])
    (tmp_path / "own/new").mkdir(parents=True)
    for name in ("test_1", "test_2"):
        np.save(tmp_path / f"own/new/{name}.npy", store[name])
    (tmp_path / "data/toy/annotations").mkdir(parents=True)
    shutil.copy(tiny / "annotations.json", tmp_path / "data/toy/annotations/test.json")
    found = str(tmp_path / "results/toy/detections/full/seed0.json")
    sources = [str(tmp_path / "own/new"), "--seconds-per-snippet", "0.5", "--out", found, "--device", "cpu"]
    assert main(["predict", str(tiny_model), *sources]) == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_block_runs(place, capsys):
    blocks = pages.blocks(PAGE.name, "python")
    assert len(blocks) == 8
    names, printed = {}, []
    capsys.readouterr()
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
        printed.append(capsys.readouterr().out)
    assert list(names["table"].columns) == ["video", "start", "end", "label", "score"]
    assert isinstance(names["table"], pandas.DataFrame)
    assert set(names["results"]) == {"monday", "tuesday"}
    assert str(CLASSES) in printed[1]
    assert read_json("detections.json")["results"] == names["results"]
    lines = list(csv.reader(Path("detections.csv").read_text(encoding="utf-8").splitlines()))
    assert lines[1:] == [list(map(str, row)) for row in names["table"].itertuples(index=False)], "unrounded"
    assert printed[4].strip() == "['recording', 'test_1', 'test_2']"
    assert sorted(path.name for path in Path("detections").iterdir()) == ["test_1.json", "test_2.json"]
    assert "an array [6, 33]; the model wants [snippets, 6]" in printed[6] and "transpose it" in printed[6]
    assert 0 <= names["measured"].average_map <= 1
