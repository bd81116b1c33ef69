"""What ``--config`` may say, and what is refused before any job; without Snakemake."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import asked  # noqa: E402
import pretrained  # noqa: E402


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
        ({"device": "gpu"}, "device=gpu: should be one of cpu, cuda, auto"),
        ({"features_on_device": "yes please"}, "should be true or false"),
        ({"overrides": "3"}, "should be a mapping"),
        ({"overrides": {"evaluation.profile": "ssm"}, "dataset": "thumos14"}, "ssm"),
        ({"overrides": {"fusion.enabled": True, "fusion.scores": "away.json"}}, "away.json, which does not exist"),
    ],
)
def test_what_is_wrong_is_refused(config, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        read(**config)


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


def test_raw_files_are_the_published_ones():
    assert asked.raw_files(read()) == []
    assert asked.raw_files(read(dataset="hapt"))[0].startswith("data/{dataset}/raw/")


@pytest.mark.parametrize(("config", "same"), [({}, True), ({"device": "cuda"}, True), ({"seeds": "[0]"}, False)])
def test_what_dvc_can_record(config, same):
    assert asked.as_in_params_yaml(config) is same
