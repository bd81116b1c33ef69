"""Tables 1 and 2: made on any data set, with rows of ours where it is the table's own."""

import pytest
from tiny_project import copy

pytestmark = pytest.mark.workflow


def test_tables_are_made_where_their_data_set_was_never_run(unrun, tmp_path):
    """Nothing else is asked for: no data, no network."""
    project = copy(unrun, tmp_path)
    assert project.planned("table1", "table2") == {"compare_with_published": 2}


def test_a_run_of_the_data_set_is_asked_for(unrun, tmp_path):
    """The first variant of each preset, with all seeds, in the table of its data set and not in the other."""
    project = copy(unrun, tmp_path)
    modules = project.folder / "src/react_tad/data/datasets"
    (modules / "thumos14_like.py").write_text((modules / "toy.py").read_text())

    def change(params):
        params["datasets"]["thumos14_like"] = params["datasets"]["toy"]
        params["dataset"], params["seeds"] = "thumos14_like", [0, 1]
        params["variants"] = {"full": {}, "plain": {"model.quality": False}, "released": {"preset": "released"}}

    project.params(change)
    planned = project.planned("table1")
    assert planned["compare_with_published"] == 1
    assert planned["train_network"] == planned["evaluate_detections"] == 4
    assert project.planned("table2") == {"compare_with_published": 1}
    assert project.planned()["compare_with_published"] == 1, "the table of the data set is one of its studies"
