"""From the studies of ``params.yaml`` to what the rules of ``rules/paper.smk`` ask for.

A row of a study is a variant STUDY.ROW with the seeds of its study; ``common.smk`` says where the files of a run are.
"""

from react_tad.paper.numbers import TABLES as PAPER_TABLES

TABLES = [study.name for study in experiment.studies.values() if study.reference]
SWEEPS = [study.name for study in experiment.studies.values() if study.parameter]
PUBLISHED = [
    name
    for name in ("table1", "table2")
    if PAPER_TABLES[name].is_of(experiment.dataset)
]
"""The paper's comparison with other methods on this data set."""
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


def published_variants(table):
    """Variants that are a row of ours in Table 1 or 2: the first of each preset; none if the data set is another."""
    if not PAPER_TABLES[table].is_of(experiment.dataset):
        return []
    resolved = {name: experiment.variants[name].params for name in experiment.main}
    presets = {params.preset: name for name, params in reversed(resolved.items())}
    return [name for name in resolved if name in presets.values()]


def metrics_of_published(wildcards):
    """Metrics of the rows of ours in a table that other methods are in too."""
    return [
        of_run("evaluate", METRICS, variant, seed)
        for variant in published_variants(wildcards.published)
        for seed in experiment.seeds
    ]


def descriptions_of_published(wildcards):
    """What the networks of these rows are: ``model.json`` of the first seed."""
    pattern = "{place}/models/{variant}/seed{seed}/model.json"
    return [
        of_run("train", pattern, variant, experiment.seeds[0])
        for variant in published_variants(wildcards.published)
    ]


def published_rows(wildcards):
    """The rows of ours, as ``react-tad published`` reads them."""
    descriptions = descriptions_of_published(wildcards)
    variants = published_variants(wildcards.published)
    rows = [
        {
            "preset": experiment.variants[variant].params.preset,
            "window": experiment.variants[variant].params.windows.length,
            "description": description,
            "metrics": [
                of_run("evaluate", METRICS, variant, seed) for seed in experiment.seeds
            ],
        }
        for variant, description in zip(variants, descriptions)
    ]
    return json.dumps(rows)


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
