"""What a study needs and how it is described for the verbs; without Snakemake."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
from react_tad.paper.studies import LogStudy, Study, Sweep, read_study  # noqa: E402
from react_tad.params.experiment import Experiment  # noqa: E402
from studies import Studies  # noqa: E402
from variants import LOG, METRICS, Variants  # noqa: E402

ROWS = {"all": {}, "without_ace_dec": {"loss.classification.ground_truth": False}}
FILE = {
    "dataset": "thumos14",
    "seeds": [0, 1],
    "datasets": {"thumos14": {}, "toy": {}},
    "variants": {"full": {}, "released": {"preset": "released"}, "again": {"soft_nms.sigma": 0.5}},
    "studies": {
        "table3": {"title": "Main", "seeds": [0, 1], "reference": "all", "rows": ROWS},
        "figure5b": {"seeds": [3], "parameter": "model.raid.tau", "values": [0.25, 0.5]},
    },
}


def studies(**changes):
    return Studies(Variants(Experiment(FILE | changes)))


def test_tables_and_sweeps_are_told_apart():
    assert (studies().tables, studies().sweeps, studies().published) == (["table3"], ["figure5b"], ["table1"])
    assert studies(dataset="toy").published == []


def test_files_of_a_study_are_those_of_its_rows_each_once():
    made = studies()
    assert made.rows("evaluate", METRICS, "table3")["all"] == [
        f"results/thumos14/metrics/full/seed{seed}.json" for seed in (0, 1)
    ]
    assert len(made.files("evaluate", METRICS, "table3")) == 4
    assert made.split("table3") == "test"


def test_the_verbs_understand_what_they_are_given():
    table = read_study(studies().table("table3"), Study)
    assert (table.title, table.reference, list(table.rows)) == ("Main", "all", list(ROWS))
    assert all(len(row.metrics) == len(row.detections) == 2 for row in table.rows.values())
    sweep = read_study(studies().sweep("figure5b"), Sweep)
    assert [point.value for point in sweep.points] == [0.25, 0.5]
    curves = read_study(studies().class_loss(), LogStudy)
    assert curves.label("all") == "with ACE-dec"
    assert [str(path) for path in curves.rows["all"].logs] == studies().rows("train", LOG, "table3", ["all"])["all"]


def test_detections_are_left_out_where_videos_are_not_resampled():
    other = studies(evaluation={"definition": "thumos14"})
    assert all(row.detections is None for row in read_study(other.table("table3"), Study).rows.values())


def test_the_first_variant_of_each_preset_is_a_row_of_ours():
    assert studies().published_variants("table1") == ["full", "released"]
    rows = json.loads(studies().published_rows("table1"))
    assert [row["preset"] for row in rows] == ["paper", "released"]
    assert [row["description"] for row in rows] == studies().published_description_files("table1")
    assert [file for row in rows for file in row["metrics"]] == studies().published_metric_files("table1")
    assert studies().published_variants("table2") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"studies": {}},
        {"train": {"include_validation": True, "select": "last"}, "variants": {"full": {}}},
    ],
)
def test_no_class_loss_where_it_cannot_be_measured(changes):
    assert studies(**changes).logs_with_ace_dec() == {}
