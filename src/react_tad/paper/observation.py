"""A trained model watched at work: what each decoder layer is given, window by window, for Figure 4."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from react_tad import segments
from react_tad.data.windows import Window
from react_tad.paper.relations import Layer, WindowRelations, classify
from react_tad.training.batches import WindowSet
from react_tad.training.checkpoints import TrainedModel

BATCH_SIZE = 64


@torch.inference_mode()
def watch(
    trained: TrainedModel,
    windows: WindowSet,
    positions: Sequence[int],
    *,
    device: torch.device,
    query: int | None = None,
) -> Iterator[WindowRelations]:
    """Run a model over windows of one split, by position, and tell how their queries are related.

    ``query`` is the reference query; if None, the best-scoring one of each window. Raises ValueError if the last
    layer's references have no width, or if there is no such query.
    """
    model = trained.model.to(device).eval()
    relation = model.decoder.relation
    if query is not None and not 0 <= query < len(model.content):
        raise ValueError(f"query {query} should be from 0 to {len(model.content) - 1}")
    for first in range(0, len(positions), BATCH_SIZE):
        chosen = positions[first : first + BATCH_SIZE]
        (batch,) = windows.batches(chosen, len(chosen), padded_length=windows.nominal_length)
        moved = batch.to(device)
        with _contents(model.decoder.layers) as contents:
            output = model(moved.features, moved.lengths)
        given = [model.reference(model.position).sigmoid().expand(len(chosen), -1, -1), *output.decoded.segments[:-1]]
        if given[-1].shape[-1] == 1:
            raise ValueError("the last decoder layer's references have no width, so that no overlap can be told")
        share = (moved.lengths / moved.features.shape[1]).view(-1, 1, 1)
        layers = [_layer(relation, share, *own) for own in zip(contents, given, output.decoded.allowed, strict=True)]
        best = output.scores.max(-1)
        for row, position in enumerate(chosen):
            scores = best.values[row].double().cpu().numpy()
            yield WindowRelations(
                **_place(windows, windows.examples[position][1], given[-1][row], output.decoded.segments[-1][row]),
                gamma=relation.gamma,
                tau=relation.tau,
                labels=tuple(windows.classes[label] for label in best.indices[row].tolist()),
                scores=scores,
                layers=[own[row] for own in layers],
                reference=int(scores.argmax()) if query is None else query,
            )


@contextmanager
def _contents(layers: nn.ModuleList) -> Iterator[list[Tensor]]:
    """Note the content of the queries that each decoder layer is given, [B, N, dim]."""
    contents: list[Tensor] = []

    def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        content, _, _, center, _ = inputs
        contents.append(content.expand(len(center), -1, -1))  # the first layer's is the same in all windows

    with ExitStack() as hooks:
        for layer in layers:
            hooks.enter_context(layer.register_forward_pre_hook(note))
        yield contents


def _layer(
    relation: Any, valid_share: Tensor, content: Tensor, references: Tensor, allowed: Tensor | None
) -> list[Layer]:
    """One decoder layer, window by window: [B, N, dim] content, [B, N, 1 or 2] references, [B, N, N] mask.

    ``valid_share`` ``[B, 1, 1]`` is the valid share of the padded length.

    ``relation`` is the decoder's own rule (equations 1-3). What it allows when no overlap is too much are the similar
    pairs, so that similarity is the model's own too, also where the model attends densely.
    """
    pairs = (*content.shape[:2], content.shape[1])
    attends = np.ones(pairs, dtype=bool) if allowed is None else allowed.cpu().numpy()
    if references.shape[-1] == 1:
        return [Layer(attends=own, relations=None, dense=True) for own in attends]
    similar = replace(relation, raid=True, tau=1.0, boundary="include").allowed(content, references, valid_share)
    iou = relation.iou(references, valid_share)
    distinct = iou <= relation.tau if relation.boundary == "include" else iou < relation.tau
    kinds = classify(similar.cpu().numpy(), distinct.cpu().numpy())
    return [Layer(attends=own, relations=kind, dense=allowed is None) for own, kind in zip(attends, kinds, strict=True)]


def _place(windows: WindowSet, window: Window, references: Tensor, detected: Tensor) -> dict[str, Any]:
    """Where the window, segments [N, 2] of it (center, width) and the instances in it are, in seconds."""
    ((store, index),) = windows.splits

    def seconds(shares: np.ndarray) -> np.ndarray:
        return store.seconds(window.video, window.first + shares * window.length)

    start, end = seconds(np.array([0.0, 1.0])).tolist()
    instances = []
    for instance in index.instances:
        if instance.video == window.video:
            from_to = store.seconds(window.video, np.array(instance.segment)).clip(start, end)
            if from_to[1] > from_to[0]:
                instances.append((index.classes[instance.label], *from_to.tolist()))
    return {
        "video": window.video,
        "first": window.first,
        "start_end": (start, end),
        "references": seconds(segments.start_end(references).double().cpu().numpy()),
        "detected": seconds(segments.start_end(detected).double().cpu().numpy()),
        "instances": instances,
    }


def choose(watched: Iterator[WindowRelations]) -> WindowRelations:
    """The window of most :attr:`WindowRelations.interest`, the first of equals."""
    chosen = None
    for window in watched:
        if chosen is None or window.interest > chosen.interest:
            chosen = window
    if chosen is None:
        raise ValueError("there is no window to choose from")
    return chosen
