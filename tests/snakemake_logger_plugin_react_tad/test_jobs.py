"""What is said of a job."""

import pytest

from snakemake_logger_plugin_react_tad.jobs import Job


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ("toy", "full, seed 0"),
        ("toy/folds/3", "full, seed 0, fold 3"),
        ("toy/folds/all", "full, seed 0, all folds"),
    ],
)
def test_jobs_of_folds_are_told_apart(dataset, said):
    job = Job("train_network", {"dataset": dataset, "variant": "full", "seed": "0"}, (), (), 0.0)
    assert (job.about, job.name) == (said, f"train_network ({said})")
