"""Snakemake and DVC agree on what is done after runs, edits, clones, checkouts and experiments under either of them."""

import json
import shutil

import pytest
from tiny_project import FROM_SUPPRESSION, FROM_TRAINING, NOTHING, STEPS, Project, copy, finished

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def at_gamma(run, tmp_path_factory) -> Project:
    """The tiny project after gamma was edited and Snakemake run. Do not change it."""
    project = copy(run, tmp_path_factory.mktemp("at_gamma"))
    project.gamma(0.3)
    assert project.planned() == FROM_TRAINING
    assert finished(project.make()) == FROM_TRAINING
    return project


def test_second_run_has_nothing_to_do_and_dvc_is_clean(project):
    assert NOTHING in project.make()
    assert project.status() == {}
    assert finished(project.ok("dvc", "repro")) == {}
    assert project.ok("git", "status", "--porcelain") == ""


def test_dvc_repro_on_a_fresh_clone_leaves_snakemake_nothing(unrun, tmp_path):
    project = copy(unrun, tmp_path)
    assert finished(project.ok("dvc", "repro")) == STEPS
    assert project.planned() == {}
    assert project.status() == {}


def test_push_clone_pull_leaves_nothing_to_do(project, tmp_path):
    project.ok("dvc", "push")
    clone = Project(tmp_path / "clone")
    project.ok("git", "clone", "--quiet", ".", str(clone.folder))
    clone.ok("dvc", "pull")
    assert clone.planned() == {}
    assert clone.status() == {}
    assert clone.results() == project.results()
    clone.gamma(0.3)  # records came along: a changed parameter is seen
    assert clone.planned() == FROM_TRAINING


def test_gamma_edited_under_dvc_then_older_commit_checked_out(project, at_gamma):
    before = project.results()
    project.gamma(0.3)
    assert finished(project.ok("dvc", "repro")) == FROM_TRAINING
    assert project.planned() == {}
    assert project.status() == {}
    assert project.results() == at_gamma.results() != before
    assert project.cache_is_sound()
    project.commit("gamma 0.3")

    project.ok("git", "checkout", "--quiet", "HEAD~1")
    project.ok("dvc", "checkout")
    assert project.planned() == {}
    assert project.status() == {}
    assert project.results() == before


def test_gamma_edited_under_snakemake(at_gamma):
    assert at_gamma.planned() == {}
    assert at_gamma.status() == {}
    assert at_gamma.cache_is_sound()


def test_steps_asked_for_one_by_one_are_recorded_by_dvc(project):
    project.gamma(0.3)
    assert "dvc.lock is left as it is" in project.make("train")
    assert project.status() != {}
    assert "train_network" not in finished(project.ok("dvc", "repro"))
    assert project.status() == {}
    assert project.planned() == {}


def test_experiment_equals_a_run_and_its_comparisons_work(project, at_gamma):
    assert (
        finished(project.ok("dvc", "exp", "run", "--name", "gamma", "--set-param", "+model.raid.gamma=0.3"))
        == FROM_TRAINING
    )
    assert project.planned() == {}
    assert project.cache_is_sound()
    ((name, change),) = json.loads(project.ok("dvc", "params", "diff", "--json"))["params.yaml"].items()
    assert (name, change["old"], change["new"]) == ("model.raid.gamma", None, 0.3)
    assert "average" in project.ok("dvc", "metrics", "diff", "--all")
    project.ok("dvc", "plots", "show")
    page = (project.folder / "dvc_plots/index.html").read_text()
    assert "timeline.svg" in page and "losses.svg" in page and "ap.svg" in page
    assert "dvc_plots" not in project.ok("git", "status", "--porcelain")
    assert project.results() == at_gamma.results()


def test_experiment_elsewhere_leaves_the_workspace_alone(project):
    before = project.results()
    output = project.ok("dvc", "exp", "run", "--temp", "--set-param", "soft_nms.sigma=0.5")
    assert "train_network" not in finished(output)
    assert project.results() == before
    assert project.planned() == {}
    assert project.status() == {}


def test_edited_detections_are_made_anew(project):
    detections = project.folder / "results/toy/detections/full/seed0.json"
    before = detections.read_bytes()
    detections.write_bytes(before + b" ")
    assert project.planned()["suppress_duplicates"] == 1
    assert "suppress_duplicates" in finished(project.ok("dvc", "repro"))
    assert detections.read_bytes() == before
    assert project.status() == {}


def test_stale_results_are_not_recorded(project):
    lock = (project.folder / "dvc.lock").read_bytes()
    project.gamma(0.3)
    done = project.run("python", "workflow/records.py", "commit")
    assert done.returncode == 1
    assert "not everything is up to date" in done.stdout
    assert (project.folder / "dvc.lock").read_bytes() == lock


def test_results_of_a_removed_variant_are_pruned(project):
    project.params(lambda params: params["variants"].pop("wide"))
    project.make()
    removed = project.folder / "results/toy/metrics/wide/seed0.json"
    assert removed.exists()
    project.ok("python", "workflow/records.py", "commit", "--prune")
    assert not removed.exists()
    assert (project.folder / "results/toy/metrics/full/seed0.json").exists()
    assert project.planned() == {}
    assert project.status() == {}


def test_command_line_changes_are_run_and_not_recorded(project):
    lock = (project.folder / "dvc.lock").read_bytes()
    output = project.make("suppress", "--config", "overrides={soft_nms.sigma: 1e-1}")
    assert finished(output) == {"suppress_duplicates": 1}  # variant `wide` sets its own
    assert "dvc.lock is left as it is" in output
    assert (project.folder / "dvc.lock").read_bytes() == lock
    assert set(project.planned().values()) == {1}
    assert project.planned().keys() == FROM_SUPPRESSION.keys()


def test_without_git_and_dvc_everything_but_the_lock_works(project):
    shutil.rmtree(project.folder / ".git")
    project.params(lambda params: params["soft_nms"].update(sigma=0.5))
    assert "suppress_duplicates" in finished(project.make("suppress"))
