"""Every stage of the detector."""

import pytest
import torch

from react_tad.model.react import build_react
from react_tad.params.experiment import Experiment
from released.arrays import BATCHES, PRECISIONS, inputs, network, settings, tensor, tolerance

by_batch = pytest.mark.parametrize("batch", BATCHES)
by_precision = pytest.mark.parametrize("precision", PRECISIONS, ids=["float64", "float32"])


@pytest.fixture(scope="module")
def outputs():
    with torch.no_grad():
        return {
            (batch, precision): network(precision)(*inputs(batch, precision))
            for batch in BATCHES
            for precision in PRECISIONS
        }


def close(ours, key, precision):
    torch.testing.assert_close(ours, tensor(key, precision), rtol=0, atol=tolerance(precision))


@by_batch
@by_precision
def test_encoder(outputs, batch, precision):
    features, lengths = inputs(batch)
    valid = torch.arange(features.shape[1]) < lengths.unsqueeze(-1)
    encoded = outputs[batch, precision].encoded
    torch.testing.assert_close(
        encoded[valid], tensor(f"{batch}.encoded", precision)[valid], rtol=0, atol=tolerance(precision)
    )


@by_batch
@by_precision
def test_first_reference(batch, precision):
    model = network(precision)
    ours = model.reference(model.position).sigmoid()[:, 0]
    close(ours.detach().expand(4, -1), f"{batch}.first_reference", precision)


@by_batch
@by_precision
def test_masks(outputs, batch, precision):
    """A layer without a mask is dense."""
    masks = outputs[batch, precision].decoded.allowed
    assert [mask is None for mask in masks] == [True, False, False]
    wanted = tensor(f"{batch}.allowed")
    assert wanted[0].all()
    assert torch.equal(torch.stack(masks[1:]), wanted[1:])


@by_batch
@by_precision
@pytest.mark.parametrize("name", ["hidden", "logits", "segments"])
def test_decoder(outputs, batch, precision, name):
    close(getattr(outputs[batch, precision].decoded, name), f"{batch}.{name}", precision)


@by_batch
@by_precision
def test_quality_and_scores(outputs, batch, precision):
    close(outputs[batch, precision].quality, f"{batch}.quality", precision)
    close(outputs[batch, precision].scores, f"{batch}.scores", precision)


def test_size_of_thumos14():
    """The count, and that the two unused norms of the encoder are all that gets no gradient."""
    file = {"dataset": "thumos14", "preset": "released", "seeds": [0], "datasets": {"thumos14": {}}}
    model = build_react(Experiment(file | {"variants": {"here": {}}}).resolve("here").params.model,
                        dimension=2048, classes=20)  # fmt: skip
    assert sum(parameter.numel() for parameter in model.parameters()) == 5_934_555


def test_only_the_unused_norms_are_never_trained():
    model = network()
    output = model(*inputs("full"))
    (output.scores.sum() + output.decoded.segments.sum() + output.decoded.logits.sum()).backward()
    without = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    layers = range(settings().model.encoder_layers)
    assert without == {f"encoder.layers.{layer}.ffn_norm.{leaf}" for layer in layers for leaf in ("weight", "bias")}
