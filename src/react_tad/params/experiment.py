"""The parameters of an experiment: closed, typed, and resolved in one place.

A value comes from the last of these that names it:

1. the defaults below, which are the preset ``paper`` at the size of THUMOS14;
2. the preset: a variant's, the command line's, the data set's block's, or that of ``params.yaml``; every difference
   between presets is a row of ``PRESETS``;
3. the sections ``windows`` ... ``evaluation`` of ``params.yaml``;
4. the data set's own block under ``datasets`` in ``params.yaml``;
5. the command line (``snakemake --config overrides=...``);
6. the variant, a named set of overrides under ``variants`` in ``params.yaml``.

An unknown key at any of these levels is a :class:`ParameterError` that names it and the nearest right one. A value of 3
that 4 replaces by another is one too, and so is one of 5 that every variant replaces: it would change nothing.

The file is checked whole as it stands: blocks of data sets that are not chosen, and rows of studies, too. What the
command line changes is checked for the chosen data set and its variants; a row of a study that does not go together
with it is an error once that study is asked for.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from react_tad.params.evaluation import Evaluation
from react_tad.params.folds import EXAMPLE, Folds, read_folds
from react_tad.params.fusion import Fusion
from react_tad.params.inference import Inference
from react_tad.params.model import Model
from react_tad.params.objective import Loss, Matching
from react_tad.params.presets import PRESETS
from react_tad.params.section import (
    ParameterError,
    Section,
    canonical,
    check_plain,
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
    preset: Literal["paper", "released", "recommended"] = "paper"
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
    "package": ("dataset", "kind", "preset", "options", "windows", "inference", "soft_nms", "fusion"),
}
"""What each step of the pipeline reads. An edit elsewhere does not make the step run again."""


CHOICES = ("dataset", "preset", "seeds", "study_seeds", "folds")
"""What can be chosen for one run besides the sections. ``study_seeds`` are used in place of each study's own; ``folds:
true`` runs everything over the folds of the data set."""
TOP_LEVEL = ("dataset", "preset", "seeds", *SECTIONS, "datasets", "variants", "studies")
STUDY_KEYS = (
    *("title", "seeds", "base", "reference", "rows", "parameter", "values"),
    *("dataset", "on_request", "folds"),
)
OF_BLOCK = ("kind", "preset", "folds")
"""What a data set's block says besides sections and options."""
DEFAULT_PRESET = "paper"
MAX_SEED = 2**32


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
    dataset: str | None = None
    """The only data set that it is a study of; None: of any."""
    on_request: bool = False
    """Made where it is asked for by its name, and not among all studies."""
    folds: bool = False
    """Run over the folds of the data set, whether everything else is or not."""


class Usable(dict[str, Resolved]):
    """Variants by name. One that cannot be used is not in it; asking for it raises what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: dict[str, ParameterError] = {}

    def __missing__(self, name: str) -> Resolved:
        raise self.faults.get(name, KeyError(name))


class Experiment:
    """``params.yaml``: what can be run. Validated whole when it is read."""

    def __init__(
        self, raw: Mapping[str, Any], *, overrides: Mapping[str, Any] | None = None, where: str = "params.yaml"
    ):
        check_plain(raw, where)
        for key in raw:
            if key not in TOP_LEVEL:
                raise unknown_key(key, TOP_LEVEL, where)
        overrides = dict(overrides or {})
        check_plain(overrides, "command line")
        self.where = where
        self.chosen = {key: overrides.pop(key) for key in CHOICES if key in overrides}
        self.raw = {**raw, **self.chosen}
        self.overrides = {}
        for key, value in flatten(overrides, where="command line"):
            if key.split(".")[0] not in SECTIONS:
                raise unknown_key(key, (*CHOICES, *known_keys(Params)), "overrides")
            self.overrides[key] = value
        self.dataset = self._name("dataset", "datasets")
        self.seeds = self._seeds(self.raw.get("seeds"), "seeds")
        self.main = tuple(self._mapping("variants"))
        if not self.main:
            raise ParameterError(f"{where}: variants is empty; give at least one, such as 'full: {{}}'")
        self._overrides = {name: (override, f"variants.{name}") for name, override in self._mapping("variants").items()}
        self.folds = self._folds_of_all()[self.dataset]
        self.folded = self._folded()
        studies = {name: self._study(name) for name in self._mapping("studies")}
        self.studies = {name: study for name, study in studies.items() if study.dataset in (None, self.dataset)}
        self.elsewhere = {name: study for name, study in studies.items() if name not in self.studies}
        """Studies of other data sets."""
        self.variants = self._resolve_all()
        self._check_no_override_is_lost()

    def _resolve_all(self) -> Usable:
        """Check the file as it stands, then resolve what the command line makes of it."""
        for other in self._mapping("datasets"):
            if other != self.dataset:
                self._resolve_override({}, f"datasets.{other}", other, {})
        usable = Usable()
        for name in self._overrides:
            if study := self._study_elsewhere(name):
                override, where = self._overrides[name]
                self._resolve_override(override, where, study.dataset, {})
                usable.faults[name] = self.not_here(study)
                continue
            if not self.overrides or name in self.main:
                usable[name] = self.resolve(name)
                continue
            self._resolve_variant(name, {})
            try:
                usable[name] = self.resolve(name)
            except ParameterError as error:
                usable.faults[name] = error
        return usable

    def _folds_of_all(self) -> dict[str, Folds | None]:
        """The folds of every data set that there is a block of."""
        return {
            name: read_folds(block, f"{self.where}, datasets.{name}")
            for name, block in self._mapping("datasets").items()
        }

    def _folded(self) -> bool:
        """Whether everything is run over the folds."""
        folded = self.raw.get("folds", False)
        if not isinstance(folded, bool):
            raise ParameterError(f"{self._of('folds')}: folds = {folded!r} should be true or false")
        if folded and self.folds is None:
            raise self.without_folds()
        return folded

    def without_folds(self) -> ParameterError:
        """The error for folds of a data set that has none."""
        return ParameterError(
            f"{self.where}: the data set {self.dataset} has no folds; say in its block (datasets.{self.dataset}) what "
            f"stays together and how many there are, as in {EXAMPLE}"
        )

    def _study_elsewhere(self, variant: str) -> Study | None:
        """The study of another data set that a variant is a row of, if it is one."""
        return self.elsewhere.get(variant.partition(".")[0]) if variant not in self.main else None

    def not_here(self, study: Study) -> ParameterError:
        """The error for asking for a study of another data set."""
        return ParameterError(
            f"{self.where}: {study.name} is a study of {study.dataset}, and the data set is {self.dataset}; add "
            f"--config dataset={study.dataset}"
        )

    def _check_no_override_is_lost(self) -> None:
        for key, value in self.overrides.items():
            sources = {name: resolved.source[key] for name, resolved in self.variants.items()}
            if "command line" not in sources.values():
                raise ParameterError(
                    f"command line: {key} = {value!r} changes nothing: every variant sets it itself, such as "
                    f"{next(iter(sources.values()))}"
                )

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
        value = {} if self.raw.get(key) is None else self.raw[key]
        if not isinstance(value, Mapping):
            raise ParameterError(f"{self.where}: {key} = {value!r} should be a mapping of names")
        return dict(value)

    def _of(self, key: str) -> str:
        """Where the value of a choice comes from, for messages."""
        return "command line" if key in self.chosen else self.where

    def _name(self, key: str, among: str) -> str:
        name, known = self.raw.get(key), self._mapping(among)
        if not isinstance(name, str) or name not in known:
            raise ParameterError(f"{self._of(key)}: {key} = {name!r} is not one of {among}: {', '.join(known)}")
        return name

    def _seeds(self, seeds: Any, key: str) -> tuple[int, ...]:
        good = isinstance(seeds, list) and seeds and all(type(seed) is int and 0 <= seed < MAX_SEED for seed in seeds)
        if not good or len(set(seeds)) != len(seeds):
            raise ParameterError(
                f"{self._of(key)}: {key} = {seeds!r} should be a list of distinct integers >= 0, below 2^32"
            )
        return tuple(seeds)

    def _study(self, name: str) -> "Study":
        """Read one study; its rows become variants named ``STUDY.ROW``, each on top of the study's ``base``."""
        block, where = self._mapping("studies")[name], f"{self.where}, studies.{name}"
        for key in block if isinstance(block, Mapping) else ():
            if key not in STUDY_KEYS:
                raise unknown_key(key, STUDY_KEYS, where)
        if not isinstance(block, Mapping) or ("rows" in block) == ("parameter" in block):
            raise ParameterError(f"{where}: should have either rows and a reference, or a parameter and its values")
        key = "study_seeds" if "study_seeds" in self.raw else f"studies.{name}.seeds"
        seeds = self._seeds(self.raw.get("study_seeds", block.get("seeds")), key)
        title = "" if block.get("title") is None else block["title"]
        base = {} if block.get("base") is None else block["base"]
        if not isinstance(title, str):
            raise ParameterError(f"{where}: title = {title!r} should be a text")
        if not isinstance(base, Mapping):
            raise ParameterError(f"{where}: base = {base!r} should be a mapping of overrides")
        if "rows" in block:
            if not isinstance(block["rows"], Mapping):
                raise ParameterError(f"{where}: rows = {block['rows']!r} should be a mapping of names to overrides")
            rows = {row: {} if override is None else override for row, override in block["rows"].items()}
            reference = block.get("reference")
            if not isinstance(reference, str) or reference not in rows:
                raise ParameterError(f"{where}: reference = {reference!r} should be one of its rows: {', '.join(rows)}")
            study = Study(name, seeds, tuple(rows), title, reference=reference, **self._when(block, where))
        else:
            parameter, values = block.get("parameter"), block.get("values")
            if not isinstance(parameter, str) or parameter not in known_keys(Params):
                raise unknown_key(str(parameter), known_keys(Params), f"{where}, parameter")
            numbers = isinstance(values, list) and values and all(type(value) in (int, float) for value in values)
            if not numbers or len({f"{value:g}" for value in values}) < len(values):
                raise ParameterError(
                    f"{where}: values = {values!r} should be a list of distinct numbers for {parameter}"
                )
            rows = {f"{value:g}": {parameter: value} for value in values}
            about = {"parameter": parameter, "values": tuple(values)}
            study = Study(name, seeds, tuple(rows), title, **about, **self._when(block, where))
        for row, override in rows.items():
            if not isinstance(override, Mapping):
                raise ParameterError(f"{where}: {row} = {override!r} should be a mapping of overrides")
            merged = dict(flatten(base, where=where)) | dict(flatten(override, where=f"{where}.{row}"))
            self._overrides[f"{name}.{row}"] = (merged, f"studies.{name}.{row}")
        return study

    def _when(self, block: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Where and when a study is made: its keys ``dataset``, ``on_request`` and ``folds``."""
        dataset, known = block.get("dataset"), self._mapping("datasets")
        if dataset is not None and (not isinstance(dataset, str) or dataset not in known):
            raise ParameterError(f"{where}: dataset = {dataset!r} is not one of datasets: {', '.join(known)}")
        when = {key: block.get(key, False) for key in ("on_request", "folds")}
        for key, value in when.items():
            if not isinstance(value, bool):
                raise ParameterError(f"{where}: {key} = {value!r} should be true or false")
        if when["folds"] and not when["on_request"]:
            raise ParameterError(
                f"{where}: folds: true needs on_request: true, since `all`, which DVC records, makes nothing over the "
                "folds"
            )
        return {"dataset": dataset} | when

    @property
    def runs(self) -> dict[str, tuple[int, ...]]:
        """The seeds that each variant is run with: those of ``seeds`` for ``variants``, its study's for a row. Without
        studies on request.
        """
        studies = [study for study in self.studies.values() if not study.on_request]
        of_rows = {f"{study.name}.{row}": study.seeds for study in studies for row in study.rows}
        return dict.fromkeys(self.main, self.seeds) | of_rows

    def resolve(self, variant: str) -> Resolved:
        """Parameters of a named variant, or of a study's row ``STUDY.ROW``, for the chosen data set."""
        if variant not in self._overrides:
            nearest = difflib.get_close_matches(variant, self._overrides, n=1, cutoff=0.0)[0]
            raise ParameterError(f"{self.where}: no variant '{variant}'. Did you mean '{nearest}'?")
        if study := self._study_elsewhere(variant):
            raise self.not_here(study)
        return self._resolve_variant(variant, self.overrides)

    def _resolve_variant(self, variant: str, overrides: Mapping[str, Any]) -> Resolved:
        return self._resolve_override(*self._overrides[variant], self.dataset, overrides)

    def _resolve_override(self, override: Any, where: str, dataset: str, overrides: Mapping[str, Any]) -> Resolved:
        if not isinstance(override, Mapping | None):
            raise ParameterError(f"{self.where}: {where} = {override!r} should be a mapping of overrides")
        override = dict(override or {})
        place, preset = self._preset(dataset)
        if "preset" in override:
            place, preset = f"{self.where}, {where}", override.pop("preset")
        if not isinstance(preset, str) or preset not in PRESETS:
            raise ParameterError(f"{place}: preset = {preset!r} should be one of {', '.join(PRESETS)}")
        return self._resolve(preset, dataset, override, where, overrides)

    def _preset(self, dataset: str) -> tuple[str, Any]:
        """The preset of variants that name none, and where it is said: the command line's, that of the data set's own
        block, or that of all. Raises if a data set's own takes the place of one that was chosen for all.
        """
        block, of_all = self._mapping("datasets")[dataset], self.raw.get("preset", DEFAULT_PRESET)
        own = block.get("preset") if isinstance(block, Mapping) else None
        if own is None or "preset" in self.chosen:
            return self._of("preset"), of_all
        if of_all not in (DEFAULT_PRESET, own) and dataset == self.dataset:
            raise ParameterError(
                f"{self.where}: preset = {of_all!r} changes nothing: datasets.{dataset} has preset = {own!r}; change "
                f"it there (datasets.{dataset}.preset), or take it out there"
            )
        return f"{self.where}, datasets.{dataset}", own

    def _resolve(
        self, preset: str, dataset: str, override: Mapping[str, Any], name: str, overrides: Mapping[str, Any]
    ) -> Resolved:
        block, own_block = self._mapping("datasets")[dataset], f"datasets.{dataset}"
        if not isinstance(block, Mapping | None):
            raise ParameterError(f"{self.where}: {own_block} = {block!r} should be a mapping of sections")
        block = block or {}
        layers = (
            (f"preset {preset}", PRESETS[preset]),
            (self.where, {key: self.raw[key] for key in SECTIONS if self.raw.get(key) is not None}),
            (own_block, {key: value for key, value in block.items() if key not in OF_BLOCK}),
            ("command line", overrides),
            (name, override),
        )
        known = known_keys(Params)
        values: dict[str, Any] = {"dataset": dataset, "kind": self.kind(dataset), "preset": preset}
        of_kind = f"datasets.{dataset}" if "kind" in block else self.where
        source = dict.fromkeys(known, "default") | {"dataset": self.where, "kind": of_kind, "preset": name}
        named = ("dataset", "kind", "preset")
        for where, layer in layers:
            place = f"{self.where}, {where}" if where != self.where else where
            for key, value in flatten(layer, where=place):
                if key not in known or key in named or (key == "options" and where != own_block):
                    more = OF_BLOCK if where == own_block else ()
                    raise unknown_key(key, [*more, *(key for key in known if key not in (*named, "options"))], place)
                replaces = where == own_block and source[key] == self.where and values[key] != value
                if replaces and dataset == self.dataset:
                    raise ParameterError(
                        f"{self.where}: {key} = {values[key]!r} changes nothing: {own_block} has {key} = {value!r}; "
                        f"change it there ({own_block}.{key}), or take it out there"
                    )
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
    if train.average_epochs and train.select == "best_validation":
        raise ParameterError(f"{where}: train.average_epochs needs train.select: last, not best_validation")
    if (train.average_epochs or 0) > train.epochs:
        raise ParameterError(
            f"{where}: train.average_epochs = {train.average_epochs} is more than train.epochs = {train.epochs}"
        )
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
