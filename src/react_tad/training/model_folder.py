"""The folder of a model: its weights, and beside them in words what they are. Nothing here needs torch.

``react-tad train`` writes ``model.safetensors`` and ``training.json``: the parameters of training, classes, dimension
of the features, epoch, provenance, and the sha256 of the weights. A folder for use (``react-tad package``) has
``model.json`` in its place: the same, and all that running the model takes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from react_tad.files import read_json, sha256, write_json

WEIGHTS = "model.safetensors"
TRAINING = "training.json"
MODEL = "model.json"
LAYOUT = 1
"""Of these files, as this version writes and reads them."""
KEYS = ("parameters", "dimension", "classes", "weights_sha256")
"""What no description is without."""


class ModelError(ValueError):
    """A folder that is no model, or one that does not fit what is asked of it."""


def write_description(folder: Path, name: str, description: Mapping[str, Any]) -> None:
    """Write ``training.json`` or ``model.json`` to a folder whose weights are there already."""
    write_json(folder / name, {"layout": LAYOUT, **description, "weights_sha256": sha256(folder / WEIGHTS)})


def find_description(folder: Path) -> Path:
    """``model.json`` of a folder, or its ``training.json``.

    Raises:
        ModelError: it has neither; says what it has.

    """
    for name in (MODEL, TRAINING):
        if (folder / name).is_file():
            return folder / name
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "is not there"
    else:
        names = sorted(path.name for path in folder.iterdir())
        found = f"has {', '.join(names[:5])}{', ...' * (len(names) > 5)}" if names else "is empty"
    raise ModelError(
        f"{folder} is no folder of a model: it {found}; there should be {WEIGHTS} with {MODEL} (react-tad package) or "
        f"{TRAINING} (react-tad train)"
    )


def read_description(folder: str | Path) -> dict[str, Any]:
    """What is said of a model; its weights are those that it speaks of.

    Raises:
        ModelError: the folder is no model, is of another layout, or its weights are missing or others.

    """
    folder = Path(folder)
    path = find_description(folder)
    description = read_json(path)
    if not isinstance(description, dict):
        raise ModelError(f"{path} should be a JSON object")
    if "layout" not in description:
        raise ModelError(
            f"{path} has no checksum of its weights: it was written by an earlier version of react-tad, before the "
            "correction of the network; train it anew"
        )
    if description["layout"] != LAYOUT:
        raise ModelError(f"{path} has layout {description['layout']}, and this version of react-tad reads {LAYOUT}")
    if missing := [key for key in KEYS if key not in description]:
        raise ModelError(f"{path} does not say {', '.join(missing)}; it is damaged, or was edited by hand")
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{weights} is missing; it belongs to {path}")
    found = sha256(weights)
    if found != description["weights_sha256"]:
        raise ModelError(
            f"{weights}: sha256 {found}, and {path.name} says {description['weights_sha256']}: these weights are cut "
            "short or those of another run; copy both files again"
        )
    return description
