import numpy as np
import pytest
import torch

import plain.model
from react_tad.model.deformable_attention import DeformableAttention
from react_tad.model.encoder import Encoder, EncoderLayer
from react_tad.model.layers import FeedForward


def encoder(*, layers, ffn_norm, sampling):
    generator = torch.Generator().manual_seed(3)
    made = Encoder(
        [
            EncoderLayer(
                DeformableAttention(8, heads=2, points=3, sampling=sampling),
                FeedForward(8, 12),
                dim=8,
                ffn_norm=ffn_norm,
                dropout=0.0,
            )
            for _ in range(layers)
        ]
    ).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return made


@pytest.mark.parametrize("sampling", ["exact", "released"])
@pytest.mark.parametrize("ffn_norm", [True, False], ids=["norm", "no norm"])
def test_encoder_is_supplement_a(ffn_norm, sampling):
    made, lengths = encoder(layers=2, ffn_norm=ffn_norm, sampling=sampling), (7, 4)
    sequence = torch.randn(2, 7, 8, dtype=torch.float64)
    found = made(sequence, torch.arange(7) < torch.tensor(lengths)[:, None]).detach().numpy()
    weights = plain.model.Weights(made)
    for window, length in enumerate(lengths):
        window_of = plain.model.Window(length, 7, sampling == "released")
        expected = list(sequence[window, :length].numpy())
        for layer in range(2):
            expected = plain.model.encoder_layer(
                weights, f"layers.{layer}", expected, window_of, heads=2, points=3, ffn_norm=ffn_norm
            )
        np.testing.assert_allclose(found[window, :length], expected, atol=1e-9)


def test_without_layers_nothing_changes():
    sequence = torch.randn(2, 7, 8)
    assert torch.equal(Encoder([])(sequence, torch.ones(2, 7, dtype=torch.bool)), sequence)
