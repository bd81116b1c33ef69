"""What ``--config`` may say, and what is refused before any job; without Snakemake."""

import json
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from react_tad.files import write_json

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import asked  # noqa: E402
import pretrained  # noqa: E402
from variants import Variants  # noqa: E402


def read(**config):
    return asked.read_experiment(config, str(ROOT / "params.yaml"))


@pytest.mark.parametrize(
    ("given", "typed"),
    [("1e-3", 1e-3), ("on", "on"), ("[0, 1]", [0, 1]), ({"a": "2"}, {"a": 2}), (["3", 4], [3, 4]), (None, None)],
)
def test_texts_are_yaml(given, typed):
    assert asked.typed(given) == typed


def test_what_is_given_is_taken():
    made = read(dataset="hapt", seeds="[4]", overrides={"train.epochs": "2"}, device="cuda", features_on_device="true")
    assert (made.dataset, made.seeds) == ("hapt", (4,))
    assert made.variants["full"].params.train.epochs == 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"sedes": "[0]"}, "unknown parameter 'sedes'. Did you mean 'seeds'"),
        ({"epochs": "1"}, 'train.epochs is a parameter; give it as overrides="{train.epochs: VALUE}"'),
        ({"seeds": "0"}, "command line: seeds = 0 should be a list"),
        ({"device": "gpu"}, "device=gpu: should be one of cpu, cuda, auto"),
        ({"features_on_device": "yes please"}, "should be true or false"),
        ({"seeds": "[zero]"}, "command line: seeds"),
        ({"overrides": "3"}, "should be a mapping"),
        ({"overrides": {"train.epoch": 1}}, "train.epoch'. Did you mean 'train.epochs'"),
        ({"overrides": {"evaluation.profile": "ssm"}, "dataset": "thumos14"}, "ssm"),
        ({"overrides": {"fusion.enabled": True, "fusion.scores": "away.json"}}, "away.json, which does not exist"),
        ({"overrides": {"train.start_from": "away"}}, "start_from = away: no model.safetensors there"),
    ],
)
def test_what_is_wrong_is_refused(config, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        read(**config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda params: params.update(dataset="toyy"), "dataset = 'toyy' is not one of datasets: toy, .*hapt"),
        (
            lambda params: params["datasets"]["toy"].update(options={"trainig": 3}),
            "datasets.toy.options: unknown parameter 'trainig'. Did you mean 'training'",
        ),
        (
            lambda params: params["variants"].update(odd={"windows.stride": 8}),
            "variant 'odd' has other parameters than 'full' for step 'windows'.* set these under datasets.toy",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_refused(tmp_path, change, message):
    """Names of parameters: tests/params/test_experiment.py."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    change(params)
    YAML().dump(params, tmp_path / "params.yaml")
    with pytest.raises(ValueError, match=message):
        asked.read_experiment({}, str(tmp_path / "params.yaml"))


def test_every_variant_is_fused_with_what_it_names():
    fusion = read(overrides={"fusion.scores": "none.json"}).variants["full"].params.fusion
    assert asked.files_of_fusion(fusion) == [], "not enabled"
    assert asked.files_of_fusion(fusion.model_copy(update={"enabled": True})) == ["none.json"]


def test_a_generated_data_set_has_no_files_of_ones_own(recwarn):
    assert asked.own_data(read(), pytest.fail) == asked.OwnData()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "the authors' checkpoint is for thumos14, and the data set is toy; add --config dataset=thumos14"),
        ({"dataset": "thumos14", "overrides": {"windows.stride": 32}}, "windows.stride is 32, should be 64"),
    ],
)
def test_the_authors_weights_are_for_their_data(config, message):
    with pytest.raises(ValueError, match=message):
        pretrained.check(read(**config))
    pretrained.check(read(dataset="thumos14"))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"kind": "costum"}, "datasets.mine.kind: no data set 'costum' in .* there are activitynet13, custom"),
        ({}, "datasets.mine: no data set 'mine' in .* as in kind: custom"),
        ({"kind": "custom", "options": {"prefx": "v_"}}, "datasets.mine.options: unknown parameter 'prefx'"),
        ({"kind": "custom", "options": {"rescale": 9, "time": "seconds"}}, "datasets.mine.options: rescale is given"),
    ],
)
def test_kinds_and_options_of_all_data_sets_are_checked(tmp_path, block, message):
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["datasets"]["mine"] = block
    YAML().dump(params, tmp_path / "params.yaml")
    with pytest.raises(ValueError, match=message):
        asked.read_experiment({}, str(tmp_path / "params.yaml"))


def test_options_on_the_command_line_are_put_over_those_of_the_block():
    made = read(dataset="thumos14", options="{storage: float16}").variants["full"].params.options
    assert made == {"features": "tsn", "annotations": "official", "storage": "float16"}
    with pytest.raises(ValueError, match=r"datasets.toy.options: unknown parameter 'nose'. Did you mean 'noise'"):
        read(options="{nose: 3}")
    with pytest.raises(ValueError, match="--config options=3: should be a mapping"):
        read(options="3")
    assert not asked.as_in_params_yaml({"options": "{noise: 0.5}"})


def test_a_data_set_names_a_folder(tmp_path):
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["datasets"]["a/b"], params["dataset"] = {"kind": "custom"}, "a/b"
    YAML().dump(params, tmp_path / "params.yaml")
    with pytest.raises(ValueError, match="data set 'a/b' names a folder"):
        asked.read_experiment({}, str(tmp_path / "params.yaml"))


def test_own_data_that_are_away_are_what_was_recorded_of_them(tmp_path, monkeypatch):
    made = read(dataset="custom")
    monkeypatch.chdir(tmp_path)
    warned = []
    with pytest.raises(ValueError, match=r"datasets\.custom\.options should say where your data are"):
        asked.own_data(made, warned.append)
    for split in ("training", "validation", "test"):
        write_json(Path(f"data/custom/raw/{split}.json"), {"content": f"digest of {split}", "own_files": {}})
    own = asked.own_data(made, warned.append)
    assert own.contents == {split: f"digest of {split}" for split in ("training", "validation", "test")}
    assert own.places == {"features": "own/features", "annotations": "own/annotations.json"} and own.options == {}
    assert "What was made of them before is taken as it is" in warned[0]


def test_films_that_are_away_are_what_was_recorded_of_them(tmp_path, monkeypatch):
    films = {"features": None, "videos": "own/films", "backbone": "own/network", "stride_seconds": 0.5}
    made = read(dataset="custom", options=films)
    monkeypatch.chdir(tmp_path)
    for split in ("training", "validation", "test"):
        record = {"content": "abc", "own_files": {f"a {split}": {"sha256": split, "bytes": 1}}, "backbone": "def"}
        write_json(Path(f"data/custom/raw/{split}.json"), record)
    own = asked.own_data(made, lambda text: None)
    assert own.films["a test"] == asked.Film("test", None, ("test", "def")) and len(own.films) == 3
    assert own.options == {"stride_seconds": 0.5} and "backbone" in own.places
    assert own.of_extraction == ("--step", "1", "--stride-seconds", "0.5", "--dtype", "float32")
    variants = Variants(made, own)
    assert variants.films("test") == ["a test"]
    assert json.loads(variants.extraction("a test"))[:2] == ["test", "def"]
    assert "--backbone own/network --batch-size 8 --prefix=" in variants.of_extraction


def test_raw_files_are_the_published_ones():
    assert asked.raw_files(read()) == []
    assert asked.raw_files(read(dataset="hapt"))[0].startswith("data/{dataset}/raw/")


@pytest.mark.parametrize(("config", "same"), [({}, True), ({"device": "cuda"}, True), ({"seeds": "[0]"}, False)])
def test_what_dvc_can_record(config, same):
    assert asked.as_in_params_yaml(config) is same


def test_a_profile_is_of_the_published_split(tmp_path):
    """Over folds it would change nothing, so it is refused."""
    yaml = YAML()
    content = yaml.load((ROOT / "params.yaml").read_text())
    content["datasets"]["thumos14"]["folds"] = {"by": "video", "count": 5}
    yaml.dump(content, tmp_path / "params.yaml")
    asked.read_experiment({"dataset": "thumos14", "folds": "true"}, str(tmp_path / "params.yaml"))
    profile = {"dataset": "thumos14", "overrides": {"evaluation.profile": "ssn"}}
    asked.read_experiment(profile, str(tmp_path / "params.yaml"))
    with pytest.raises(
        ValueError, match=r"variant 'full': evaluation.profile = ssn is a profile of the published test"
    ):
        asked.read_experiment(profile | {"folds": "true"}, str(tmp_path / "params.yaml"))
