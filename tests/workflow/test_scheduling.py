"""How often Snakemake looks for jobs to start."""

import re

from tiny_project import copy


def test_it_looks_when_a_job_ended_and_not_all_the_time(unrun, tmp_path):
    """While four trainings wait for the one core, at most twice for each job that ended."""
    project = copy(unrun, tmp_path)
    short = "overrides={train.epochs: 1, loss.ace_enc.first_stage_epochs: 1}"
    said = project.ok("snakemake", "--cores", "1", "--verbose", "train", "--config", "seeds=[0,1,2,3]", short)
    jobs = len(re.findall("Selected jobs: 1", said))
    assert jobs >= 9
    assert said.count("Ready jobs: ") <= 2 * (jobs + 1)
