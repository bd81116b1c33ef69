"""From the studies of ``params.yaml`` to the files that they need and their descriptions for the verbs.

A row of a study is a variant STUDY.ROW with the seeds of its study; ``variants.py`` says where the files of a run are.
"""

import json
from collections.abc import Iterable

from react_tad.paper.numbers import TABLES as PAPER_TABLES
from variants import DESCRIPTION, DETECTIONS, LOG, METRICS, RAW, WEIGHTS, Variants

WITH_ACE_DEC = {"all": "with ACE-dec", "without_ace_dec": "without ACE-dec"}
"""The rows of Table 3 that Figure S3 compares."""

TARGETS = ("table3", "presets")
"""Studies whose targets stand in the rules."""


class Studies:
    """The studies of an experiment."""

    def __init__(self, variants: Variants):
        self.variants, self.experiment = variants, variants.experiment
        studies = self.experiment.studies.values()
        self.tables = [study.name for study in studies if study.reference]
        self.sweeps = [study.name for study in studies if study.parameter]
        self.published = [name for name in ("table1", "table2") if self._is_published(name, self.variants.folds.chosen)]
        """The paper's comparison with other methods on this data set."""

    def regular(self, names: Iterable[str]) -> list[str]:
        """Those of some studies that are not made on request only."""
        return [name for name in names if not self.experiment.studies[name].on_request]

    @property
    def by_their_names(self) -> list[str]:
        """Studies whose names are targets, those of other data sets among them, which are refused when asked for."""
        names = [*self.experiment.studies, *self.experiment.elsewhere]
        return [name for name in names if name not in TARGETS]

    @property
    def on_request(self) -> list[str]:
        """Studies that are made where they are asked for by their names, as far as this data set can have them."""
        there = self.variants.folds.there
        studies = self.experiment.studies.items()
        return [name for name, study in studies if study.on_request and (there or not study.folds)]

    def place(self, name: str, dataset: str | None = None) -> str:
        """What a study is measured on: the data set that its table is of, or all folds of that together."""
        dataset = dataset or self.variants.folds.chosen
        over_folds = self.experiment.studies[name].folds and dataset == self.experiment.dataset
        return self.variants.folds.pooled if over_folds else dataset

    def rows(
        self, step: str, pattern: str, name: str, rows: Iterable[str] | None = None, dataset: str | None = None
    ) -> dict[str, list[str]]:
        """Files of a study's rows, or of those among ``rows``, by row: one a seed, or a seed and fold."""
        study, held, place = self.experiment.studies[name], self.variants.held, self.place(name, dataset)
        return {
            row: [file for seed in study.seeds for file in held(step, pattern, f"{name}.{row}", seed, place)]
            for row in rows or study.rows
        }

    def files(self, step: str, pattern: str, name: str, dataset: str | None = None) -> list[str]:
        """The files of all rows of a study, each once."""
        rows = self.rows(step, pattern, name, dataset=dataset)
        return list(dict.fromkeys(file for files in rows.values() for file in files))

    @property
    def run_files(self) -> list[str]:
        """All files of the runs that only studies need, each once."""
        made = {
            "train": (WEIGHTS, DESCRIPTION, LOG),
            "detect": (RAW,),
            "suppress": (DETECTIONS,),
            "evaluate": (METRICS,),
        }
        runs, file, folds = self.variants.all_runs, self.variants.files, self.variants.folds
        files = [path for step in made for pattern in made[step] for path in file(step, pattern, runs)]
        places = tuple(f"results/{name}/studies/" for name in folds.making("evaluate", folds.chosen))
        return [path for path in files if path.startswith(places)]

    def split(self, name: str, dataset: str | None = None) -> str:
        """The split that a study is evaluated on."""
        return self.variants.split(f"{name}.{self.experiment.studies[name].rows[0]}")

    def measured(self, name: str, dataset: str | None = None) -> dict[str, dict[str, list[str]]]:
        """The files of each row of a study, as ``react-tad table`` and ``sweep`` read them.

        Recordings are resampled for one definition of average precision only; with another, detections are left out.
        """
        metrics = self.rows("evaluate", METRICS, name, dataset=dataset)
        detections = self.rows("suppress", DETECTIONS, name, dataset=dataset)
        files = {}
        for row in metrics:
            evaluation = self.experiment.variants[f"{name}.{row}"].params.evaluation
            files[row] = {"metrics": metrics[row]}
            if evaluation.definition == "activitynet":
                files[row]["detections"] = detections[row]
        return files

    def table(self, name: str, dataset: str | None = None) -> str:
        """A table, as ``react-tad table`` reads it."""
        study = self.experiment.studies[name]
        about = {"name": study.name, "title": study.title, "reference": study.reference}
        return json.dumps(about | {"rows": self.measured(name, dataset)})

    def sweep(self, name: str, dataset: str | None = None) -> str:
        """A sweep, as ``react-tad sweep`` reads it."""
        study = self.experiment.studies[name]
        about = {"name": study.name, "title": study.title, "parameter": study.parameter}
        measured = zip(study.values, self.measured(name, dataset).values(), strict=True)
        return json.dumps(about | {"points": [{"value": value} | files for value, files in measured]})

    def _is_published(self, table: str, dataset: str) -> bool:
        """Whether a table of the paper is of this data set, with its published splits."""
        return dataset == self.experiment.dataset and PAPER_TABLES[table].is_of(dataset)

    def published_variants(self, table: str, dataset: str | None = None) -> list[str]:
        """Variants that are a row of ours in Table 1 or 2: the first of each preset; none if the data set is
        another.
        """
        if not self._is_published(table, dataset or self.variants.folds.chosen):
            return []
        resolved = {name: self.experiment.variants[name].params for name in self.experiment.main}
        presets = {params.preset: name for name, params in reversed(resolved.items())}
        return [name for name in resolved if name in presets.values()]

    def published_metrics(self, table: str, dataset: str | None = None) -> dict[str, list[str]]:
        """Metrics of these variants, one a seed."""
        file, seeds = self.variants.file, self.experiment.seeds
        return {
            variant: [file("evaluate", METRICS, variant, seed, dataset) for seed in seeds]
            for variant in self.published_variants(table, dataset)
        }

    def published_metric_files(self, table: str, dataset: str | None = None) -> list[str]:
        """The same in one list."""
        return [file for files in self.published_metrics(table, dataset).values() for file in files]

    def published_description_files(self, table: str, dataset: str | None = None) -> list[str]:
        """What their networks are: ``training.json`` of the first seed, in the same order."""
        seed, variants = self.experiment.seeds[0], self.published_variants(table, dataset)
        return [self.variants.file("train", DESCRIPTION, name, seed, dataset) for name in variants]

    def published_rows(self, table: str, dataset: str | None = None) -> str:
        """The rows of ours, as ``react-tad published`` reads them."""
        rows = []
        measured = self.published_metrics(table, dataset)
        descriptions = self.published_description_files(table, dataset)
        for (variant, metrics), description in zip(measured.items(), descriptions, strict=True):
            params = self.experiment.variants[variant].params
            about = {"preset": params.preset, "window": params.windows.length}
            rows.append(about | {"description": description, "metrics": metrics})
        return json.dumps(rows)

    def logs_with_ace_dec(self, dataset: str | None = None) -> dict[str, list[str]]:
        """Training logs with and without ACE-dec, by row of Table 3.

        Empty where one of the rows is missing, or leaves no validation recordings to measure the loss on.
        """
        variants = [f"table3.{row}" for row in WITH_ACE_DEC]
        if not set(variants) <= self.experiment.variants.keys():
            return {}
        if any(self.experiment.variants[variant].params.train.include_validation for variant in variants):
            return {}
        return self.rows("train", LOG, "table3", WITH_ACE_DEC, dataset)

    def class_loss_files(self, dataset: str | None = None) -> list[str]:
        """The same in one list."""
        return [log for logs in self.logs_with_ace_dec(dataset).values() for log in logs]

    def class_loss(self, dataset: str | None = None) -> str:
        """Figure S3, as ``react-tad class-loss`` reads it."""
        logs = self.logs_with_ace_dec(dataset)
        rows = {row: {"label": WITH_ACE_DEC[row], "logs": own} for row, own in logs.items()}
        return json.dumps({"name": "figureS3", "title": "Validation classification loss", "rows": rows})
