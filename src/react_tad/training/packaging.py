"""From a training to a folder that people use: weights, a description that says all that using them takes, and a card.

``model.json`` is ``training.json`` and besides:

- ``parameters``: those of the steps that training does not read too (data set and its options, windows, inference,
  Soft-NMS, fusion), and the preset;
- ``dataset``: name, kind, licence, citation; ``variant``, ``seed``;
- ``features``: dimension, the type that they are stored in, the time between snippets where all recordings share one,
  the number of snippets that every recording is rescaled to (or null), how they were made (``source``: what
  standardised them is there) and the checksums of the arrays;
- ``metrics``: what its own run measured, as ``react-tad evaluate`` writes it (null where nothing was measured);
- ``code``: commit and changed files of the folder that it was packaged in.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from react_tad.data.datasets import find
from react_tad.data.sidecars import what_counts
from react_tad.files import read_json, whole, write_text
from react_tad.params.experiment import STEP_SECTIONS
from react_tad.training.model_card import CARD, model_card
from react_tad.training.model_folder import (
    MODEL,
    TRAINING,
    WEIGHTS,
    ModelError,
    find_description,
    read_description,
    write_description,
)

TIME = ("seconds_per_snippet", "first_center_seconds")


def package(
    trained: Path,
    out: Path,
    *,
    cfg: str,
    features: Sequence[Path],
    metrics: Path | None,
    variant: str,
    code: Mapping[str, Any],
) -> None:
    """Write the folder ``out`` from that of a training.

    Args:
        trained: folder of ``react-tad train``.
        out: folder to write; the description last but the card, which speaks of it.
        cfg: JSON with the sections of the step ``package``.
        features: feature manifests of the splits.
        metrics: what its run measured; ``None`` if nothing was.
        variant: its name.
        code: the commit that this is (``react_tad.evaluation.provenance.commit``).

    Raises:
        ModelError: the folder is none of a training, or metrics or features are of another model.

    """
    description = read_description(trained)
    if (path := find_description(trained)).name != TRAINING:
        raise ModelError(f"{path}: this folder is packaged already; give the one of the training, with {TRAINING}")
    described = described_features([read_json(path) for path in features])
    if described["dimension"] != description["dimension"]:
        raise ModelError(
            f"{features[0]}: dimension {described['dimension']}, and {trained} was trained on "
            f"{description['dimension']}"
        )
    measured = read_json(metrics) if metrics else None
    seed = description["parameters"].get("seed")
    if measured and measured.get("seed", seed) != seed:
        raise ModelError(f"{metrics} is of seed {measured['seed']}, and {trained} of seed {seed}")
    complete = completed(description, json.loads(cfg), described, variant=variant, metrics=measured, code=code)
    with whole(out / WEIGHTS) as temporary:
        shutil.copyfile(trained / WEIGHTS, temporary)
    write_description(out, MODEL, complete)
    write_card(out)


def completed(
    training: Mapping[str, Any],
    sections: Mapping[str, Any],
    features: Mapping[str, Any],
    *,
    variant: str,
    metrics: Mapping[str, Any] | None,
    code: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of ``model.json``; ``sections`` are those of the step ``package``."""
    if missing := [name for name in STEP_SECTIONS["package"] if name not in sections]:
        raise ModelError(f"--cfg lacks {', '.join(missing)}; a model needs {', '.join(STEP_SECTIONS['package'])}")
    name, kind = sections["dataset"], sections["kind"]
    dataset = find(kind)
    description = {key: value for key, value in training.items() if key not in ("layout", "weights_sha256")}
    return description | {
        "parameters": {**sections, **training["parameters"]},
        "variant": variant,
        "seed": training["parameters"].get("seed"),
        "dataset": {"name": name, "kind": kind, "licence": dataset.LICENCE, "citation": dataset.CITATION},
        "features": dict(features),
        "metrics": metrics,
        "code": dict(code),
    }


def described_features(manifests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of the features of a data set from the manifests of its splits."""
    first = manifests[0]
    source = first["source"]
    check_extraction(manifests)
    options = source.get("options", {})
    return {
        "dimension": first["dimension"],
        "dtype": first.get("dtype", "float32"),
        "time": None if options.get("time") == "spread" else common_time(manifests),
        "rescaled_to": options.get("rescale") or source.get("rescaled_to"),
        "source": source,
        "sha256": {manifest["split"]: manifest["sha256"] for manifest in manifests},
    }


def check_extraction(manifests: Sequence[Mapping[str, Any]]) -> None:
    """Refuse splits whose features were extracted in different ways, as the manifests say."""
    first = manifests[0]
    for manifest in manifests[1:]:
        ours, theirs = (what_counts(each["source"].get("extraction")) for each in (first, manifest))
        for key in dict.fromkeys([*ours, *theirs]):
            if ours.get(key) != theirs.get(key):
                raise ModelError(
                    f"features of the splits {first['split']} and {manifest['split']} were extracted otherwise: {key} "
                    f"is {ours.get(key)!r} and {theirs.get(key)!r}; extract all in the same way"
                )


def common_time(manifests: Sequence[Mapping[str, Any]]) -> dict[str, float] | None:
    """When the snippets are in every recording; ``None`` where recordings differ."""
    times = {tuple(video[name] for name in TIME) for manifest in manifests for video in manifest["videos"]}
    return dict(zip(TIME, times.pop(), strict=True)) if len(times) == 1 else None


def write_card(folder: Path) -> None:
    """Write ``README.md`` from ``model.json``."""
    write_text(folder / CARD, model_card(read_description(folder)))
