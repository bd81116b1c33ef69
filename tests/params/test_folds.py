"""The key ``folds`` of a data set's block, and what a study may say of folds and of when it is made."""

import json
from pathlib import Path

import pytest

from react_tad.params.experiment import Experiment
from react_tad.params.folds import Fold, Folds, fold_of, read_folds
from react_tad.params.section import ParameterError
from react_tad.params.yaml_files import read_yaml

PARAMS = Path(__file__).parents[2] / "params.yaml"
ROWS = {"all": {}, "off": {"model.quality": False}}
FILE = {
    "dataset": "toy",
    "seeds": [0],
    "datasets": {"toy": {"folds": {"by": "video", "count": 3}}, "hapt": {}},
    "variants": {"full": {}},
}


def experiment(overrides=None, **changes):
    return Experiment(FILE | changes, overrides=overrides)


def with_study(**keys):
    return experiment(studies={"choice": {"seeds": [0], "reference": "all", "rows": ROWS} | keys})


@pytest.mark.parametrize("count", [2, 30, "all"])
def test_folds_are_read(count):
    assert read_folds({"folds": {"by": "user", "count": count}}, "here") == Folds(by="user", count=count)


@pytest.mark.parametrize("block", [None, {}, {"folds": None}, {"windows": {}}])
def test_a_block_may_have_none(block):
    assert read_folds(block, "here") is None


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        (6, r"folds = 6 should say by what and how many, as in folds: \{by: video, count: 5\}"),
        ([], r"folds = \[\] should say"),
        ({"by": "user"}, "should say by what and how many"),
        ({"count": 3}, "should say by what and how many"),
        ({"by": "user", "count": 1}, "folds.count = 1 should be an integer >= 2, or all"),
        ({"by": "user", "count": 2.0}, "folds.count = 2.0 should be"),
        ({"by": "user", "count": True}, "folds.count = True should be"),
        ({"by": "user", "count": "every"}, "folds.count = 'every' should be"),
        ({"by": "person", "count": 3}, "by = 'person'.*'user', 'group' or 'video'"),
        ({"by": "user", "count": 3, "seed": 1}, "unknown parameter 'seed'"),
    ],
)
def test_what_is_wrong_is_one_error_even_in_a_block_that_is_not_chosen(folds, message):
    with pytest.raises(ParameterError, match=f"datasets.hapt.*{message}") as caught:
        experiment(datasets=FILE["datasets"] | {"hapt": {"folds": folds}})
    assert len(str(caught.value).splitlines()) == 1


def test_a_misspelt_key_of_a_block_is_told_the_right_one():
    with pytest.raises(ParameterError, match=r"unknown parameter 'fold.by'. Did you mean 'folds'"):
        experiment(datasets={"toy": {"fold": {"by": "video"}}})


def test_folds_are_no_parameters_of_a_step():
    """With folds in its block or without, a data set's jobs are the same."""
    with_folds, without = experiment(), experiment(datasets={"toy": {}})
    for step in ("fetch", "features", "windows", "train", "detect", "suppress", "evaluate", "package"):
        assert with_folds.variants["full"].step(step) == without.variants["full"].step(step)


def test_everything_is_run_over_folds_where_that_is_asked_for():
    assert not experiment().folded
    assert experiment({"folds": True}).folded
    with pytest.raises(ParameterError, match=r"hapt has no folds.*datasets.hapt.*as in folds: {by: video, count: 5}"):
        experiment({"folds": True, "dataset": "hapt"})
    with pytest.raises(ParameterError, match="command line: folds = 3 should be true or false"):
        experiment({"folds": 3})


def test_the_folds_of_the_project():
    file = read_yaml(PARAMS)
    assert Experiment(file | {"dataset": "hapt"}).folds == Folds(by="user", count=6)
    assert Experiment(file | {"dataset": "custom"}).folds == Folds(by="group", count=5)
    for dataset in ("toy", "toy_hard"):
        assert Experiment(file | {"dataset": dataset}).folds == Folds(by="video", count=5)


def test_a_study_on_request_has_no_runs_among_all():
    assert set(with_study().runs) == {"full", "choice.all", "choice.off"}
    on_request = with_study(on_request=True)
    assert set(on_request.runs) == {"full"}
    assert on_request.studies["choice"].on_request
    assert on_request.variants["choice.off"].params.model.quality is False, "it can be asked for all the same"


def test_a_study_of_another_data_set_is_not_there_and_its_rows_are_checked():
    elsewhere = with_study(dataset="hapt")
    assert (list(elsewhere.studies), list(elsewhere.elsewhere)) == ([], ["choice"])
    assert set(elsewhere.runs) == set(elsewhere.variants) == {"full"}
    for ask in (elsewhere.resolve, elsewhere.variants.__getitem__):
        with pytest.raises(ParameterError, match=r"choice is a study of hapt, and the data set is toy.*dataset=hapt"):
            ask("choice.off")
    with pytest.raises(ParameterError, match=r"studies.choice.off: unknown parameter 'model.qualty'"):
        with_study(dataset="hapt", rows={"all": {}, "off": {"model.qualty": False}})
    assert list(with_study(dataset="toy").studies) == ["choice"]


def test_the_rows_of_a_study_are_checked_for_its_own_data_set():
    """16 heads do not go with the dimension of toy; they do with that of hapt."""
    sizes = {"toy": {"model": {"dim": 8, "heads": 2}}, "hapt": {"model": {"dim": 64}}}
    study = {"seeds": [0], "reference": "all", "rows": {"all": {"model.heads": 16}}}
    assert experiment(datasets=sizes, studies={"choice": study | {"dataset": "hapt"}}).elsewhere
    with pytest.raises(ParameterError, match=r"model.dim = 8 is not a multiple of model.heads = 16"):
        experiment(datasets=sizes, studies={"choice": study})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"dataset": "hpat"}, "dataset = 'hpat' is not one of datasets: toy, hapt"),
        ({"on_request": "yes"}, "on_request = 'yes' should be true or false"),
        ({"folds": {"by": "video"}}, "should be true or false"),
        ({"folds": True}, "folds: true needs on_request: true"),
        ({"request": True}, "unknown parameter 'request'. Did you mean 'on_request'"),
    ],
)
def test_what_is_wrong_with_a_study_is_said(keys, message):
    with pytest.raises(ParameterError, match=f"studies.choice: .*{message}"):
        with_study(**keys)


def test_the_step_features_is_told_its_fold():
    fold = {"by": "user", "count": 6, "number": 2}
    assert fold_of(json.dumps({"dataset": "hapt", "fold": fold})) == Fold(**fold)
    assert fold_of(json.dumps({"dataset": "hapt"})) is None
    for wrong in ({"number": 0}, {"count": 1}, {"count": "all"}, {"by": "person"}, {"of": 3}):
        with pytest.raises(ParameterError, match="--cfg fold"):
            fold_of(json.dumps({"fold": fold | wrong}))
