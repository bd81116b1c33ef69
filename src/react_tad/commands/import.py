"""Make a model that ``react-tad detect`` runs out of the authors' released checkpoint (THUMOS14, TSN features).

It is read without running anything that it may hold. What is missing in it, left over, or has another shape is an error
that lists it, and nothing is written then. ``react-tad fetch-weights`` gets the file.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="react_thumos_pretrained_weight.pth")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for model.safetensors and model.json"
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, check, translate, write."""
    from react_tad.data.datasets.thumos14 import CLASSES
    from react_tad.data.released_checkpoint import DIMENSION, released_params
    from react_tad.files import sha256
    from react_tad.training.checkpoints import provenance, save_model
    from react_tad.training.released_weights import check_fits, our_weights, read_checkpoint

    params, classes = released_params(), sorted(CLASSES)
    content = read_checkpoint(arguments.checkpoint)
    weights = our_weights(
        content["state_dict"],
        params.model,
        dimension=DIMENSION,
        classes=len(classes),
        where=str(arguments.checkpoint),
    )
    check_fits(weights, params.model, dimension=DIMENSION, classes=len(classes))
    sections = params.model_dump(mode="json")
    description = {
        "parameters": {name: sections[name] for name in ("model", "matching", "loss", "train")} | {"seed": None},
        "dimension": DIMENSION,
        "classes": classes,
        "epoch": _epoch(content),
        "provenance": provenance({arguments.checkpoint.name: sha256(arguments.checkpoint)}),
    }
    save_model(arguments.out, weights, description)
    print(f"{arguments.out}: {sum(tensor.numel() for tensor in weights.values())} numbers from {arguments.checkpoint}")


def _epoch(content: dict) -> int | None:
    """The epoch that the checkpoint says it is of, if it does."""
    meta = content.get("meta")
    epoch = meta.get("epoch") if isinstance(meta, dict) else None
    return epoch if isinstance(epoch, int) else None
