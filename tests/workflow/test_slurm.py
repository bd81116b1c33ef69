"""The same workflow on a cluster: profiles/slurm on a Slurm that is started on this machine, with a job cancelled.

One run is looked at by several tests. It is the command of docs/cluster.md for a cluster without accounting; the other
options only make Snakemake look more often.
"""

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import slurm_here
from ruamel.yaml import YAML
from tiny_project import AGGREGATES, ROOT, Project, copy, finished

pytestmark = pytest.mark.workflow

COMMAND = ("snakemake", "--profile", "profiles/slurm", "--slurm-status-command", "squeue")
OFTEN = (
    "--slurm-init-seconds-before-status-checks",
    "2",
    "--seconds-between-status-checks",
    "2",
    "--latency-wait",
    "10",
)
EPOCHS = 6 + 8
"""Epochs of the tiny project's training, the contrastive ones first."""
TRAINING = "rule_train_network_wildcards_toy_full_0"
ALONE = {
    *("train_network", "train_study_network", "draw_relations", "record_provenance", "detect_with_released_weights"),
    *("fetch_own_recordings", "compute_own_features", "extract_features", "import_released_weights"),
    "compute_fold_features",
}
"""Rules whose jobs are not put together with others."""
HERE = {"fetch_recordings", "fetch_released_weights"}
"""Rules that run where Snakemake runs, since the nodes may have no internet."""


@dataclass(frozen=True)
class Job:
    """What ``squeue`` says of a job."""

    number: str
    comment: str
    state: str
    partition: str
    cores: str
    memory: str
    minutes: str
    gpus: str


@dataclass(frozen=True)
class Run:
    """A workflow that ran on Slurm to its end."""

    project: Project
    output: str
    jobs: list[Job]


@pytest.fixture(scope="module")
def slurm():
    """A Slurm on this machine, whose commands work in this process."""
    reason = slurm_here.missing()
    if reason:
        pytest.skip(reason)
    with slurm_here.running() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setenv("SBATCH_PARTITION", "all")
        yield


@pytest.fixture(scope="module")
def on_slurm(slurm, unrun, tmp_path_factory) -> Run:
    """The tiny project, run on Slurm to its metrics; its training was cancelled after it had left a checkpoint."""
    project = copy(unrun, tmp_path_factory.mktemp("on_slurm"))
    log = project.folder.parent / "output.txt"
    with log.open("w") as output:
        process = project.start(*COMMAND, *OFTEN, "evaluate", stdout=output, stderr=output)
        try:
            cancel_in_training(project, process)
            process.wait(timeout=600)
        finally:
            process.terminate()
            process.wait()
    assert process.returncode == 0, log.read_text()
    return Run(project, log.read_text(), queue())


def queue() -> list[Job]:
    """All jobs, those that ended too, in the order in which they came."""
    columns = ("JobID", "Comment", "State", "Partition", "NumCPUs", "MinMemory", "TimeLimit", "tres-per-job")
    options = ("--states=all", "--noheader", "--sort=i", "--Format", ",".join(f"{column}:|" for column in columns))
    done = subprocess.run(["squeue", *options], capture_output=True, text=True, check=True)
    return [Job(*line.split("|")[: len(columns)]) for line in done.stdout.splitlines()]


def cancel_in_training(project: Project, process: subprocess.Popen) -> None:
    """Cancel the job of the training as soon as it has left a checkpoint."""
    checkpoints = project.folder / "results/checkpoints/toy/full/seed0"
    deadline = time.monotonic() + 300
    while not any(file.is_file() for file in checkpoints.rglob("*")):
        assert process.poll() is None and time.monotonic() < deadline, queue()
        time.sleep(0.01)
    (job,) = [job for job in queue() if job.comment == TRAINING]
    subprocess.run(["scancel", job.number], check=True)
    assert not (project.folder / "results/toy/trained/full/seed0/model.safetensors").exists()


def test_results_are_the_same_bytes_as_of_a_local_run(on_slurm, run):
    assert on_slurm.project.results() == run.results()
    assert on_slurm.project.planned("evaluate") == {}


def test_a_cancelled_training_is_submitted_again_and_goes_on_from_its_checkpoint(on_slurm):
    cancelled, again = [job for job in on_slurm.jobs if job.comment == TRAINING]
    assert (cancelled.state, again.state) == ("CANCELLED", "COMPLETED")
    assert "SLURM status is: 'CANCELLED'" in on_slurm.output
    log = (on_slurm.project.folder / "logs/toy/train/full_seed0.txt").read_text()  # of the second job
    epochs = [int(epoch) for epoch in re.findall(rf"\b(\d+)/{EPOCHS}\b", log)]
    assert 1 < min(epochs) <= max(epochs) == EPOCHS


def test_short_steps_share_jobs(on_slurm):
    comments = [job.comment for job in on_slurm.jobs if job.comment != TRAINING]
    assert comments == [
        "rule_recordings_compute_features_cut_windows",
        "rule_detections_detect_segments",
        "rule_measurements_evaluate_detections_suppress_duplicates",
        "rule_pages_package_model_summarize_metrics",
    ]
    assert finished(on_slurm.output)["evaluate_detections"] == 2


def test_slurm_is_asked_for_what_the_steps_declare(on_slurm):
    jobs = {job.comment.split("_")[1]: job for job in on_slurm.jobs if job.state != "CANCELLED"}
    assert {job.partition for job in on_slurm.jobs} == {"all"}
    assert {job.cores for job in on_slurm.jobs} == {"1"}
    assert jobs["train"].memory == "8000M"  # the second attempt
    assert jobs["train"].minutes == "1-00:00:00"
    assert jobs["measurements"].memory == "4000M"
    assert jobs["measurements"].minutes == "1:00:00"  # one after another: two suppressions and two evaluations


def test_a_network_on_a_gpu_is_one_of_many_jobs_with_one_gpu_each(slurm, on_slurm, tmp_path):
    project = copy(on_slurm.project, tmp_path)
    before = {job.number for job in queue()}
    targets = [f"results/toy/trained/full/seed{seed}/model.safetensors" for seed in (1, 2)]
    options = ("--config", "device=cuda", "seeds=[1,2]")
    process = project.start(*COMMAND, *OFTEN, "--retries", "0", *options, "--", *targets)
    try:
        jobs = wait_for_jobs(before, 2, process)
    finally:
        process.terminate()
        for job in queue():
            if job.number not in before:
                subprocess.run(["scancel", job.number], check=True)
        process.wait()
    assert [job.gpus for job in jobs] == ["gres:gpu:1"] * 2


def wait_for_jobs(before: set[str], count: int, process: subprocess.Popen) -> list[Job]:
    """Wait for so many jobs that were not there before."""
    deadline = time.monotonic() + 120
    while len(jobs := [job for job in queue() if job.number not in before]) < count:
        assert process.poll() is None and time.monotonic() < deadline, jobs
        time.sleep(0.2)
    return jobs


def test_every_rule_has_a_place_in_the_profile():
    profile = YAML(typ="safe").load(ROOT / "profiles/slurm/config.yaml")
    files = [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    found = re.findall(r"^ *(?:use rule \w+ as|rule) (\w+)", "\n".join(map(Path.read_text, files)), re.MULTILINE)
    assert set(profile["groups"]) | ALONE | HERE == set(found) - AGGREGATES
    assert set(profile["group-components"]) == set(profile["groups"].values())
    assert set(profile["set-resources"]) <= set(found)
