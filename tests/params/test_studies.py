"""The studies of params.yaml against what they should be: the paper's rows, the released code's divergences."""

from pathlib import Path

import pytest

from react_tad.paper.numbers import SWEEPS, TABLES
from react_tad.params.experiment import Experiment
from react_tad.params.presets import PRESETS
from react_tad.params.section import flatten
from react_tad.params.yaml_files import read_yaml

PARAMS = Path(__file__).parents[2] / "params.yaml"
OF_THE_DATA_SET = {"train.epochs"}


@pytest.fixture(scope="module", params=list(read_yaml(PARAMS)["datasets"]))
def experiment(request) -> Experiment:
    return Experiment.read(PARAMS, {"dataset": request.param})


def trained(experiment: Experiment, variant: str) -> str:
    return experiment.variants[variant].step("train")


@pytest.mark.parametrize("name", ["table3", "table4_ace_enc", "table4_ace_dec"])
def test_every_row_of_the_papers_tables_is_there(experiment, name):
    assert TABLES[name].rows.keys() <= set(experiment.studies[name].rows)


@pytest.mark.parametrize("name", SWEEPS)
def test_sweeps_pass_through_the_papers_best_value(experiment, name):
    study, paper = experiment.studies[name], SWEEPS[name]
    assert study.parameter == paper.parameter
    assert paper.optimum in study.values and len(study.values) >= 9


def test_each_divergence_of_the_released_code_is_a_row_of_its_own(experiment):
    blocks = read_yaml(PARAMS)["studies"]["presets"]["rows"]
    alone = [dict(flatten(row)) for name, row in blocks.items() if name not in ("paper", "released")]
    assert all(row.pop("preset") == "paper" for row in alone)
    alone = [{key: value for key, value in row.items() if key != "train.include_validation"} for row in alone]
    keys = [key for row in alone for key in row]
    assert len(keys) == len(set(keys))
    released = {key: value for row in alone for key, value in row.items()}
    expected = {key: PRESETS["released"][key] for key in PRESETS["released"].keys() - OF_THE_DATA_SET}
    assert released == expected


def test_each_divergence_changes_something(experiment):
    study = experiment.studies["presets"]
    steps = ("train", "detect", "suppress")
    settings = [
        tuple(experiment.variants[f"presets.{row}"].step(step) for step in steps)
        for row in study.rows
        if row != "released"
    ]
    assert len(set(settings)) == len(settings)


@pytest.mark.parametrize(
    "names",
    [
        ["full", "table3.all", "presets.paper"],
        ["plain", "table3.base"],
        ["released", "presets.released"],
        ["table3.without_ace", "table4_ace_enc.no_contrastive", "table4_ace_dec.query_only"],
        ["table3.without_ace_dec", "table4_ace_enc.n1_n2"],
        ["table3.without_ace_enc", "table4_ace_dec.both"],
        ["figure5a.0.2", "figure5b.1"],
    ],
)
def test_rows_that_are_the_same_setting_come_to_the_same_parameters(experiment, names):
    assert len({trained(experiment, name) for name in names}) == 1


def test_the_sweep_of_tau_passes_through_the_full_model_where_the_thresholds_are_thumos14s(experiment):
    raid = experiment.variants["full"].params.model.raid
    same = trained(experiment, "full") == trained(experiment, "figure5b.0.5")
    assert same == ((raid.tau, raid.gamma) == (0.5, 0.2))


def test_the_rows_of_suppression_share_one_training_and_differ_after_it(experiment):
    rows = [f"suppression.{row}" for row in experiment.studies["suppression"].rows]
    assert len(rows) == 4
    assert {trained(experiment, row) for row in rows} == {trained(experiment, "full")}
    steps = [tuple(experiment.variants[row].step(step) for step in ("detect", "suppress")) for row in rows]
    assert len(set(steps)) == 4
    assert len({detect for detect, _ in steps}) == 2
