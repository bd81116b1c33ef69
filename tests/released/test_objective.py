"""Matching, every loss of every layer, the total and its gradients, the second pass of ACE-dec."""

import pytest
import torch

from react_tad.losses.classification import ground_truth_references
from react_tad.losses.criterion import Criterion
from react_tad.losses.iou_decay import iou_decay
from react_tad.losses.matching import match
from released.arrays import (
    BATCHES,
    PRECISIONS,
    arrays,
    inputs,
    network,
    our_name,
    settings,
    targets,
    tensor,
    tolerance,
)

by_batch = pytest.mark.parametrize("batch", BATCHES)
by_precision = pytest.mark.parametrize("precision", PRECISIONS, ids=["float64", "float32"])
TERMS = ("classification", "ace_dec", "l1", "giou", "quality_midpoint", "quality_iou")


@pytest.fixture(scope="module")
def passes():
    """The network, its output and the terms by layer of each batch and precision."""
    made = {}
    for batch in BATCHES:
        for precision in PRECISIONS:
            model = network(precision)
            output = model(*inputs(batch, precision))
            criterion = Criterion(settings().loss, settings().matching)
            terms = criterion.by_layer(output, targets(batch, precision), model.classify_segments)
            made[batch, precision] = model, output, terms, criterion
    return made


@by_batch
@by_precision
def test_matching(passes, batch, precision):
    _, output, _, _ = passes[batch, precision]
    decoded = output.decoded
    pairs = match(decoded.logits, decoded.segments, targets(batch, precision), settings().matching)
    ours = torch.stack((pairs.window, pairs.query, pairs.instance), dim=1)  # [layers, 3, P]
    for layer, theirs in zip(ours, tensor(f"{batch}.match"), strict=True):
        assert set(map(tuple, layer.T.tolist())) == set(map(tuple, theirs.T.tolist()))


@by_batch
@by_precision
@pytest.mark.parametrize("term", TERMS)
def test_losses(passes, batch, precision, term):
    ours = passes[batch, precision][2][term]
    wanted = tensor(f"{batch}.loss.{term}", precision)
    torch.testing.assert_close(ours, wanted, rtol=tolerance(precision), atol=tolerance(precision))


@by_batch
@by_precision
def test_logged_iou_decay(passes, batch, precision):
    _, output, terms, _ = passes[batch, precision]
    wanted = tensor(f"{batch}.logged.iou_decay", precision)
    torch.testing.assert_close(terms["iou_decay"], wanted, rtol=tolerance(precision), atol=tolerance(precision))
    assert not torch.allclose(iou_decay(output.decoded.segments, overlap="exact"), wanted)


@by_batch
@by_precision
def test_total_and_gradients(passes, batch, precision):
    """Gradients of all parameters, by the norm of their difference relative to their own."""
    model, _, terms, criterion = passes[batch, precision]
    total = criterion.total({name: term.sum() for name, term in terms.items()})
    torch.testing.assert_close(
        total, tensor(f"{batch}.loss.total", precision), rtol=tolerance(precision), atol=tolerance(precision)
    )
    gradients = dict(zip(dict(model.named_parameters()), torch.autograd.grad(
        total, list(model.parameters()), retain_graph=True, allow_unused=True), strict=True))  # fmt: skip
    compared = 0
    for key in arrays():
        if not key.startswith(f"{batch}.gradient."):
            continue
        name, rows = our_name(key.removeprefix(f"{batch}.gradient."))
        theirs, ours = tensor(key, precision), gradients[name][rows]
        off, norm = (ours - theirs).norm().item(), theirs.norm().item()
        if name.endswith("attention.key.bias"):  # zero but for rounding: softmax ignores what all keys share
            assert ours.norm().item() < tolerance(precision), key
        else:
            assert off <= (1e-10 if precision == torch.float64 else 1e-4) * norm, (key, off / norm)
        compared += 1
    assert compared == sum(key.startswith("parameter.") and "unused" not in key for key in arrays())


@by_batch
@by_precision
def test_second_pass(passes, batch, precision):
    model, output, _, _ = passes[batch, precision]
    instances = targets(batch, precision)
    pairs = match(output.decoded.logits, output.decoded.segments, instances, settings().matching)
    references = ground_truth_references(output.decoded.segments[-1], pairs, instances, unmatched="center")
    torch.testing.assert_close(
        references, tensor(f"{batch}.ace_dec.reference", precision), rtol=0, atol=tolerance(precision)
    )
    logits = model.classify_segments(output, references)
    window, query, _ = tensor(f"{batch}.match")[-1]
    torch.testing.assert_close(
        logits[:, window, query],
        tensor(f"{batch}.ace_dec.logits", precision),
        rtol=0,
        atol=tolerance(precision),
    )


@by_batch
def test_second_pass_is_masked_in_every_layer(passes, batch):
    model, output, _, _ = passes[batch, torch.float64]
    masks, references = [], tensor(f"{batch}.ace_dec.reference")
    content = model.content.expand(4, -1, -1)
    for index, value in enumerate(output.values):
        content, allowed = model.decoder._layer(index, content, references, value, output.lengths)
        masks.append(allowed)
    assert torch.equal(torch.stack(masks), tensor(f"{batch}.ace_dec.allowed"))


def test_weights_of_the_terms():
    """The total of one unit of each term is the sum of their weights."""
    criterion = Criterion(settings().loss, settings().matching)
    for name in (*TERMS, "iou_decay", "ace_enc"):
        one = {name: torch.ones((), dtype=torch.float64)}
        assert criterion.total(one).item() == pytest.approx(float(arrays()[f"weight.{name}"])), name
