"""Start a training from a trained model (``train.start_from``) in the place of random weights.

Every weight whose name and shape fit is taken. A class head is taken row by row: a class that both models know, by its
name, keeps its weights wherever it stands in the two lists, and one that only the new model knows begins anew, as
everything else that does not fit: the projection of features of another dimension, or other queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from react_tad.training.model_folder import WEIGHTS, ModelError, read_description

CLASS_HEADS = "decoder.class_heads."
"""What the names of weights begin with that have a row a class."""


@dataclass(frozen=True)
class StartingPoint:
    """The weights of a trained model and the names of its classes."""

    weights: dict[str, Tensor]
    classes: tuple[str, ...]
    sha256: str
    """Of the file of weights."""
    where: Path

    @classmethod
    def read(cls, folder: str | Path, expected: str | None = None) -> "StartingPoint":
        """The model in ``folder``.

        Raises:
            ModelError: there is no model, its file of weights is damaged, or has another sha256 than ``expected``.

        """
        folder = Path(folder)
        try:
            description = read_description(folder)
            found = description["weights_sha256"]
            if expected not in (None, found):
                raise ModelError(f"{folder / WEIGHTS} has sha256 {found}, and {expected} was asked for; start again")
            return cls(load_file(folder / WEIGHTS), tuple(description["classes"]), found, folder)
        except (ModelError, SafetensorError) as error:
            raise ModelError(f"train.start_from: {error}") from error

    @torch.no_grad()
    def give(self, model: nn.Module, classes: Sequence[str]) -> dict[str, Any]:
        """Overwrite what fits in ``model``, whose classes are ``classes``, and say what was taken.

        Returns:
            ``weights``: how many tensors were taken, of how many; ``classes``: those whose rows were taken; ``new``:
            shapes of what keeps its random beginning, and, where there is one of that name, the shape in this model.

        Raises:
            ModelError: nothing fits.

        """
        own = model.state_dict()
        pairs = [(row, self.classes.index(name)) for row, name in enumerate(classes) if name in self.classes]
        taken, new = 0, {}
        for name, target in own.items():
            given = self.weights.get(name)
            if given is not None and name.startswith(CLASS_HEADS) and given.shape[1:] == target.shape[1:]:
                for row, row_given in pairs:
                    target[row] = given[row_given]
                taken += bool(pairs)
            elif given is not None and given.shape == target.shape:
                target.copy_(given)
                taken += 1
            else:
                new[name] = list(target.shape) if given is None else [list(target.shape), list(given.shape)]
        if not taken:
            raise ModelError(f"train.start_from: {self.where}: none of its weights fits; is it of this project?")
        return {
            "sha256": self.sha256,
            "weights": [taken, len(own)],
            "classes": [classes[row] for row, _ in pairs],
            "new_classes": [name for name in classes if name not in self.classes],
            "new": new,
        }


def sentence(report: dict[str, Any], where: str) -> str:
    """What :meth:`StartingPoint.give` said, for the screen."""
    taken, of = report["weights"]
    lines = [f"started from {where}: {taken} of {of} weights taken"]
    for words, names in (("classes taken", report["classes"]), ("new classes", report["new_classes"])):
        lines.append(f"{words}: {', '.join(names) or 'none'}")
    lines += [f"new: {name} {shape}" for name, shape in report["new"].items()]
    return "\n  ".join(lines)
