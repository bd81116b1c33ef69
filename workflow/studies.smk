"""From the studies of ``params.yaml`` to what the rules of ``rules/paper.smk`` ask for.

A row of a study is a variant STUDY.ROW with the seeds of its study; ``common.smk`` says where the files of a run are.
"""

TABLES = [study.name for study in experiment.studies.values() if study.reference]
SWEEPS = [study.name for study in experiment.studies.values() if study.parameter]
WITH_ACE_DEC = {"all": "with ACE-dec", "without_ace_dec": "without ACE-dec"}


def of_rows(step, pattern, name, rows=None):
    """Files of a study's rows, or of those among ``rows``, by row: one a seed."""
    study = experiment.studies[name]
    return {
        row: [of_run(step, pattern, f"{name}.{row}", seed) for seed in study.seeds]
        for row in rows or study.rows
    }


def of_study(step, pattern, wildcard):
    """Input function: the files of all rows of the study that the job's ``wildcard`` names, each once."""

    def of_job(wildcards):
        rows = of_rows(step, pattern, wildcards[wildcard]).values()
        return list(dict.fromkeys(file for files in rows for file in files))

    return of_job


def measured(name):
    """The files of each row of a study, as ``react-tad table`` and ``sweep`` read them.

    Recordings are resampled for one definition of average precision only; with another, detections are left out.
    """
    metrics = of_rows("evaluate", METRICS, name)
    detections = of_rows("suppress", DETECTIONS, name)
    files = {}
    for row in metrics:
        evaluation = experiment.variants[f"{name}.{row}"].params.evaluation
        files[row] = {"metrics": metrics[row]}
        if evaluation.definition == "activitynet":
            files[row]["detections"] = detections[row]
    return files


def table_study(wildcards):
    """A table, as ``react-tad table`` reads it."""
    study = experiment.studies[wildcards.table]
    about = {"name": study.name, "title": study.title, "reference": study.reference}
    return json.dumps(about | {"rows": measured(study.name)})


def sweep_study(wildcards):
    """A sweep, as ``react-tad sweep`` reads it."""
    study = experiment.studies[wildcards.sweep]
    about = {"name": study.name, "title": study.title, "parameter": study.parameter}
    points = [
        {"value": value} | files
        for value, files in zip(study.values, measured(study.name).values())
    ]
    return json.dumps(about | {"points": points})


def study_subset(wildcards):
    """The split that a study is evaluated on."""
    study = experiment.studies[wildcards.get("table") or wildcards.sweep]
    return evaluated_split(f"{study.name}.{study.rows[0]}")


def with_ace_dec():
    """Training logs with and without ACE-dec, by row of Table 3.

    Empty where one of the rows is missing, or leaves no validation recordings to measure the loss on.
    """
    variants = [f"table3.{row}" for row in WITH_ACE_DEC]
    if not set(variants) <= experiment.variants.keys():
        return {}
    resolved = [experiment.variants[variant].params for variant in variants]
    if any(params.train.include_validation for params in resolved):
        return {}
    return of_rows("train", LOG, "table3", WITH_ACE_DEC)


def class_loss_study(wildcards):
    """Figure S3, as ``react-tad class-loss`` reads it."""
    rows = {
        row: {"label": WITH_ACE_DEC[row], "logs": logs}
        for row, logs in with_ace_dec().items()
    }
    return json.dumps(
        {"name": "figureS3", "title": "Validation classification loss", "rows": rows}
    )
