"""The tiny project before and after its first run, and a copy to disturb."""

import pytest
from tiny_project import STEPS, STUDY_STEPS, Project, add_studies, copy, copy_of_working_tree, finished, shrink


@pytest.fixture(scope="session")
def unrun(tmp_path_factory) -> Project:
    """The tiny project as it is after a clone: committed, with a remote, not run. Do not change it."""
    project = Project(tmp_path_factory.mktemp("unrun") / "project")
    copy_of_working_tree(project.folder)
    (project.folder / "dvc.lock").unlink(missing_ok=True)
    project.params(shrink)
    project.ok("git", "init", "--quiet", "--initial-branch", "main")
    project.ok("dvc", "remote", "add", "--default", "storage", str(project.folder.parent / "storage"))
    project.commit("tiny project")
    return project


@pytest.fixture(scope="session")
def run(unrun, tmp_path_factory) -> Project:
    """The tiny project after ``snakemake --cores 8 all``, with ``dvc.lock`` committed. Do not change it."""
    project = copy(unrun, tmp_path_factory.mktemp("run"))
    assert finished(project.make()) == STEPS
    project.commit("first results")
    return project


@pytest.fixture(scope="session")
def studied(run, tmp_path_factory) -> Project:
    """The tiny project after studies were added to it and made, committed. Do not change it."""
    project = copy(run, tmp_path_factory.mktemp("studied"))
    project.params(add_studies)
    assert finished(project.make()) == STUDY_STEPS
    project.commit("first studies")
    return project


@pytest.fixture
def project(run, tmp_path) -> Project:
    """A copy of the project that was run, to be disturbed."""
    return copy(run, tmp_path)


@pytest.fixture
def studies(studied, tmp_path) -> Project:
    """A copy of the project whose studies were made, to be disturbed."""
    return copy(studied, tmp_path)
