"""The studies: what makes them, what an edit of a row makes again, and how DVC follows them."""

import csv
import re

import pytest
from tiny_project import Project, add_studies, copy

pytestmark = pytest.mark.workflow

ONE_ROW = {
    "train_study_network": 1,
    "detect_study_segments": 1,
    "suppress_study_duplicates": 1,
    "evaluate_study_detections": 1,
    "compare_rows": 1,
    "record_provenance": 1,
}
LISTED = {"compare_rows": 1, "record_provenance": 1}
"""Where no run is made, only the list of runs is another one."""


def edit_rows(project: Project, change) -> None:
    """Change the rows of Table 3 in params.yaml."""
    project.params(lambda params: change(params["studies"]["table3"]["rows"]))


def test_tables_and_figures_are_made(studied):
    folder = studied.folder / "results/toy/studies"
    made = {
        *(f"table3.{suffix}" for suffix in ("csv", "json", "md", "tex", "html")),
        *(f"{name}.{suffix}" for name in ("figure4", "figure5a", "figureS3") for suffix in ("svg", "png", "csv")),
        *(f"diagnosis/{variant}.{suffix}" for variant in ("full", "wide") for suffix in ("svg", "csv")),
    }
    assert {name for name in made if not (folder / name).stat().st_size} == set()
    lines = list(csv.DictReader((folder / "table3.csv").open()))
    assert [line["row"] for line in lines] == ["all", "without_ace_dec", "the_same", "wider"]
    _, without, same, _ = [{key: line[key] for key in line if key not in ("row", "label")} for line in lines]
    assert without == same


def test_nothing_is_left_to_do_for_either_tool(studied):
    assert studied.planned() == {}
    assert studied.status() == {}
    assert "table3.json" in studied.ok("dvc", "metrics", "show", "--json")


def test_runs_are_shared_with_variants_and_between_rows(studied):
    models = studied.folder / "results/toy/studies/trained"
    assert {file.parent.name for file in models.glob("*/seed0")} == {"table3.without_ace_dec", "figure5a.0.6"}


def test_an_edited_row_is_made_again_and_nothing_else(studies):
    edit_rows(studies, lambda table: table["wider"].update({"model.quality": False}))
    assert studies.planned() == ONE_ROW
    assert studies.planned("evaluate", "figures") == {}


def test_a_row_edited_in_its_suppression_is_not_trained(studies):
    edit_rows(studies, lambda table: table["wider"].update({"soft_nms.sigma": 1.3}))
    later = ("suppress_study_duplicates", "evaluate_study_detections", *LISTED)
    assert studies.planned() == {name: ONE_ROW[name] for name in later}


def test_an_added_row_and_point(studies):
    edit_rows(studies, lambda table: table.update(narrow={"model.ffn_dim": 8}))
    assert studies.planned() == ONE_ROW
    studies.params(lambda params: params["studies"]["figure5a"]["values"].append(-0.4))
    assert studies.planned() == dict.fromkeys(ONE_ROW, 2) | LISTED | {"draw_sweep": 1}


def test_an_added_row_that_is_there_already_is_only_listed(studies):
    again = {"loss.classification.ground_truth": False}
    edit_rows(studies, lambda table: table.update(again=again, full_again={"train.epochs": 8}))
    assert studies.planned() == LISTED


def test_a_removed_row_and_another_order_change_the_table_only(studies):
    edit_rows(studies, lambda table: table.pop("the_same"))
    assert studies.planned() == LISTED
    edit_rows(studies, lambda table: table.insert(1, "the_same", table.pop("without_ace_dec")))
    assert studies.planned()["compare_rows"] == 1


def test_an_added_seed_runs_every_row_once_more(studies):
    studies.params(lambda params: params["studies"]["table3"].update(seeds=[0, 1]))
    again = {"train_study_network": 2, "detect_study_segments": 2}
    again |= {"suppress_study_duplicates": 3, "evaluate_study_detections": 3}
    assert studies.planned() == again | LISTED | {"draw_class_losses": 1}


def test_an_added_study_needs_no_rule(studies):
    study = {"seeds": [0], "reference": "few", "rows": {"few": {"model.queries": 4}, "many": {}}}
    studies.params(lambda params: params["studies"].update(queries=study))
    assert studies.planned() == ONE_ROW
    assert studies.planned("results/toy/studies/queries.md").keys() == ONE_ROW.keys() - {"record_provenance"}


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("table3", "compare_rows"),
        ("figure4", "draw_relations"),
        ("figureS3", "draw_class_losses"),
        ("diagnosis", "diagnose_errors"),
    ],
)
def test_each_has_a_target(run, tmp_path, target, rule):
    drawn = {"compare_rows", "draw_sweep", "draw_relations", "draw_class_losses", "diagnose_errors"}
    project = copy(run, tmp_path)
    project.params(add_studies)
    assert drawn & project.planned(target, "--forceall").keys() == {rule}


def test_the_target_of_a_study_that_is_not_in_params_yaml(unrun):
    missing = unrun.run("snakemake", "-n", "presets")
    assert missing.returncode == 1
    assert "presets.md" in missing.stdout


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda studies: studies["table3"].update(refernce="all"), ["table3", "refernce", "reference"]),
        (lambda studies: studies["table3"]["rows"].update(odd={"model.qualty": True}), ["odd", "model.qualty"]),
        (lambda studies: studies["table3"]["rows"].update({"a b": {}}), ["table3.a b", "folder"]),
        (lambda studies: studies["figure5a"].update(parameter="model.raid.gama"), ["figure5a", "model.raid.gama"]),
    ],
)
def test_wrong_studies_stop_the_parsing(unrun, tmp_path, change, names):
    project = copy(unrun, tmp_path)
    project.params(add_studies)
    project.params(lambda params: change(params["studies"]))
    done = project.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert all(name in done.stdout for name in ["params.yaml", *names]), done.stdout
    assert "Traceback" not in done.stdout


def test_an_edited_row_under_dvc(studies):
    edit_rows(studies, lambda table: table["wider"].update({"soft_nms.sigma": 1.3}))
    assert list(studies.status()) == ["studies"]
    output = studies.ok("dvc", "repro")
    assert "suppress_study_duplicates" in output and "train_study_network" not in output
    assert studies.status() == {}
    assert studies.planned() == {}
    assert studies.cache_is_sound()


def test_studies_travel(studies, tmp_path):
    studies.ok("dvc", "push")
    clone = Project(tmp_path / "clone")
    studies.ok("git", "clone", "--quiet", ".", str(clone.folder))
    clone.ok("dvc", "pull")
    assert clone.planned() == clone.status() == {}
    edit_rows(clone, lambda table: table["wider"].update({"model.quality": False}))  # records came along
    assert clone.planned() == ONE_ROW


def test_results_of_a_removed_row_are_pruned(studies):
    folder = studies.folder / "results/toy/studies/metrics"
    edit_rows(studies, lambda table: table.pop("wider"))
    studies.make()
    assert (folder / "table3.wider/seed0.json").exists()
    studies.ok("python", "workflow/records.py", "commit", "--prune")
    assert not (folder / "table3.wider/seed0.json").exists()
    assert (folder / "table3.without_ace_dec/seed0.json").exists()
    assert studies.planned() == studies.status() == {}


def test_the_report_is_one_page_with_tables_and_figures(studies):
    studies.ok("snakemake", "--report", "report.html", "all")
    page = (studies.folder / "report.html").read_text()
    shown = {"table3.html", "figure4.svg", "figure5a.svg", "figureS3.svg", "diagnosis/full.svg", "summary.md"}
    assert {name for name in shown if f'{name}": {{' not in page} == set()
    assert {name for name in ("Tables", "Figures", "Error analysis") if f'"{name}"' not in page} == set()
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?!data:)", page) == []
