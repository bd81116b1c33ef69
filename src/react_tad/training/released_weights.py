"""The authors' weights: from the names of their released checkpoint to those of our network.

Their file is a dictionary with ``meta``, ``state_dict`` and maybe ``optimizer``; names may start with ``module.``. Its
segment heads stand there twice, as ``transformer.decoder.segment_embed`` and as ``segment_embed``, and are one tensor.
What in their code (CausalLearning/ReAct, ``model/transformer.py``) a name alone does not say:

- the first half of ``query_embed`` is the queries' content, the second the position that makes the first reference;
- ``norm1``, ``norm2`` and ``norm3`` of a decoder layer follow the relational attention, the cross-attention and the
  feed-forward network, in this order (in Deformable DETR, which they started from, the first two are the other way
  round);
- ``norm2`` of an encoder layer is never applied.

Our quality head is one layer with two outputs: theirs for the midpoint (``cen_predictor``) and for the IoU.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from react_tad.data.datasets.thumos14 import CLASSES, OPTIONS
from react_tad.data.released_checkpoint import DIMENSION, released_params
from react_tad.files import sha256
from react_tad.model.react import build_react
from react_tad.params.experiment import Resolved
from react_tad.params.model import Model
from react_tad.training.checkpoints import CheckpointError, provenance, save_model
from react_tad.training.model_folder import MODEL
from react_tad.training.packaging import completed, write_card

PREFIX = "module."
TWICE = "segment_embed."
"""Prefix of the second names of the segment heads."""


class Unread:
    """Stands for a number or array of NumPy that a checkpoint's ``meta`` may hold: nothing of it is made or kept."""

    def __init__(self, *_: Any):
        pass

    def __setstate__(self, _: Any) -> None:
        pass


NUMPY = [
    (Unread, name)
    for name in (
        *(f"numpy.{core}.multiarray.{made}" for core in ("core", "_core") for made in ("scalar", "_reconstruct")),
        "numpy.dtype",
        "numpy.ndarray",
    )
]
"""What a pickle asks for where it holds numbers of NumPy, such as the best mAP so far, and what it gets."""


class Layer(NamedTuple):
    """A linear layer or a layer norm in both networks: the beginnings of its names, and the shape of its weight."""

    theirs: str
    ours: str
    weight: tuple[int, ...]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by what follows the beginning of the name."""
        return {"weight": self.weight, "bias": self.weight[:1]}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a file that ``torch.save`` wrote, without running anything that it may hold.

    Raises CheckpointError that names the file, if it is damaged, or holds anything but tensors and plain values.
    """
    try:
        with torch.serialization.safe_globals(NUMPY):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged or hostile file can fail in any way
        raise CheckpointError(f"{path}: {_why_refused(error)}") from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        found = f"a dictionary with {_some(content)}" if isinstance(content, dict) else type(content).__name__
        raise CheckpointError(f"{path} holds {found}; the authors' checkpoint has a 'state_dict'")
    return content


def _why_refused(error: Exception) -> str:
    """What is wrong with a file; torch's own message goes on with advice to load it unsafely."""
    if forbidden := re.search(r"GLOBAL ([\w.]+)", str(error)):
        return (
            f"refused, and nothing of it was run: it asks for '{forbidden[1]}' when it is loaded. A checkpoint holds "
            "tensors and plain values only; get the file anew from where it was published"
        )
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return (
        "cannot be read as a checkpoint of torch without running code from it; it is damaged or something else "
        f"({type(error).__name__}: {reason[-1]})"
    )


def _some(names: Any, limit: int = 8) -> str:
    listed = [f"'{name}'" for name in names]
    return ", ".join(listed[:limit]) + (", ..." if len(listed) > limit else "") if listed else "nothing"


def layers(model: Model, *, dimension: int, classes: int) -> Iterator[Layer]:
    """All layers that both networks have as they are."""
    dim = model.dim
    yield Layer("input_proj.layers.0", "project", (dim, dimension))
    for index in range(model.encoder_layers):
        theirs, ours = f"transformer.encoder.layers.{index}", f"encoder.layers.{index}"
        yield from _deformable(f"{theirs}.self_attn", f"{ours}.attention", model)
        yield from _feed_forward(theirs, ours, model)
        yield Layer(f"{theirs}.norm1", f"{ours}.attention_norm", (dim,))
        yield Layer(f"{theirs}.norm2", f"{ours}.ffn_norm", (dim,))
    for index in range(model.decoder_layers):
        theirs, ours = f"transformer.decoder.layers.{index}", f"decoder.layers.{index}"
        for their_name, name in (("Q", "query"), ("K", "key"), ("V", "value")):
            yield Layer(f"{theirs}.self_attn.{their_name}", f"{ours}.attention.{name}", (dim, dim))
        yield from _deformable(f"{theirs}.cross_attn", f"{ours}.cross_attention", model)
        yield from _feed_forward(theirs, ours, model)
        for number, name in enumerate(("attention_norm", "cross_norm", "ffn_norm"), 1):
            yield Layer(f"{theirs}.norm{number}", f"{ours}.{name}", (dim,))
        yield from _heads(index, dim, classes)
    yield Layer("transformer.decoder.norm", "decoder.final_norm", (dim,))
    yield Layer("transformer.decoder.reference_point", "reference", (1, dim))


def _deformable(theirs: str, ours: str, model: Model) -> Iterator[Layer]:
    for their_name, name in (("sampling_offsets", "offset"), ("atten_weight", "weight")):
        yield Layer(f"{theirs}.{their_name}", f"{ours}.{name}", (model.heads * model.points, model.dim))
    for their_name, name in (("value_proj", "value"), ("out_proj", "output")):
        yield Layer(f"{theirs}.{their_name}", f"{ours}.{name}", (model.dim, model.dim))


def _feed_forward(theirs: str, ours: str, model: Model) -> Iterator[Layer]:
    yield Layer(f"{theirs}.linear1", f"{ours}.ffn.0", (model.ffn_dim, model.dim))
    yield Layer(f"{theirs}.linear2", f"{ours}.ffn.3", (model.dim, model.ffn_dim))


def _heads(index: int, dim: int, classes: int) -> Iterator[Layer]:
    yield Layer(f"class_embed.{index}", f"decoder.class_heads.{index}", (classes, dim))
    for number, out in enumerate((dim, dim, 2)):
        theirs = f"transformer.decoder.segment_embed.{index}.layers.{number}"
        yield Layer(theirs, f"decoder.segment_heads.{index}.{2 * number}", (out, dim))


def released_shapes(model: Model, *, dimension: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Every name of the authors' ``state_dict`` with its shape."""
    shapes = {"query_embed.weight": (model.queries, 2 * model.dim)}
    for layer in layers(model, dimension=dimension, classes=classes):
        shapes |= {f"{layer.theirs}.{part}": shape for part, shape in layer.shapes().items()}
    for name in ("iou_predictor", "cen_predictor"):
        shapes |= {f"{name}.weight": (1, model.dim), f"{name}.bias": (1,)}
    return shapes | {other: shapes[name] for name, other in _twice(shapes)}


def _twice(names: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of names of one tensor."""
    first = f"transformer.decoder.{TWICE}"
    return [(name, TWICE + name.removeprefix(first)) for name in names if name.startswith(first)]


def our_weights(
    state: Mapping[str, Any], model: Model, *, dimension: int, classes: int, where: str
) -> dict[str, Tensor]:
    """The weights of our network from the authors' ``state_dict``, each a copy in single precision.

    Raises CheckpointError that names ``where`` and lists all that is missing, left over, or has another shape.
    """
    state = _without_prefix(state, where)
    shapes = released_shapes(model, dimension=dimension, classes=classes)
    if faults := _faults(state, shapes):
        raise CheckpointError(f"{where} is not the network of the preset 'released':\n" + "\n".join(faults))
    weights = {
        f"{layer.ours}.{part}": state[f"{layer.theirs}.{part}"]
        for layer in layers(model, dimension=dimension, classes=classes)
        for part in layer.shapes()
    }
    weights["content"], weights["position"] = state["query_embed.weight"].chunk(2, dim=1)
    for part in ("weight", "bias"):
        weights[f"quality.{part}"] = torch.cat([state[f"cen_predictor.{part}"], state[f"iou_predictor.{part}"]])
    return {name: tensor.detach().to(torch.float32, copy=True).contiguous() for name, tensor in weights.items()}


def _without_prefix(state: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The names as they are without several GPUs."""
    bare = {str(name).removeprefix(PREFIX): tensor for name, tensor in state.items()}
    if len(bare) < len(state):
        both = [name for name in state if f"{PREFIX}{name}" in state]
        raise CheckpointError(f"{where} has names with and without '{PREFIX}': {_some(both)}; each should stand once")
    return bare


def _faults(state: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """A line for everything that is wrong."""
    faults = [f"missing: {name} {list(shape)}" for name, shape in shapes.items() if name not in state]
    faults += [f"left over: {name} {_found(tensor)}" for name, tensor in state.items() if name not in shapes]
    right = set()
    for name, shape in shapes.items():
        if name not in state:
            continue
        tensor = state[name]
        if isinstance(tensor, Tensor) and tensor.is_floating_point() and tuple(tensor.shape) == shape:
            right.add(name)
        else:
            faults.append(f"another shape: {name} is {_found(tensor)}, should be {list(shape)} of floating point")
    for name, other in _twice(shapes):
        if {name, other} <= right and not torch.equal(state[name], state[other]):
            faults.append(f"differ: {name} and {other}, which are one tensor in the authors' network")
    return faults


def _found(value: Any) -> str:
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{list(value.shape)}" + ("" if value.is_floating_point() else f" of {value.dtype}")


def check_fits(weights: Mapping[str, Tensor], model: Model, *, dimension: int, classes: int) -> None:
    """Raise CheckpointError if our own network has other names or shapes than :func:`our_weights` gives."""
    with torch.device("meta"):
        network = build_react(model, dimension=dimension, classes=classes)
    ours = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    wrong = sorted(name for name in ours | given if ours.get(name) != given.get(name))
    if wrong:
        lines = [
            f"{name}: {given.get(name, 'nothing')} is given, {ours.get(name, 'nothing')} is needed" for name in wrong
        ]
        raise CheckpointError("the authors' weights do not fit our network:\n" + "\n".join(lines))


def import_checkpoint(checkpoint: Path, out: Path, *, code: Mapping[str, Any]) -> int:
    """Write the model folder ``out`` from the authors' file; gives how many numbers the network has.

    ``code`` is the commit that this is. The folder is complete: ``react-tad detect`` and ``predict`` take it.

    Raises CheckpointError if the file is not what it should be; nothing is written then.
    """
    params, classes = released_params(), sorted(CLASSES)
    content = read_checkpoint(checkpoint)
    size = {"dimension": DIMENSION, "classes": len(classes)}
    weights = our_weights(content["state_dict"], params.model, **size, where=str(checkpoint))
    check_fits(weights, params.model, **size)
    sections = json.loads(Resolved(params, {}).step("package"))
    training = {
        "parameters": json.loads(Resolved(params, {}).step("train", seed=None)),
        "dimension": DIMENSION,
        "classes": classes,
        "epoch": _epoch(content),
        "provenance": provenance({checkpoint.name: sha256(checkpoint)}),
    }
    features = {
        "dimension": DIMENSION,
        "dtype": "float32",
        "time": None,  # each video has its own frame rate
        "rescaled_to": None,
        "source": {"options": OPTIONS(**sections["options"]).model_dump(mode="json")},
        "sha256": {},
    }
    complete = completed(training, sections, features, variant="pretrained", metrics=None, code=code)
    save_model(out, weights, complete, name=MODEL)
    write_card(out)
    return sum(tensor.numel() for tensor in weights.values())


def _epoch(content: dict[str, Any]) -> int | None:
    """The epoch that the checkpoint says it is of, if it does."""
    meta = content.get("meta")
    epoch = meta.get("epoch") if isinstance(meta, dict) else None
    return epoch if isinstance(epoch, int) else None
