import json
import sys

import pytest

from react_tad.cli import main
from react_tad.data import datasets
from react_tad.data.annotations import read_annotations
from react_tad.data.features import FeatureStore
from react_tad.data.windows import WindowIndex

THIRD = '''
"""A third data set."""

import numpy as np

from react_tad.data.annotations import Instance
from react_tad.data.datasets import Prepared, Recording
from react_tad.data.published import Published
from react_tad.params.section import Section


class OPTIONS(Section):
    """One option."""

    recordings: int = 2


CLASSES = ("wave", "nod")
LICENCE = CITATION = "none"


def published(options):
    return {"words": [Published(name="words.txt")]}


def expected_counts(options):
    return {}


def prepare(raw_directory, options):
    words = (raw_directory / "words").read_text().split()
    return Prepared(
        recordings=[
            Recording(
                video=f"{subset}{number}",
                subset=subset,
                duration=30.0,
                instances=(Instance(words[number % 2], 3.0, 9.0),) * INSTANCES,
                features=np.full((30, 4), number),
                seconds_per_snippet=1.0,
                first_center_seconds=0.5,
            )
            for subset in SUBSETS
            for number in range(options.recordings)
        ],
        source={"made": "by hand"},
    )
'''
SETTINGS = '\nSUBSETS = ("training", "validation", "test")\nINSTANCES = 1\n'


@pytest.fixture
def third(tmp_path, monkeypatch):
    """Function that adds a data set 'third' by adding a file, and runs fetch and features on it."""
    folder = tmp_path / "more"
    folder.mkdir()
    monkeypatch.setattr(datasets, "__path__", [*datasets.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, "react_tad.data.datasets.third", raising=False)

    def make(options=None, **settings):
        changed = "".join(f"{name} = {value!r}\n" for name, value in settings.items())
        (folder / "third.py").write_text(THIRD + SETTINGS + changed)
        cfg = json.dumps({"dataset": "third", "options": options or {}})
        out = ["--annotations", str(tmp_path / "annotations.json"), "--features", str(tmp_path / "features")]
        (folder / "words.txt").write_text("wave nod")
        return main(["fetch", "--cfg", cfg, "--to", str(tmp_path / "raw"), "--mirror", str(folder)]) or main(
            ["features", "--cfg", cfg, "--raw", str(tmp_path / "raw"), *out]
        )

    yield make
    sys.modules.pop("react_tad.data.datasets.third", None)


def test_a_third_data_set_is_one_more_file(third, tmp_path):
    assert third({"recordings": 3}) == 0
    assert {"hapt", "third", "toy"} < set(datasets.available())
    assert read_annotations(tmp_path / "annotations.json").classes == ("nod", "wave")
    manifest = tmp_path / "features" / "training.json"
    store = FeatureStore(manifest)
    assert (len(store), store.dimension, store["training2"].shape) == (3, 4, (30, 4))
    assert store.source["made"] == "by hand"
    assert store.source["options"] == {"recordings": 3}
    assert store.source["files"][0]["name"] == "words"
    out = tmp_path / "windows.json"
    cfg = '{"windows": {"length": 16, "stride": 8}}'
    files = ["--annotations", str(tmp_path / "annotations.json"), "--features", str(manifest), "--out", str(out)]
    assert main(["windows", "--cfg", cfg, *files]) == 0
    assert WindowIndex.read(out)[0].segments.tolist() == [[3.0, 9.0]]


def test_an_unknown_data_set_lists_those_that_exist():
    with pytest.raises(ValueError, match=r"no data set 'tyo' in react_tad\.data\.datasets; there are .*hapt, .*toy"):
        datasets.find("tyo")


@pytest.mark.parametrize("name", ["", "..", "os", "toy.Options", "__init__"])
def test_only_modules_of_the_package_are_data_sets(name):
    with pytest.raises(ValueError, match="no data set"):
        datasets.find(name)


@pytest.mark.parametrize("name", datasets.available())
def test_every_module_has_the_interface(name):
    module = datasets.find(name)
    for member in ("OPTIONS", "CLASSES", "LICENCE", "CITATION", "published", "expected_counts", "prepare"):
        assert hasattr(module, member)
    assert len(set(module.CLASSES)) == len(module.CLASSES)


def test_an_unknown_option_names_the_nearest_one(third, capsys):
    assert third({"recording": 3}) == 1
    assert "unknown parameter 'recording'. Did you mean 'recordings'?" in capsys.readouterr().err


def test_an_empty_training_split_is_an_error(third, tmp_path, capsys):
    assert third(SUBSETS=("validation", "test")) == 1
    assert third(INSTANCES=0) == 1
    assert capsys.readouterr().err.count("no instance in the training split") == 2
    assert not (tmp_path / "features").exists()


def test_a_label_outside_the_classes_is_an_error(third, capsys):
    assert third(CLASSES=("wave", "shake")) == 1
    assert "video 'training1': unknown label 'nod'" in capsys.readouterr().err


def test_damaged_raw_files_are_not_used(third, tmp_path, capsys):
    assert third() == 0
    (tmp_path / "raw" / "words").write_text("wave not")
    cfg = json.dumps({"dataset": "third"})
    out = ["--annotations", str(tmp_path / "annotations.json"), "--features", str(tmp_path / "features")]
    assert main(["features", "--cfg", cfg, "--raw", str(tmp_path / "raw"), *out]) == 1
    assert "words: sha256" in capsys.readouterr().err
