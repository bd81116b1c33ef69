"""A data set from its published files to the paper's table: what both tests of one do alike."""

import json

import pytest
from tiny_project import ROOT, Project, copy

SHARED = ROOT.parent / "shared/data"


def project_with(unrun, tmp_path, monkeypatch, *, dataset, needs, mirror, block, variants) -> Project:
    """A copy of the project for ``dataset``, whose own block gets ``block``.

    Skips where the real annotations ``needs`` are not there. ``mirror(project)`` fills a folder of files, and gives it.
    """
    if not needs.exists():
        pytest.skip(f"the annotations of {dataset} are not here")
    project = copy(unrun, tmp_path)
    monkeypatch.setenv("REACT_TAD_MIRROR", str(mirror(project)))
    project.params(lambda params: params.update(dataset=dataset, variants=variants))
    project.params(lambda params: params["datasets"][dataset].update(block))
    return project


class Whole:
    """What a run of ``evaluate`` and the paper's table left."""

    def __init__(self, project: Project, dataset: str):
        self.data, self.results = project.folder / "data" / dataset, project.folder / "results" / dataset
        self.counts = {
            split: json.loads((self.data / f"windows/{split}.json").read_text())["counts"]
            for split in ("training", "validation", "test")
        }

    def metrics(self, variant="full"):
        """The metrics of the first seed."""
        return json.loads((self.results / f"metrics/{variant}/seed0.json").read_text())

    def profiles(self, variant="full"):
        """Videos and instances that each ground-truth profile counts."""
        counts = {name: own["counts"] for name, own in self.metrics(variant)["profiles"].items()}
        return {name: (own["videos"], own["instances"]) for name, own in counts.items()}

    def check_row_of_ours(self, table, average):
        """The paper's table has a row of this project with this average mAP."""
        lines = (self.results / f"studies/{table}.md").read_text().splitlines()
        (ours,) = (line for line in lines if line.startswith("| ") and "ReAct, this project" in line)
        assert f"| {100 * average:.2f} |" in ours
