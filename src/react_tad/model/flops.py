"""Parameters and multiply-accumulates of the detector, by component.

Multiply-accumulates (MAC) are what the paper's tables call FLOPs; they are counted by torch while one window runs
through the model, so that what is counted is what runs. Look-ups and element-wise work are not counted, as is usual.
"""

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from react_tad.model.react import ReAct, build_react
from react_tad.params.model import Model


@dataclass(frozen=True)
class Cost:
    """What one component costs."""

    parameters: int
    macs: int
    """Multiply-accumulates a window."""


COMPONENTS = (
    "input projection",
    "encoder",
    "decoder layers",
    "class heads",
    "segment heads",
    "segment quality",
    "queries",
)


def component(name: str) -> str:
    """The component that a parameter or module of the detector belongs to, by its dotted name."""
    if name.startswith("project"):
        return "input projection"
    if name.startswith("decoder."):
        part = name.split(".")[1]
        return {"class_heads": "class heads", "segment_heads": "segment heads"}.get(part, "decoder layers")
    first = name.split(".")[0]
    return {"encoder": "encoder", "quality": "segment quality"}.get(first, "queries")


def count(settings: Model, *, window: int, dimension: int, classes: int) -> dict[str, Cost]:
    """Cost of each of ``COMPONENTS`` for a window of ``window`` snippets of ``dimension`` features."""
    model = build_react(settings, dimension=dimension, classes=classes).eval().requires_grad_(False)
    parameters = dict.fromkeys(COMPONENTS, 0)
    for name, tensor in model.named_parameters():
        parameters[component(name)] += tensor.numel()
    # On the device `meta` nothing is computed, and sampling is by look-ups, as where the paper counted.
    meta = torch.device("meta")
    macs = _count_macs(
        model.to(meta), torch.zeros(1, window, dimension, device=meta), torch.full((1,), window, device=meta)
    )
    return {name: Cost(parameters[name], macs[name]) for name in COMPONENTS}


def _count_macs(model: ReAct, features: torch.Tensor, lengths: torch.Tensor) -> dict[str, int]:
    with FlopCounterMode(display=False) as counter:
        model(features, lengths)
    macs = dict.fromkeys(COMPONENTS, 0)
    for module, operations in counter.get_flop_counts().items():
        path = module.split(".", 1)[1] if "." in module else ""
        depth = path.count(".")
        # Each component is counted at the module that is wholly its own; its parts are in it already.
        if (path in ("project", "encoder", "quality", "reference")) or (depth == 2 and path.startswith("decoder.")):
            macs[component(path)] += sum(operations.values()) // 2
    total = sum(counter.get_flop_counts()["Global"].values()) // 2
    macs["decoder layers"] += total - sum(macs.values())  # what the decoder computes outside its parts: equation 1
    return macs
