"""Tables 1 and 2: the paper's rows as it prints them, and a row of ours for every run that there is.

A row of ours says what it was measured on; where nothing was run it says so, and has no mAP. Its GFLOPs are
multiply-accumulates of one window, counted by :mod:`react_tad.model.flops`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from react_tad.evaluation.summary import SETTING, Spread, read_metrics
from react_tad.files import parse_json, read_json, read_text
from react_tad.model.flops import count
from react_tad.paper.numbers import ACTIVITYNET_TIOU, TABLES, THUMOS14_TIOU, PaperRow
from react_tad.params.model import Model
from react_tad.params.presets import PRESETS
from react_tad.params.section import Positive, Section, checked, flatten, unflatten, validated

NOT_RUN = "not run here"


@dataclass(frozen=True)
class Size:
    """What the paper runs on one data set."""

    window: int
    classes: int
    columns: tuple[str, ...]
    """Thresholds that the table shows."""
    tiou: tuple[str, ...]
    """Thresholds that the average is over."""
    model: Mapping[str, int]
    """What its network has that is not the default (section 4.1)."""
    dimensions: tuple[int, ...]
    """Features a snippet; two where the paper does not say which."""
    presets: tuple[str, ...]
    """Presets that there are for it: no code was released for ActivityNet-1.3."""


SIZES: Mapping[str, Size] = {
    "table1": Size(256, 20, THUMOS14_TIOU, THUMOS14_TIOU, {}, (2048,), ("paper", "released")),
    "table2": Size(
        100,
        200,
        ACTIVITYNET_TIOU,
        tuple(str(percent / 100) for percent in range(50, 100, 5)),
        {"queries": 60, "encoder_layers": 3},
        (2048, 400),
        ("paper",),
    ),
}


class OurRow(Section):
    """A row of ours, by files."""

    preset: str
    features: str = ""
    """What the features are, for readers."""
    window: Positive
    """Snippets a window."""
    description: Path
    """``training.json`` of one of its runs (``react-tad train``)."""
    metrics: Annotated[tuple[Path, ...], Field(min_length=1)]
    """Metrics files (``react-tad evaluate``), one a seed."""


@dataclass(frozen=True)
class Detector:
    """A row of ours: a detector, and the metrics files of its runs (none: not run)."""

    preset: str
    window: int
    dimension: int
    classes: int
    model: Model
    features: str = ""
    metrics: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of a table; mAP are fractions."""

    kind: str
    method: str
    cited: str
    maps: Mapping[str, Spread]
    """By threshold; nothing where it is not known."""
    average: Spread | None
    gflops: float | None
    ours: bool = False
    setting: str = ""
    """What a row of ours was measured on, or that it was not run."""


def not_run(name: str) -> list[Detector]:
    """The detectors that the paper's setting of a table calls for, without runs."""
    size = SIZES[name]
    return [
        Detector(preset, size.window, dimension, size.classes, preset_model(preset, size.model))
        for preset in size.presets
        for dimension in size.dimensions
    ]


def preset_model(preset: str, changes: Mapping[str, int]) -> Model:
    """The network of a preset, with changes."""
    values = dict(flatten(PRESETS[preset])) | {f"model.{key}": value for key, value in changes.items()}
    return validated(Model, unflatten(values).get("model", {}), f"preset {preset}")


def read_rows(text: str) -> list[Detector]:
    """Rows from JSON text, or from a file of JSON.

    Raises ValueError that names the entry that does not exist or has no such value, or the file that is no description.
    """
    inline = text.lstrip().startswith("[")
    content = text if inline else read_text(text)
    parse_json(content, "the given rows" if inline else text)
    try:
        rows = TypeAdapter(list[OurRow]).validate_json(content)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'they'}: {each['msg']}" for each in error.errors()]
        raise ValueError(f"{'the given rows' if inline else text}: {'; '.join(wrong)}") from error
    return [_detector(row) for row in rows]


class _Parameters(TypedDict):
    model: dict[str, Any]


class _Description(TypedDict):
    """What is read of the description of a model."""

    parameters: _Parameters
    dimension: Positive
    classes: list[str]


def _detector(row: OurRow) -> Detector:
    where = f"{row.description} does not describe a model"
    description = checked(_Description, read_json(row.description), where)
    model = validated(Model, description["parameters"]["model"], str(row.description))
    dimension, classes = description["dimension"], len(description["classes"])
    return Detector(row.preset, row.window, dimension, classes, model, row.features, row.metrics)


def lines(name: str, ours: Sequence[Detector]) -> list[Line]:
    """The paper's lines of ``table1`` or ``table2``, then ours.

    Raises ValueError that names the file if metrics are of another data set or of other thresholds than the table, or
    if those of one row differ in what they were measured on.
    """
    return [*(_paper_line(row) for row in TABLES[name].rows.values()), *(_our_line(name, row) for row in ours)]


def _paper_line(row: PaperRow) -> Line:
    def printed(value: float) -> Spread:
        return Spread(round(value / 100, 6), None, 1)

    average = None if row.average is None else printed(row.average)
    cited = f"[{row.cited}]" if row.cited else ""
    maps = {threshold: printed(value) for threshold, value in row.maps.items()}
    return Line(row.kind, row.label, cited, maps, average, row.gflops)


def _our_line(name: str, row: Detector) -> Line:
    costs = count(row.model, window=row.window, dimension=row.dimension, classes=row.classes)
    gflops = sum(cost.macs for cost in costs.values()) / 1e9
    runs = [read_metrics(path) for path in row.metrics]
    known = [f"preset {row.preset}", f"{row.window} snippets of {row.dimension} features"]
    known += [row.features] * bool(row.features)
    method = f"ReAct, this project: {row.preset}, {row.dimension} features"
    kind = TABLES[name].rows["react"].kind
    if not runs:
        return Line(kind, method, "", {}, None, gflops, ours=True, setting="; ".join([NOT_RUN, *known]))
    for run in runs:
        _check(name, run, runs[0])
    if len({run["seed"] for run in runs}) < len(runs):
        raise ValueError(f"{runs[0]['source']}: preset {row.preset} has a seed twice; give one metrics file a seed")
    measured = [f"{key} {runs[0][key]}" for key in SETTING if runs[0].get(key)]
    seeds = f"seeds {', '.join(str(run['seed']) for run in runs)}" if len(runs) > 1 else f"seed {runs[0]['seed']}"
    return Line(
        kind,
        method,
        "",
        {threshold: Spread.of([run["per_tiou"][threshold] for run in runs]) for threshold in SIZES[name].columns},
        Spread.of([run["average_map"] for run in runs]),
        gflops,
        ours=True,
        setting="; ".join([*measured, seeds, *known]),
    )


def _check(name: str, run: Mapping[str, object], first: Mapping[str, object]) -> None:
    wanted = TABLES[name].dataset
    if not TABLES[name].is_of(str(run["dataset"])):
        raise ValueError(f"{run['source']}: data set {run['dataset']}; this table is of {wanted}")
    if tuple(run["per_tiou"]) != SIZES[name].tiou:
        raise ValueError(
            f"{run['source']}: tIoU thresholds {', '.join(run['per_tiou'])}; {wanted} is averaged over "
            f"{', '.join(SIZES[name].tiou)}"
        )
    for key in SETTING:
        if run.get(key) != first.get(key):
            raise ValueError(
                f"{run['source']}: {key} {run.get(key)}, but {first['source']}: {key} {first.get(key)}; "
                "one row is of one setting"
            )
