"""Folds in the workflow: names and places without Snakemake, and a small run of everything over three folds."""

import csv
import json
import re
import sys
from pathlib import Path

import own_project
import pytest
from tiny_project import Project, add_studies, copy, finished

from react_tad.data.annotations import SUBSETS
from react_tad.detection.detections import read_detections
from react_tad.evaluation.average_precision import evaluate
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.files import read_json, write_json
from react_tad.params.experiment import Experiment

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import records  # noqa: E402
from asked import OwnData, as_in_params_yaml, read_experiment  # noqa: E402
from studies import Studies  # noqa: E402
from variants import DETECTIONS, LOG, METRICS, Variants  # noqa: E402

ROWS = {"all": {}, "off": {"model.quality": False}}
FILE = {
    "dataset": "toy",
    "seeds": [0],
    "datasets": {"toy": {"folds": {"by": "video", "count": 3}}, "hapt": {}},
    "variants": {"full": {}, "wide": {"soft_nms.sigma": 0.8}},
    "studies": {
        "choice": {"seeds": [0], "reference": "all", "rows": ROWS, "folds": True, "on_request": True},
        "table3": {"seeds": [0, 1], "reference": "all", "rows": {"all": {}, "without_ace_dec": ROWS["off"]}},
    },
}


def variants(*, folds=False, own=None, **changes):
    return Variants(Experiment(FILE | changes, overrides={"folds": folds}), own)


def test_names_of_folds_stand_in_the_place_of_the_data_set():
    names = variants().folds
    assert (names.each, names.pooled) == (["toy/folds/1", "toy/folds/2", "toy/folds/3"], "toy/folds/all")
    assert [names.fold(name) for name in ("toy", "toy/folds/2", "toy/folds/all")] == [None, 2, "all"]
    for name in ("toy", *names.each, names.pooled):
        assert re.fullmatch(names.pattern, name)
    for name in ("toy/folds", "toy/folds/0", "toy/folds/every", "toy/folds/1/2", "toys"):
        assert not re.fullmatch(names.pattern, name)
    assert (variants().folds.chosen, variants(folds=True).folds.chosen) == ("toy", "toy/folds/all")


def test_a_data_set_without_folds_has_no_such_names():
    names = variants(datasets={"toy": {}}, studies={}).folds
    assert not names.there
    assert not re.fullmatch(names.pattern, "toy/folds/1")
    with pytest.raises(ValueError, match="the data set toy has no folds"):
        _ = names.each


def test_more_folds_than_groups_are_refused():
    block = {"folds": {"by": "video", "count": 5}, "options": {"training": 2, "validation": 1, "test": 1}}
    with pytest.raises(ValueError, match=r"params.yaml: datasets.toy.folds.count = 5: there are 4 groups by video"):
        _ = variants(datasets={"toy": block}, studies={}).folds.count


def test_networks_are_in_the_folds_and_what_is_measured_of_all_together():
    made = variants(folds=True)
    assert made.files("train", LOG) == [f"results/toy/folds/{n}/trained/full/seed0/log.csv" for n in (1, 2, 3)]
    assert made.files("evaluate", METRICS, [("wide", 0)]) == [
        f"results/toy/folds/{n}/metrics/wide/seed0.json" for n in (1, 2, 3, "all")
    ]
    assert made.held("suppress", DETECTIONS, "full", 0) == ["results/toy/folds/all/detections/full/seed0.json"]
    assert len(made.held("train", LOG, "full", 0)) == 3
    assert made.held("train", LOG, "full", 0, "toy/folds/2") == ["results/toy/folds/2/trained/full/seed0/log.csv"]
    published = variants()
    assert published.files("train", LOG) == ["results/toy/trained/full/seed0/log.csv"]


def test_the_step_features_is_told_the_fold_and_other_steps_are_not():
    made = variants(folds=True)
    fold = {"by": "video", "count": 3, "number": 2}
    assert json.loads(made.parameters("features", dataset="toy/folds/2"))["fold"] == fold
    assert made.parameters("features", dataset="toy") == variants().parameters("features")
    for step in ("windows", "train", "detect", "suppress", "evaluate"):
        seed = 0 if step == "train" else None
        assert made.parameters(step, "full", seed, None, "toy/folds/2") == variants().parameters(step, "full", seed)


def test_a_fold_of_own_data_is_made_of_all_splits_but_new():
    own = OwnData(dict.fromkeys((*SUBSETS, "new"), "abc"), {"time": "spread"})
    block = {"kind": "custom", "folds": {"by": "group", "count": 3}, "options": {"annotations": "away.json"}}
    made = variants(folds=True, own=own, datasets={"toy": block})
    assert json.loads(made.parameters("features", dataset="toy/folds/1")) == {
        **{"dataset": "toy", "kind": "custom", "options": {"time": "spread"}},
        **{"content": dict.fromkeys(SUBSETS, "abc"), "fold": {"by": "group", "count": 3, "number": 1}},
    }
    assert made.splits == list(SUBSETS)


def test_folds_have_no_profiles():
    """They are of the published test split."""
    blocks = {"thumos14": {"folds": {"by": "video", "count": 5}}}
    changes = {"dataset": "thumos14", "datasets": blocks, "studies": {}}
    assert variants(**changes).evaluated_profiles("full").startswith("--profiles thumos14")
    assert variants(**changes).evaluated_profiles("full", "thumos14/folds/1") == ""
    folded = variants(folds=True, **changes)
    assert (folded.profile("full"), folded.diagnosed_profile("full")) == (None, "")
    assert Studies(folded).published == [], "nor rows of the paper"
    assert Studies(variants(**changes)).published == ["table1"]


def test_a_study_over_folds_is_measured_on_all_of_them_whatever_else_is():
    made = Studies(variants())
    assert (made.place("choice"), made.place("table3")) == ("toy/folds/all", "toy")
    assert made.rows("evaluate", METRICS, "choice")["off"] == [
        "results/toy/folds/all/studies/metrics/table3.without_ace_dec/seed0.json"
    ]
    assert made.files("train", LOG, "choice")[:3] == [
        f"results/toy/folds/{n}/trained/full/seed0/log.csv" for n in (1, 2, 3)
    ]
    assert (made.regular(made.tables), made.on_request) == (["table3"], ["choice"])
    assert not any("choice" in path or "folds" in path for path in made.run_files)
    folded = Studies(variants(folds=True))
    assert folded.place("table3") == "toy/folds/all"
    assert len(folded.logs_with_ace_dec()["all"]) == 2 * 3, "two seeds, three folds"


def test_rows_on_request_take_no_file_from_others():
    """`choice` comes before `table3` in the file, and the row that both have has the name of the latter."""
    assert variants().owner("choice.off", "train") == "table3.without_ace_dec"


def test_provenance_says_what_was_folded():
    assert "folds" not in json.loads(variants().whole())
    assert json.loads(variants(folds=True).whole())["folds"] == {"by": "video", "count": 3}
    assert set(json.loads(variants().whole())["differences"]) == {
        "full",
        "wide",
        "table3.all",
        "table3.without_ace_dec",
    }


def test_what_the_command_line_says_of_folds():
    assert read_experiment({"folds": "true"}, str(ROOT / "params.yaml")).folded
    assert not as_in_params_yaml({"folds": "true"})
    with pytest.raises(ValueError, match="the data set thumos14 has no folds"):
        read_experiment({"folds": "true", "dataset": "thumos14"}, str(ROOT / "params.yaml"))
    with pytest.raises(ValueError, match="folds = 'yes' should be true or false"):
        read_experiment({"folds": "yes"}, str(ROOT / "params.yaml"))


def test_what_dvc_does_not_follow():
    assert records.of_fold("results/toy/folds/1/metrics/full/seed0.json") and records.of_fold("data/toy/folds/x")
    assert not records.of_fold("results/toy/metrics/folds/seed0.json")


PER_FOLD = {"compute_fold_features": 1, "cut_windows": 3, "train_network": 1, "detect_segments": 1}
PER_FOLD |= {"suppress_duplicates": 2, "evaluate_detections": 2}
OF_ALL = {"pool_annotations": 1, "pool_detections": 2, "evaluate_detections": 2}
OF_ALL |= {"summarize_metrics": 1, "summarize_folds": 1}
VARIANTS = {name: 3 * PER_FOLD.get(name, 0) + OF_ALL.get(name, 0) for name in PER_FOLD | OF_ALL}
"""Two variants over three folds; fetched before."""


def add_folds(project: Project) -> None:
    """Give the tiny project three folds, and studies."""
    choice = {"seeds": [0], "reference": "all", "rows": ROWS, "folds": True, "on_request": True, "dataset": "toy"}
    project.params(add_studies)
    project.params(lambda params: params["studies"].update(choice=choice, elsewhere=choice | {"dataset": "hapt"}))
    project.params(lambda params: params["datasets"]["toy"].update(folds={"by": "video", "count": 3}))


@pytest.fixture(scope="module")
def folded(run, tmp_path_factory) -> Project:
    """The tiny project after everything was made over three folds, studies too. Do not change it."""
    project = copy(run, tmp_path_factory.mktemp("folded"))
    add_folds(project)
    project.commit("folds")
    made = finished(project.make("evaluate", "--config", "folds=true"))
    assert made == VARIANTS
    project.make("all", "--config", "folds=true")
    return project


@pytest.mark.workflow
def test_every_recording_is_detected_in_once_by_a_network_that_did_not_see_it(folded):
    tested = []
    for number in (1, 2, 3):
        place = folded.folder / f"data/toy/folds/{number}/annotations"
        splits = {split: set(read_json(place / f"{split}.json")["database"]) for split in SUBSETS}
        assert len(set.union(*splits.values())) == sum(map(len, splits.values())) == 11
        detections = read_json(folded.folder / f"results/toy/folds/{number}/detections/full/seed0.json")["results"]
        assert detections.keys() == splits["test"]
        tested += detections
    pooled = read_json(folded.folder / "results/toy/folds/all/detections/full/seed0.json")["results"]
    assert list(pooled) == tested and len(set(tested)) == 11


@pytest.mark.workflow
def test_what_is_measured_of_all_is_what_the_folds_files_say_together(folded, tmp_path):
    """Merged by hand, and the true splits of the recordings' annotations taken from the published ones."""
    results, database = {}, {}
    for number in (1, 2, 3):
        results |= read_json(folded.folder / f"results/toy/folds/{number}/detections/wide/seed0.json")["results"]
    for split in SUBSETS:
        database |= read_json(folded.folder / f"data/toy/annotations/{split}.json")["database"]
    database = {video: entry | {"subset": "test"} for video, entry in database.items()}
    write_json(tmp_path / "results.json", {"results": results})
    write_json(tmp_path / "database.json", {"database": database})
    truth = read_ground_truth(tmp_path / "database.json", "test")
    expected = evaluate(truth, read_detections(tmp_path / "results.json"), (0.3, 0.4, 0.5, 0.6, 0.7), "activitynet")
    metrics = read_json(folded.folder / "results/toy/folds/all/metrics/wide/seed0.json")
    assert metrics["average_map"] == pytest.approx(expected.as_dict()["average_map"], abs=1e-12)
    assert metrics["counts"]["videos"] == 11
    assert (metrics["dataset"], metrics["fold"], metrics["variant"], metrics["seed"]) == ("toy", "all", "wide", 0)
    of_second = read_json(folded.folder / "results/toy/folds/2/metrics/wide/seed0.json")
    assert (of_second["fold"], of_second["counts"]["videos"]) == (2, 4)


@pytest.mark.workflow
def test_everything_is_made_over_folds_but_models_for_use(folded):
    there = {path.name for path in (folded.folder / "results/toy/folds/all").iterdir()}
    assert {"detections", "metrics", "figures", "studies", "summary.md", "summary.csv", "summary.json"} <= there
    lines = list(csv.DictReader((folded.folder / "results/toy/folds/all/folds.csv").open()))
    assert [(line["variant"], line["fold"], line["videos"]) for line in lines if line["variant"] == "wide"] == [
        *(("wide", "1", "4"), ("wide", "2", "4"), ("wide", "3", "3"), ("wide", "all", "11"))
    ]
    assert not there & {"trained", "raw_detections", "models"}
    assert not list((folded.folder / "results/toy/folds").glob("*/models"))
    studies = folded.folder / "results/toy/folds/all/studies"
    made = {"table3.md", "figure4.svg", "figure5a.svg", "figureS3.svg", "diagnosis", "provenance.json"}
    assert made <= {path.name for path in studies.iterdir()}
    rows = list(csv.DictReader((studies / "figureS3.csv").open()))
    assert {row["seeds"] for row in rows} == {"3"}, "a curve of three logs, one a fold"
    assert [split["split"] for split in read_json(studies / "provenance.json")["data"]] == [
        f"{split}, fold {number}" for number in (1, 2, 3) for split in SUBSETS
    ]
    assert not list(folded.folder.glob("results/toy/**/*choice*")), "on request only"
    assert folded.planned("all", "--config", "folds=true") == {}


@pytest.mark.workflow
def test_the_published_split_is_what_it_was(folded, run):
    assert folded.results() == run.results()
    assert (folded.folder / "dvc.lock").read_bytes() == (run.folder / "dvc.lock").read_bytes()
    assert folded.planned("evaluate", "figures") == {}
    recorded = [path.read_text() for path in (folded.folder / "results/toy/records").iterdir()]
    assert not any("folds/" in text for text in recorded)


@pytest.mark.workflow
def test_a_run_of_the_published_split_beside_folds_is_recorded_without_them(folded, tmp_path):
    project = copy(folded, tmp_path)
    made = finished(project.make())
    assert made["train_study_network"] == 2 and "compute_fold_features" not in made
    assert project.status() == {}
    assert "toy/folds" not in (project.folder / "dvc.lock").read_text()
    assert "folds/" not in "".join(path.read_text() for path in (project.folder / "results/toy/records").iterdir())
    project.ok("python", "workflow/records.py", "commit", "--prune")
    assert (project.folder / "results/toy/folds/2/metrics/full/seed0.json").exists()
    assert project.planned("all", "--config", "folds=true") == {}


@pytest.mark.workflow
def test_a_study_over_folds_has_its_table_among_the_others(folded, tmp_path):
    project = copy(folded, tmp_path)
    made = finished(project.make("choice"))
    assert made["train_study_network"] == 3 and "train_network" not in made, "`all` is `full`, which is there"
    lines = list(csv.DictReader((project.folder / "results/toy/studies/choice.csv").open()))
    assert [line["row"] for line in lines] == ["all", "off"]
    assert list(project.folder.glob("results/toy/folds/*/studies/trained/choice.off"))
    assert not (project.folder / "results/toy/folds/all/studies/choice.csv").exists()
    project.make()
    project.ok("python", "workflow/records.py", "commit", "--prune")
    assert (project.folder / "results/toy/studies/choice.csv").exists(), "what was asked for is kept"


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Project:
    """Own data of four people, three recordings each, and a new one; windows of two folds are cut. Do not change it."""
    project = own_project.make(tmp_path_factory.mktemp("own") / "project")
    content = own_project.database(project)
    for number, entry in enumerate(content.values()):
        if entry["subset"] != "new":
            entry["group"] = f"person {number % 4 + 8}"
    own_project.write(project, content)
    project.params(lambda params: params["datasets"]["gestures"].update(folds={"by": "group", "count": 4}))
    made = finished(project.make("windows", "--config", "folds=true"))
    assert made == {"fetch_own_recordings": 3, "compute_fold_features": 4, "cut_windows": 12}
    return project


def people(project: Project, fold: int, split: str) -> set[str]:
    """Who is in a split of a fold, as the annotations of that fold say."""
    file = project.folder / f"data/gestures/folds/{fold}/annotations/{split}.json"
    return {entry["group"] for entry in read_json(file)["database"].values()}


@pytest.mark.workflow
def test_own_data_are_folded_by_the_group_that_the_annotations_name(own):
    """Each split is fetched by itself as before, and a fold is made of the three of them."""
    for number, (test, validation) in enumerate([(8, 9), (9, 10), (10, 11), (11, 8)], start=1):
        assert people(own, number, "test") == {f"person {test}"}
        assert people(own, number, "validation") == {f"person {validation}"}
        assert len(people(own, number, "training")) == 2
    videos = [
        video["video"]
        for number in (1, 2, 3, 4)
        for video in read_json(own.folder / f"data/gestures/folds/{number}/features/test.json")["videos"]
    ]
    assert sorted(videos) == sorted(f"recording {number}" for number in range(12)), "and not the new one"
    assert own.planned("windows", "--config", "folds=true") == {}


@pytest.mark.workflow
def test_a_group_that_changes_makes_the_folds_anew(own, tmp_path):
    project = copy(own, tmp_path)
    content = own_project.database(project)
    content["recording 4"]["group"] = "person 9"  # 8 before; of subset test
    own_project.write(project, content)
    assert finished(project.make("windows", "--config", "folds=true"))["compute_fold_features"] == 4
    assert people(project, 1, "test") == {"person 8"}
    manifest = read_json(project.folder / "data/gestures/folds/2/features/test.json")
    assert "recording 4" in [video["video"] for video in manifest["videos"]]


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ({"by": "group", "count": 5}, "datasets.gestures.folds.count = 5: there are 4 groups by group"),
        ({"by": "user", "count": 3}, "datasets.gestures.folds.by = user: this data set knows group and video"),
        ({"by": "group", "count": 1}, "folds.count = 1 should be an integer >= 2, or all"),
    ],
)
def test_folds_that_cannot_be_stop_the_parsing(own, tmp_path, folds, message):
    project = copy(own, tmp_path)
    project.params(lambda params: params["datasets"]["gestures"].update(folds=folds))
    done = project.run("snakemake", "-n", "windows", "--config", "folds=true")
    assert done.returncode == 1
    assert message in done.stdout and "Traceback" not in done.stdout, done.stdout


@pytest.mark.workflow
def test_leaving_one_group_out(own, tmp_path):
    project = copy(own, tmp_path)
    project.params(lambda params: params["datasets"]["gestures"].update(folds={"by": "group", "count": "all"}))
    assert project.planned("windows", "--config", "folds=true") == {}, "four people are four folds"
    project.params(lambda params: params["datasets"]["gestures"].update(folds={"by": "video", "count": "all"}))
    assert project.planned("windows", "--config", "folds=true")["compute_fold_features"] == 12


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["elsewhere"], "elsewhere is a study of hapt, and the data set is toy; add --config dataset=hapt"),
        (["all", "--config", "folds=true", "dataset=thumos14"], "thumos14 has no folds"),
        (["new", "--config", "folds=true"], "leave out folds=true"),
        (["all", "--config", "folds=3"], "folds = 3 should be true or false"),
    ],
)
def test_what_cannot_be_is_refused(unrun, tmp_path, arguments, message):
    project = copy(unrun, tmp_path)
    add_folds(project)
    done = project.run("snakemake", "-n", *arguments)
    assert done.returncode == 1
    assert message in done.stdout, done.stdout
