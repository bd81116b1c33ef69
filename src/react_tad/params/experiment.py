"""The parameters of an experiment: closed, typed, and resolved in one place.

A value comes from the last of these that names it:

1. the defaults below, which are the preset ``paper`` at the size of THUMOS14;
2. the preset (``paper`` or ``released``; every difference between the two is a row of ``PRESETS``);
3. the sections ``windows`` ... ``evaluation`` of ``params.yaml``;
4. the data set's own block under ``datasets`` in ``params.yaml``;
5. the command line (``snakemake --config overrides=...``);
6. the variant, a named set of overrides under ``variants`` in ``params.yaml``.

An unknown key at any of these levels is a :class:`ParameterError` that names it and the nearest right one.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from react_tad.params.evaluation import Evaluation
from react_tad.params.fusion import Fusion
from react_tad.params.inference import Inference
from react_tad.params.model import Model
from react_tad.params.objective import Loss, Matching
from react_tad.params.presets import PRESETS
from react_tad.params.section import (
    ParameterError,
    Section,
    canonical,
    flatten,
    known_keys,
    unflatten,
    unknown_key,
    validated,
)
from react_tad.params.soft_nms import SoftNms
from react_tad.params.train import Train
from react_tad.params.windows import Windows
from react_tad.params.yaml_files import read_yaml


class Params(Section):
    """One fully resolved experiment; ``react-tad params show`` prints one."""

    dataset: str = "thumos14"
    kind: str = "thumos14"
    """The module of the data set: that of its name, unless its block says another ``kind``."""
    preset: Literal["paper", "released"] = "paper"
    options: Mapping[str, Any] = {}
    """The data set's own options, checked by its module."""
    windows: Windows = Windows()
    model: Model = Model()
    matching: Matching = Matching()
    loss: Loss = Loss()
    train: Train = Train()
    inference: Inference = Inference()
    soft_nms: SoftNms = SoftNms()
    fusion: Fusion = Fusion()
    evaluation: Evaluation = Evaluation()


SECTIONS = ("windows", "model", "matching", "loss", "train", "inference", "soft_nms", "fusion", "evaluation")
"""The sections that ``params.yaml``, a data set's block and a variant may set."""

STEP_SECTIONS = {
    "fetch": ("dataset", "kind", "options"),
    "features": ("dataset", "kind", "options"),
    "windows": ("windows",),
    "train": ("model", "matching", "loss", "train"),
    "detect": ("inference",),
    "suppress": ("soft_nms", "fusion"),
    "evaluate": ("evaluation",),
}
"""What each step of the pipeline reads. An edit elsewhere does not make the step run again."""


CHOICES = ("dataset", "preset", "seeds", "study_seeds")
"""What can be chosen for one run besides the sections. ``study_seeds`` are used in place of each study's own."""
TOP_LEVEL = ("dataset", "preset", "seeds", *SECTIONS, "datasets", "variants", "studies")
STUDY_KEYS = ("title", "seeds", "base", "reference", "rows", "parameter", "values")


@dataclass(frozen=True)
class Resolved:
    """One variant's parameters and, for each dotted name, where its value comes from."""

    params: Params
    source: dict[str, str]

    def step(self, name: str, **extra: Any) -> str:
        """Canonical JSON of what step ``name`` reads (see ``STEP_SECTIONS``), with ``extra`` such as the seed."""
        dumped = self.params.model_dump(mode="json")
        read = {section: dumped[section] for section in STEP_SECTIONS[name]}
        return canonical(read | extra)


@dataclass(frozen=True)
class Study:
    """A table of rows, or a sweep over one parameter; each row is a variant named ``STUDY.ROW``."""

    name: str
    seeds: tuple[int, ...]
    rows: tuple[str, ...]
    title: str = ""
    reference: str | None = None
    """The row that a table's rows are compared with."""
    parameter: str | None = None
    """What a sweep varies."""
    values: tuple[float, ...] = ()


class Experiment:
    """``params.yaml``: what can be run. Validated whole when it is read."""

    def __init__(
        self, raw: Mapping[str, Any], *, overrides: Mapping[str, Any] | None = None, where: str = "params.yaml"
    ):
        for key in raw:
            if key not in TOP_LEVEL:
                raise unknown_key(key, TOP_LEVEL, where)
        self.where = where
        self.raw = dict(raw)
        for key in CHOICES:
            if overrides and key in overrides:
                self.raw[key] = overrides[key]
        self.overrides = {key: value for key, value in flatten(overrides or {}) if key.split(".")[0] in SECTIONS}
        for key, _ in flatten(overrides or {}):
            if key.split(".")[0] not in (*SECTIONS, *CHOICES):
                raise unknown_key(key, (*CHOICES, *known_keys(Params)), "overrides")
        self.dataset = self._name("dataset", "datasets")
        self.seeds = self._seeds(self.raw.get("seeds"), "seeds")
        self.main = tuple(self._mapping("variants"))
        if not self.main:
            raise ParameterError(f"{where}: variants is empty; give at least one, such as 'full: {{}}'")
        self._overrides = {name: (override, f"variants.{name}") for name, override in self._mapping("variants").items()}
        self.studies = {name: self._study(name) for name in self._mapping("studies")}
        self.variants = {name: self.resolve(name) for name in self._overrides}
        for other in self._mapping("datasets"):
            if other != self.dataset:  # a misspelt key fails even where it is not used now
                self._resolve("paper", other, {}, f"datasets.{other}")

    @classmethod
    def read(cls, path: str | Path, overrides: Mapping[str, Any] | None = None) -> "Experiment":
        """Read and validate a ``params.yaml``.

        Among the overrides may be ``options``, or single ones as ``options.NAME``: they come before those of the chosen
        data set's block.
        """
        raw, others = read_yaml(path), dict(overrides or {})
        options = dict(others.pop("options", None) or {})
        for key in [key for key in others if key.startswith("options.")]:
            options[key.removeprefix("options.")] = others.pop(key)
        if options:
            raw = with_options(raw, others.get("dataset", raw.get("dataset")), options)
        return cls(raw, overrides=others, where=str(path))

    def kind(self, dataset: str) -> str:
        """Name of the module of a data set: its block's ``kind``, or its own name."""
        kind = (self._mapping("datasets")[dataset] or {}).get("kind", dataset)
        if not isinstance(kind, str):
            raise ParameterError(
                f"{self.where}: datasets.{dataset}.kind = {kind!r} should be the name of a kind of data sets, such as "
                "custom"
            )
        return kind

    def _mapping(self, key: str) -> dict[str, Any]:
        value = self.raw.get(key) or {}
        if not isinstance(value, Mapping):
            raise ParameterError(f"{self.where}: {key} = {value!r} should be a mapping of names")
        return dict(value)

    def _name(self, key: str, among: str) -> str:
        name, known = self.raw.get(key), self._mapping(among)
        if name not in known:
            raise ParameterError(f"{self.where}: {key} = {name!r} is not one of {among}: {', '.join(known)}")
        return name

    def _seeds(self, seeds: Any, key: str) -> tuple[int, ...]:
        good = isinstance(seeds, list) and seeds and all(type(seed) is int and seed >= 0 for seed in seeds)
        if not good or len(set(seeds)) != len(seeds):
            raise ParameterError(f"{self.where}: {key} = {seeds!r} should be a list of distinct integers >= 0")
        return tuple(seeds)

    def _study(self, name: str) -> "Study":
        """Read one study; its rows become variants named ``STUDY.ROW``, each on top of the study's ``base``."""
        block, where = self._mapping("studies")[name], f"{self.where}, studies.{name}"
        for key in block or ():
            if key not in STUDY_KEYS:
                raise unknown_key(key, STUDY_KEYS, where)
        if not isinstance(block, Mapping) or ("rows" in block) == ("parameter" in block):
            raise ParameterError(f"{where}: should have either rows and a reference, or a parameter and its values")
        key = "study_seeds" if "study_seeds" in self.raw else f"studies.{name}.seeds"
        seeds = self._seeds(self.raw.get("study_seeds", block.get("seeds")), key)
        title, base = block.get("title") or "", block.get("base") or {}
        if not isinstance(title, str):
            raise ParameterError(f"{where}: title = {title!r} should be a text")
        if not isinstance(base, Mapping):
            raise ParameterError(f"{where}: base = {base!r} should be a mapping of overrides")
        if "rows" in block:
            if not isinstance(block["rows"], Mapping):
                raise ParameterError(f"{where}: rows = {block['rows']!r} should be a mapping of names to overrides")
            rows = {str(row): override or {} for row, override in block["rows"].items()}
            reference = block.get("reference")
            if reference not in rows:
                raise ParameterError(f"{where}: reference = {reference!r} should be one of its rows: {', '.join(rows)}")
            study = Study(name, seeds, tuple(rows), title, reference=reference)
        else:
            parameter, values = block.get("parameter"), block.get("values")
            if parameter not in known_keys(Params):
                raise unknown_key(str(parameter), known_keys(Params), f"{where}, parameter")
            numbers = isinstance(values, list) and values and all(type(value) in (int, float) for value in values)
            if not numbers or len({f"{value:g}" for value in values}) < len(values):
                raise ParameterError(
                    f"{where}: values = {values!r} should be a list of distinct numbers for {parameter}"
                )
            rows = {f"{value:g}": {parameter: value} for value in values}
            study = Study(name, seeds, tuple(rows), title, parameter=parameter, values=tuple(values))
        for row, override in rows.items():
            if not isinstance(override, Mapping):
                raise ParameterError(f"{where}: {row} = {override!r} should be a mapping of overrides")
            self._overrides[f"{name}.{row}"] = (dict(flatten(base)) | dict(flatten(override)), f"studies.{name}.{row}")
        return study

    @property
    def runs(self) -> dict[str, tuple[int, ...]]:
        """The seeds that each variant is run with: those of ``seeds`` for ``variants``, its study's for a row."""
        of_rows = {f"{study.name}.{row}": study.seeds for study in self.studies.values() for row in study.rows}
        return dict.fromkeys(self.main, self.seeds) | of_rows

    def resolve(self, variant: str) -> Resolved:
        """Parameters of a named variant, or of a study's row ``STUDY.ROW``, for the chosen data set."""
        if variant not in self._overrides:
            nearest = difflib.get_close_matches(variant, self._overrides, n=1, cutoff=0.0)[0]
            raise ParameterError(f"{self.where}: no variant '{variant}'. Did you mean '{nearest}'?")
        override, where = self._overrides[variant]
        override = dict(override or {})
        preset = override.pop("preset", self.raw.get("preset", "paper"))
        return self._resolve(preset, self.dataset, override, where)

    def _resolve(self, preset: str, dataset: str, override: Mapping[str, Any], name: str) -> Resolved:
        if preset not in PRESETS:
            raise ParameterError(f"{self.where}: preset = {preset!r} should be one of {', '.join(PRESETS)}")
        block = self._mapping("datasets").get(dataset) or {}
        layers = (
            (f"preset {preset}", PRESETS[preset]),
            (self.where, {key: self.raw[key] for key in SECTIONS if self.raw.get(key)}),
            (f"datasets.{dataset}", {key: value for key, value in block.items() if key != "kind"}),
            ("command line", self.overrides),
            (name, override),
        )
        known = known_keys(Params)
        values: dict[str, Any] = {"dataset": dataset, "kind": self.kind(dataset), "preset": preset}
        of_kind = f"datasets.{dataset}" if "kind" in block else self.where
        source = dict.fromkeys(known, "default") | {"dataset": self.where, "kind": of_kind, "preset": name}
        for where, layer in layers:
            for key, value in flatten(layer):
                if key not in known or key in ("dataset", "kind", "preset"):
                    raise unknown_key(key, known, f"{self.where}, {where}" if where != self.where else where)
                values[key] = value
                source[key] = where
        params = validated(Params, unflatten(values), f"{self.where}, {name}")
        check_consistent(params, f"{self.where}, {name}")
        return Resolved(params, source)


def with_options(raw: Mapping[str, Any], dataset: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a ``params.yaml`` with some of a data set's own options replaced; one that is not there is left to
    :class:`Experiment` to refuse.
    """
    blocks = raw.get("datasets")
    if not isinstance(blocks, Mapping) or dataset not in blocks:
        return dict(raw)
    block = blocks[dataset] or {}
    changed = {**block, "options": {**(block.get("options") or {}), **options}}
    return {**raw, "datasets": {**blocks, dataset: changed}}


def check_consistent(params: Params, where: str) -> None:
    """Refuse combinations of values that are right one by one and wrong together."""
    model, windows, train = params.model, params.windows, params.train
    if model.dim % model.heads:
        raise ParameterError(f"{where}: model.dim = {model.dim} is not a multiple of model.heads = {model.heads}")
    if windows.stride > windows.length:
        raise ParameterError(
            f"{where}: windows.stride = {windows.stride} is larger than windows.length = {windows.length}: "
            "snippets between windows would never be seen"
        )
    if train.include_validation and train.select == "best_validation":
        raise ParameterError(f"{where}: train.include_validation needs train.select: last, not best_validation")
    if not (params.loss.classification.query or params.loss.classification.ground_truth):
        raise ParameterError(
            f"{where}: loss.classification.query and .ground_truth are both off: nothing trains the classes"
        )
    if params.fusion.enabled and not params.fusion.scores:
        raise ParameterError(f"{where}: fusion.enabled needs fusion.scores, the file of the video-level class scores")
    ace = params.loss.ace_enc
    if ace.enabled and not (ace.positives and ace.negatives):
        raise ParameterError(f"{where}: loss.ace_enc needs positives and negatives; turn it off by enabled: false")
    for name, span in (("inner_iou", ace.inner_iou), ("inner_iou_long", ace.inner_iou_long)):
        if span and span[0] > span[1]:
            raise ParameterError(f"{where}: loss.ace_enc.{name} = {list(span)} should be [lowest IoU, highest IoU]")
    if ace.enabled and ace.stage == "first" and ace.position == "after":
        raise ParameterError(
            f"{where}: loss.ace_enc.stage: first trains the input projection only; position must be before"
        )
