"""The card of a model, ``README.md`` of its folder, in Markdown: what ``model.json`` says, for readers.

Names of classes and recordings are data: whatever they hold is shown as it stands.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from react_tad.files import markdown_row, markdown_text
from react_tad.params.experiment import Params
from react_tad.params.presets import PRESETS
from react_tad.params.section import flatten, unflatten, validated

CARD = "README.md"
AT_THE_BEGINNING = re.compile(r"^([-+=#]|\d+(?=[.)]))")
"""What begins a list, a rule or a heading."""
COMPARED = ("windows", "model", "matching", "loss", "train", "inference", "soft_nms", "fusion")
"""The sections whose parameters are compared with the preset."""


def model_card(description: Mapping[str, Any]) -> str:
    """The card of a model from its complete description."""
    dataset, name = description["dataset"], description["dataset"]["name"]
    seed = "" if description["seed"] is None else f", seed {description['seed']}"
    classes = description["classes"]
    lines = [
        f"# ReAct on {escape(name)}: {escape(description['variant'])}{seed}",
        "",
        f"A temporal action detector (ReAct, ECCV 2022) of react-tad: from features of a recording to segments of "
        f"{len(classes)} classes, in seconds.",
        "",
        "## Classes",
        "",
        *(f"- {escape(each)}" for each in classes),
        "",
        "## Features that it wants",
        "",
        *_features(description["features"], name),
        "",
        "## Use",
        "",
        *_use(description),
        "",
        "## What was measured",
        "",
        *_measured(description["metrics"]),
        "",
        "## Parameters",
        "",
        *_parameters(description["parameters"]),
        "",
        "## Where it comes from",
        "",
        *_provenance(description),
        "",
        "## Data set",
        "",
        f"- {escape(name)}",
        f"- licence: {escape(dataset['licence'])}",
        f"- citation: {escape(dataset['citation'])}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: Any) -> str:
    """Text in one line that Markdown shows as it stands, also at the beginning of a line."""
    return AT_THE_BEGINNING.sub(_escaped, markdown_text(str(text)))


def _escaped(found: re.Match) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def differences(parameters: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(dotted name, value, the preset's value) of every parameter that is not as in its preset."""
    preset = parameters["preset"]
    standard = validated(Params, unflatten(dict(flatten(PRESETS[preset]))), f"preset {preset}").model_dump(mode="json")
    own = {name: parameters[name] for name in COMPARED if name in parameters}
    base = dict(flatten({name: standard[name] for name in COMPARED}))
    return [(name, value, base.get(name)) for name, value in flatten(own) if value != base.get(name)]


def _features(features: Mapping[str, Any], dataset: str) -> Iterator[str]:
    yield f"- {features['dimension']} numbers a snippet: an array `[snippets, {features['dimension']}]`"
    time = features["time"]
    if time:
        yield (
            f"- a snippet every {time['seconds_per_snippet']:g} s, the first centred at "
            f"{time['first_center_seconds']:g} s, unless it is said otherwise"
        )
    else:
        yield "- recordings differ in the time between snippets: say `--seconds-per-snippet` or `--duration`"
    if features["rescaled_to"]:
        yield f"- every recording is rescaled to {features['rescaled_to']} snippets"
    if "standardised_on" in features["source"]:
        split = escape(features["source"]["standardised_on"])
        yield f"- standardised with mean and standard deviation of the split {split}, which `model.json` holds"
    if extraction := features["source"].get("extraction"):
        network, clips = extraction["backbone"], extraction["clips"]
        said = ", ".join(f"{key} = {value}" for key, value in clips.items() if value is not None)
        yield (
            f"- extracted from films by the network {escape(network['name'])} ({escape(network['type'])}, sha256 "
            f"{escape(network['sha256'])}), clips: {escape(said)}; `react-tad predict` extracts in the same way"
        )
        return
    options = features["source"].get("options") or {}
    said = ", ".join(f"{key} = {value}" for key, value in options.items())
    yield f"- made as the data set {escape(dataset)} makes them" + (f" (options: {escape(said)})" if said else "")


def _use(description: Mapping[str, Any]) -> Iterator[str]:
    time = description["features"]["time"]
    option, argument = ("", "") if time else (" --seconds-per-snippet 0.5", ", seconds_per_snippet=0.5")
    yield "```sh"
    if description["features"]["source"].get("extraction"):
        yield "react-tad predict THIS_FOLDER film.mp4 --out detections.json"
    yield f"react-tad predict THIS_FOLDER recording.npy{option} --out detections.json"
    yield "```"
    yield ""
    yield "```python"
    yield "import numpy"
    yield "from react_tad import load"
    yield f'print(load("THIS_FOLDER").predict(numpy.load("recording.npy"){argument}).table())'
    yield "```"
    if description["parameters"]["fusion"]["enabled"]:
        yield ""
        yield (
            "What was measured has the classes of a video-level classifier (fusion). A new recording has no such "
            "scores: its detections are the network's own."
        )


def _measured(metrics: Mapping[str, Any] | None) -> Iterator[str]:
    if not metrics:
        yield "Nothing: no metrics were given when it was packaged."
        return
    counts = metrics["counts"]
    profile = f", ground-truth profile {escape(metrics['profile'])}" if metrics.get("profile") else ""
    yield (
        f"On the split {escape(metrics['subset'])} ({counts['videos']} recordings, {counts['instances']} instances)"
        f"{profile}, definition {escape(metrics['definition'])}; per cent."
    )
    yield ""
    thresholds = metrics["per_tiou"]
    yield markdown_row(["tIoU", *thresholds, "average"])
    yield "|---|" + "---:|" * (len(thresholds) + 1)
    yield markdown_row(["mAP", *(f"{100 * value:.2f}" for value in (*thresholds.values(), metrics["average_map"]))])


def _parameters(parameters: Mapping[str, Any]) -> Iterator[str]:
    changed = differences(parameters)
    yield f"Preset {escape(parameters['preset'])}" + ("; what differs from it:" if changed else ", as it is.")
    if changed:
        yield ""
        yield "| parameter | here | preset |"
        yield "|---|---|---|"
        yield from (markdown_row(list(map(escape, line))) for line in changed)


def _provenance(description: Mapping[str, Any]) -> Iterator[str]:
    code, provenance = description["code"], description.get("provenance", {})
    yield f"- weights: sha256 {description['weights_sha256']}"
    if description.get("epoch") is not None:
        yield f"- epoch {description['epoch']}"
    if code:
        changed = f", with {len(code['changed'])} files changed since" if code["changed"] else ""
        yield f"- packaged at commit {escape(code['commit'])}{changed}"
    versions = provenance.get("versions", {})
    yield "- trained with " + escape(", ".join(f"{name} {version}" for name, version in versions.items()))
    yield from (f"- {escape(name)}: sha256 {value}" for name, value in provenance.get("inputs", {}).items())
