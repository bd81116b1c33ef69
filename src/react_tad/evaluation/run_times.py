"""What each step of the pipeline cost, from the benchmark files that Snakemake leaves for every job."""

from pathlib import Path

import pandas

FOLDER = "benchmarks"


def read_benchmarks(folder: Path) -> pandas.DataFrame:
    """One row a job: ``step``, and Snakemake's columns, among them ``s`` (wall seconds).

    A step's files are in a folder of its name, or it has one file, ``STEP.tsv`` or ``STEP_SPLIT.tsv``. Raises
    ValueError if there are none.
    """
    jobs = []
    for path in sorted(folder.rglob("*.tsv")):
        parts = path.relative_to(folder).parts
        if FOLDER in parts:  # of logs/toy/folds, which has such a folder for each fold
            parts = parts[parts.index(FOLDER) + 1 :]
        step = parts[0] if len(parts) > 1 else path.stem.partition("_")[0]
        jobs.append(pandas.read_csv(path, sep="\t", na_values="-").assign(step=step))
    if not jobs:
        raise ValueError(f"{folder} holds no benchmark files (*.tsv); Snakemake leaves them in logs/DATASET/benchmarks")
    return pandas.concat(jobs, ignore_index=True)


def shares(jobs: pandas.DataFrame) -> pandas.DataFrame:
    """By step, the most expensive first: ``jobs``, ``wall_s``, ``share`` of all wall time.

    Snakemake's CPU times and memory are left out. It takes them now and then: the end of every job is missed, and 50 MB
    were noted for one whose process had 287.
    """
    table = jobs.groupby("step").agg(jobs=("s", "size"), wall_s=("s", "sum"))
    table.insert(2, "share", table["wall_s"] / table["wall_s"].sum())
    return table.sort_values("wall_s", ascending=False)
