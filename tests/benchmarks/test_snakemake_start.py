"""What the start of Snakemake is measured on."""

import sys
from pathlib import Path

from react_tad.files import parse_yaml
from react_tad.params.experiment import Experiment

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import snakemake_start

ROOT = snakemake_start.ROOT


def test_each_variant_is_trained_on_its_own():
    text = snakemake_start.many_variants((ROOT / "params.yaml").read_text(encoding="utf-8"), 100, 10)
    experiment = Experiment(parse_yaml(text, "params.yaml"))
    assert (len(experiment.main), len(experiment.seeds)) == (100, 10)
    assert len({experiment.resolve(name).params.train.weight_decay for name in experiment.main}) == 100
    assert experiment.studies


def test_jobs_are_those_of_the_total():
    printed = "job       count\n--------  -----\ntrain       64\ntotal      310\n\nSome text: total 5\n"
    assert snakemake_start.jobs(printed) == 310
    assert snakemake_start.jobs("Nothing to be done\n") == 0
