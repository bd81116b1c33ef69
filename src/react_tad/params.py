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
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]


class ParameterError(ValueError):
    """A parameter that does not exist, or has a value that it cannot have."""


class Section(BaseModel):
    """A closed group of parameters: frozen, no unknown keys, no silent conversion of types, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=(), allow_inf_nan=False)


class Windows(Section):
    """How recordings are cut into windows (supplement, C)."""

    length: Positive = 256
    """Snippets a window."""
    stride: Positive = 64
    """Snippets between the starts of neighbouring windows."""
    min_inside: Fraction = 0.75
    """A window of a video longer than ``length`` has an instance if at least this share of its duration lies inside."""
    out_of_range: Literal["clip", "refuse"] = "clip"
    """What to do with an annotated segment that runs past the end of its recording."""


class Raid(Section):
    """Relational attention (section 3.1, equations 1-5)."""

    enabled: bool = True
    tau: Annotated[float, Field(ge=0, le=1)] = 0.5
    """IoU threshold of equation 2: a query attends to those that overlap it by less."""
    gamma: Annotated[float, Field(ge=-1, le=1)] = 0.2
    """Cosine threshold of equation 1: a query attends to those that are more similar."""
    boundary: Literal["exclude", "include"] = "exclude"
    """Whether a pair with IoU equal to tau is kept (``released`` compares with <=)."""
    block: Literal["standard", "released"] = "standard"
    """Residuals and projections around relational attention; ``released``: no output projection, the residual added
    twice, and the cross-attention queried with the un-normalised sum."""
    overlap: Literal["exact", "released"] = "exact"
    """IoU of equation 2: of segments as they are, or as in the released code cut to the padded window first."""


class Model(Section):
    """The detector (section 3, supplement A-C)."""

    dim: Positive = 256
    heads: Positive = 8
    ffn_dim: Positive = 1024
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    encoder_layers: Count = 2
    decoder_layers: Positive = 4
    queries: Positive = 40
    points: Positive = 4
    """Sampling points a head in deformable attention."""
    sampling: Literal["exact", "released"] = "exact"
    """Where deformable attention reads: at the position asked for, or as in the released code off by up to half a
    snippet and by padding."""
    first_reference: Literal["segment", "point"] = "segment"
    """Reference of the first decoder layer. A ``point`` has no width, so the first layer then attends densely."""
    encoder_ffn_norm: bool = True
    """Whether the layer norm after the encoder's feed-forward network is applied; it is there in any case."""
    final_norm: bool = False
    """Layer norm after the last decoder layer."""
    quality: bool = True
    """Segment quality (section 3.3, equation 9): head, loss and factor of the score."""
    raid: Raid = Raid()


class Matching(Section):
    """Cost of the Hungarian matching (section 3)."""

    probability: Literal["sigmoid", "softmax"] = "sigmoid"
    """Of the class; the losses take the sigmoid in any case."""
    overlap: Literal["exact", "released"] = "exact"
    """Segments as they are, or as in the released code cut to the window first, for the IoU and the L1."""
    iou_weight: Weight = 5.0
    l1_weight: Weight = 2.0
    """L1 of (start, end)."""
    class_weight: Weight = 1.0


class Classification(Section):
    """Sigmoid focal loss of the queries and ACE-dec (section 3.2, equation 8)."""

    weight: Weight = 1.0
    query: bool = True
    """The loss of the queries' own classes, L^q_foc."""
    ground_truth: bool = True
    """The loss of the ground-truth segments' classes, L^gt_foc: the second term of ACE-dec."""
    ground_truth_weight: Weight = 1.0
    unmatched: Literal["prediction", "center"] = "prediction"
    """Reference of an unmatched query in ACE-dec's second pass: its own segment, or (0.5, 0.5)."""
    alpha: Fraction = 0.25
    gamma: Weight = 2.0
    warmup_iterations: Count = 0
    """The query loss is off for this many first iterations."""


class Segment(Section):
    """Regression losses (equation 11)."""

    l1_weight: Weight = 5.0
    giou_weight: Weight = 2.0


class Quality(Section):
    """Segment quality loss (equation 9)."""

    weight: Weight = 1.0
    midpoint: Literal["l1", "bce"] = "l1"
    """Distance of the midpoint's quality from its target: L1 (equation 9) or binary cross-entropy."""
    layers: Literal["last", "all"] = "last"
    """Decoder layers that have the loss."""
    target_gradient: bool = False
    """Whether gradient flows through the IoU that is the extent's target."""


class IouDecay(Section):
    """IoU decay (equation 6)."""

    enabled: bool = True
    """Whether it is in the objective; it is logged in any case."""
    weight: Weight = 1.0
    """Of the sum over pairs i < j of queries, divided by the square of their number."""


class AceEnc(Section):
    """Contrastive loss on instance features (section 3.2, equation 7)."""

    enabled: bool = True
    weight: Weight = 0.1
    stage: Literal["joint", "first"] = "first"
    """``joint``: a term of equation 10; ``first``: a stage of its own, on the input projection alone."""
    first_stage_epochs: Count = 6
    position: Literal["before", "after"] = "before"
    """Features that are pooled: the input projection (``before`` the encoder) or the encoder's output (``after``)."""
    positives: tuple[Literal["S1", "S2"], ...] = ("S1", "S2")
    negatives: tuple[Literal["N1", "N2"], ...] = ("N1", "N2")
    negatives_per_kind: Positive = 1
    pairs: Literal["instances", "released"] = "instances"
    """``instances``: every instance of the batch is an anchor, partners come from whole videos and are never the anchor
    itself. ``released``: one random instance a window; partners by window and class, cut to their window, the positive
    maybe the anchor; the anchor is misplaced in windows shorter than the batch's longest."""
    pooling: Literal["exact", "released"] = "exact"
    """Temporal RoI pooling: snippet i centred at i + 0.5 and one sample a bin; or snippet i at i, with
    ceil(length / 16) samples a bin (``losses/roi_pooling.py``)."""
    detach_negatives: bool = False
    inner_iou: tuple[Fraction, Fraction] = (0.2, 0.5)
    """Range of the IoU between an instance and the crop inside it (N2); its end is the paper's xi."""
    inner_iou_long: tuple[Fraction, Fraction] | None = None
    """The same for instances longer than 0.75 of a window; ``None``: the same range."""
    temperature: Annotated[float, Field(gt=0)] = 0.07
    bins: Positive = 16
    """Bins of the temporal RoI pooling."""


class Loss(Section):
    """The training objective (section 3.4, equation 10)."""

    auxiliary: bool = True
    """Losses at every decoder layer, not only at the last."""
    overlap: Literal["exact", "released"] = "exact"
    """IoU and gIoU of segments as they are, or as in the released code cut to the window first."""
    classification: Classification = Classification()
    segment: Segment = Segment()
    quality: Quality = Quality()
    iou_decay: IouDecay = IouDecay()
    ace_enc: AceEnc = AceEnc()


class Train(Section):
    """Optimisation (section 4.1)."""

    epochs: Positive = 15
    batch_size: Positive = 16
    lr: Annotated[float, Field(gt=0)] = 2e-4
    lr_drops: tuple[Fraction, ...] = (0.5,)
    """Shares of the epochs after which the learning rate is multiplied by ``lr_drop_factor``."""
    lr_drop_factor: Annotated[float, Field(gt=0)] = 0.1
    weight_decay: Weight = 0.01
    deformable_lr_factor: Annotated[float, Field(gt=0)] = 0.1
    """Factor of the learning rate for the weights (not the biases) of offsets and attention weights of the deformable
    attention."""
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the forward passes while training. Losses, matching, validation and inference are float32 in any case."""
    select: Literal["last", "best_validation"] = "last"
    """Which epoch's weights are kept: the last, or the one with the best average mAP on the validation split. That is
    measured with the defaults of ``inference``, ``soft_nms`` and ``evaluation`` whatever else is set, so that an edit
    of the suppression never trains anything anew. The test split is never looked at."""
    include_validation: bool = False
    """Train on the validation recordings too (once everything is chosen; needs ``select: last``)."""


class Inference(Section):
    """From a trained model to scored segments in seconds."""

    split: Literal["validation", "test"] = "test"
    batch_size: Positive = 64
    classes_per_query: Positive = 1
    """The best classes of a query that become detections; more than the number of classes means all."""
    cut: Literal["video", "window"] = "video"
    """What segments are cut to: their video only, or as in the released code the window they were detected in too."""


class SoftNms(Section):
    """Suppression of duplicates (Soft-NMS, Bodla et al. 2017)."""

    method: Literal["gaussian", "linear", "hard", "none"] = "gaussian"
    sigma: Annotated[float, Field(gt=0)] = 0.4
    """Width of the Gaussian decay exp(-IoU^2 / sigma)."""
    iou_threshold: Fraction = 0.5
    """Linear and hard suppression touch only pairs with a larger IoU."""
    class_wise: bool = False
    keep: Positive = 1000
    """Detections a recording at most."""
    floor: Weight = 1e-6
    """Detections whose score falls below are dropped."""


class Fusion(Section):
    """Detections get the classes of a video-level classifier, after Soft-NMS (supplement C, for ActivityNet-1.3)."""

    enabled: bool = False
    source: Literal["cuhk", "untrimmednet"] = "cuhk"
    """Whose scores, which says how their file is read (``react_tad/data/video_scores.py``)."""
    scores: str | None = None
    """The file of scores."""
    video_list: str | None = None
    """``untrimmednet``: file with the names of the array's rows, one a line; without it they are those of THUMOS14."""
    class_list: str | None = None
    """``untrimmednet``: the same of its columns."""
    top_k: Positive = 2
    """Every segment becomes a detection of each of the best ``top_k`` classes of its video."""
    segment_power: Weight = 1.0
    class_power: Weight = 1.0
    """The new score is segment score ^ ``segment_power`` * class score ^ ``class_power``; 1 and 1 is the product."""
    softmax: bool = False
    """Softmax over all classes of the file first: for files of logits."""
    missing: Literal["refuse", "keep"] = "refuse"
    """A video without class scores: an error, or its detections stay as they are and are counted."""


class Evaluation(Section):
    """Mean average precision (section 4)."""

    definition: Literal["activitynet", "thumos14"] = "activitynet"
    tiou: tuple[Fraction, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
    profile: str = "default"
    """The ground-truth profile of the split ``test`` that the numbers are of (``react_tad/profiles``): a name;
    ``default``, the data set's first one, or all that is annotated where it has none; or ``none``, all that is
    annotated, whatever profiles there are. With a profile, the others are measured beside it."""


class Params(Section):
    """One fully resolved experiment; ``react-tad params show`` prints one."""

    dataset: str = "thumos14"
    preset: Literal["paper", "released"] = "paper"
    options: dict[str, Any] = {}
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
    "fetch": ("dataset", "options"),
    "features": ("dataset", "options"),
    "windows": ("windows",),
    "train": ("model", "matching", "loss", "train"),
    "detect": ("inference",),
    "suppress": ("soft_nms", "fusion"),
    "evaluate": ("evaluation",),
}
"""What each step of the pipeline reads. An edit elsewhere does not make the step run again."""

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "released": {
        "model.sampling": "released",
        "model.raid.tau": 0.2,
        "model.raid.boundary": "include",
        "model.raid.block": "released",
        "model.raid.overlap": "released",
        "model.first_reference": "point",
        "model.final_norm": True,
        "model.encoder_ffn_norm": False,
        "matching.probability": "softmax",
        "matching.overlap": "released",
        "loss.overlap": "released",
        "loss.classification.unmatched": "center",
        "loss.classification.warmup_iterations": 25,
        "loss.quality.midpoint": "bce",
        "loss.quality.layers": "all",
        "loss.quality.target_gradient": True,
        "loss.iou_decay.enabled": False,
        "loss.ace_enc.pairs": "released",
        "loss.ace_enc.pooling": "released",
        "loss.ace_enc.detach_negatives": True,
        "loss.ace_enc.inner_iou_long": [0.1, 0.4],
        "train.epochs": 14,
        "train.select": "best_validation",
        "inference.cut": "window",
    },
}
"""What the authors' released code does differently from the paper, one named parameter a divergence.

``train.select`` stands for the released code's best epoch on the *test* set, which this project does not do.
"""

CHOICES = ("dataset", "preset", "seeds", "study_seeds")
"""What can be chosen for one run besides the sections. ``study_seeds`` are used in place of each study's own."""
TOP_LEVEL = ("dataset", "preset", "seeds", *SECTIONS, "datasets", "variants", "studies")
STUDY_KEYS = ("title", "seeds", "base", "reference", "rows", "parameter", "values")


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a YAML 1.2 file (``1e-4`` is a number and ``on`` a string, as DVC reads it; PyYAML is YAML 1.1)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ParameterError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise ParameterError(f"{path}: expected a mapping of parameters, found {type(loaded).__name__}")
    return loaded


def canonical(value: Any) -> str:
    """One string for equal values: JSON with sorted keys and no spaces. Snakemake compares parameters by it."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def flatten(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``("model.raid.gamma", 0.2)`` pairs; keys may be dotted already."""
    for key, value in nested.items():
        if isinstance(value, Mapping) and f"{prefix}{key}" != "options":
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def known_keys(section: type[BaseModel] = Params, prefix: str = "") -> list[str]:
    """All dotted parameter names, in the order of their definition."""
    keys = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def unknown_key(key: str, known: list[str] | tuple[str, ...], where: str) -> ParameterError:
    """Error for a key that does not exist, naming the nearest one that does."""
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return ParameterError(f"{where}: unknown parameter '{key}'. Did you mean '{nearest[0]}'?")


def unflatten(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn ``{"model.raid.gamma": 0.2}`` into ``{"model": {"raid": {"gamma": 0.2}}}``."""
    nested: dict[str, Any] = {}
    for key, value in pairs.items():
        *parents, leaf = key.split(".")
        node = nested
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return nested


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


def validated(section: type[Section], values: Mapping[str, Any], where: str) -> Any:
    """Build ``section`` from nested ``values``; a wrong value is an error that names its key, the value and the
    rule.
    """
    try:
        # JSON mode accepts lists for tuples and integers for floats, and nothing else that is not exact.
        return section.model_validate_json(json.dumps(values))
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            key = ".".join(str(part) for part in problem["loc"])
            if problem["type"] == "extra_forbidden":
                raise unknown_key(key, known_keys(section), where) from None
            lines.append(f"{where}: {key} = {problem['input']!r}: {problem['msg']}")
        raise ParameterError("\n".join(lines)) from None


def step_params(section: type[Section], cfg: str | Mapping[str, Any], key: str) -> Any:
    """Section ``key`` of a step's ``--cfg`` (canonical JSON, or already parsed)."""
    loaded = json.loads(cfg) if isinstance(cfg, str) else cfg
    return validated(section, loaded.get(key, {}), f"--cfg {key}")


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
                raise unknown_key(key, (*CHOICES, *known_keys()), "overrides")
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
        """Read and validate a ``params.yaml``."""
        return cls(read_yaml(path), overrides=overrides, where=str(path))

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
            if parameter not in known_keys():
                raise unknown_key(str(parameter), known_keys(), f"{where}, parameter")
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
        layers = (
            (f"preset {preset}", PRESETS[preset]),
            (self.where, {key: self.raw[key] for key in SECTIONS if self.raw.get(key)}),
            (f"datasets.{dataset}", self._mapping("datasets").get(dataset) or {}),
            ("command line", self.overrides),
            (name, override),
        )
        known = known_keys()
        values: dict[str, Any] = {"dataset": dataset, "preset": preset}
        source = dict.fromkeys(known, "default") | {"dataset": self.where, "preset": name}
        for where, layer in layers:
            for key, value in flatten(layer):
                if key not in known or key in ("dataset", "preset"):
                    raise unknown_key(key, known, f"{self.where}, {where}" if where != self.where else where)
                values[key] = value
                source[key] = where
        params = validated(Params, unflatten(values), f"{self.where}, {name}")
        check_consistent(params, f"{self.where}, {name}")
        return Resolved(params, source)


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
