import math

import numpy as np
import pytest
import torch

import plain.model
from react_tad.model.react import build_react
from small import CLASSES, DIMENSION, PRESETS, pad, react, resolve

VARIANTS = {
    "paper": ("paper", {}),
    "released": ("released", {}),
    "plain": ("paper", {"model.raid.enabled": False, "model.quality": False}),
    "released, plain": ("released", {"model.raid.enabled": False, "model.quality": False}),
    "no encoder": ("paper", {"model.encoder_layers": 0}),
    "one of each": ("released", {"model.encoder_layers": 1, "model.decoder_layers": 1, "model.points": 1}),
    "points, relational": ("paper", {"model.first_reference": "point", "model.raid.tau": 0.9}),
}


def settings_of(preset, overrides):
    return resolve(preset, {"model.raid.gamma": 0.0} | overrides).params.model


def random_windows(*lengths, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(length, DIMENSION, generator=generator, dtype=torch.float64) for length in lengths]


@pytest.mark.parametrize(("preset", "overrides"), VARIANTS.values(), ids=VARIANTS)
def test_the_detector_is_as_in_plain_loops(preset, overrides):
    settings = settings_of(preset, overrides)
    model, windows = react(settings), random_windows(9, 5)
    with torch.no_grad():
        output = model(*pad(windows))
    masks = []
    for number, window in enumerate(windows):
        expected = plain.model.react(model, settings, window.numpy(), padded=9)
        for layer in range(settings.decoder_layers):
            np.testing.assert_allclose(output.decoded.logits[layer, number], expected.logits[layer], atol=1e-8)
            np.testing.assert_allclose(output.decoded.segments[layer, number], expected.segments[layer], atol=1e-8)
            mask = output.decoded.allowed[layer]
            assert (mask is None and np.all(expected.masks[layer])) or mask[number].tolist() == expected.masks[layer]
            masks.append(expected.masks[layer])
        if settings.quality:
            np.testing.assert_allclose(output.quality[:, number], expected.quality, atol=1e-8)
        else:
            assert output.quality is None
        np.testing.assert_allclose(output.scores[number], expected.scores, atol=1e-8)
    off_diagonal = np.array(masks)[:, ~np.eye(settings.queries, dtype=bool)]
    assert not settings.raid.enabled or settings.decoder_layers == 1 or off_diagonal.any() != off_diagonal.all()


@pytest.mark.parametrize(("preset", "overrides"), VARIANTS.values(), ids=VARIANTS)
def test_the_second_pass_of_ace_dec_is_as_in_plain_loops(preset, overrides):
    settings = settings_of(preset, overrides)
    model, windows = react(settings), random_windows(9, 5)
    references = torch.rand(2, settings.queries, 2, dtype=torch.float64)
    with torch.no_grad():
        found = model.classify_segments(model(*pad(windows)), references)
    for number, window in enumerate(windows):
        own = [tuple(reference) for reference in references[number].tolist()]
        expected = plain.model.classify(model, settings, window.numpy(), 9, own)
        np.testing.assert_allclose(found[:, number], expected, atol=1e-8)


class TestPadding:
    """How much padding a batch adds to a window, and what it holds, changes nothing (single precision).

    It does in the released code, by its sampling and by where it cuts segments; nothing else there does.
    """

    @pytest.fixture(params=PRESETS)
    def model(self, request):
        exact = {"model.sampling": "exact", "model.raid.overlap": "exact"}
        return react(settings_of(request.param, exact)).float()

    @staticmethod
    def padded(windows, **padding):
        features, lengths = pad([window.float() for window in windows], **padding)
        return features, lengths

    @pytest.mark.parametrize("fill", [0.0, 1e3, math.nan, math.inf])
    @pytest.mark.parametrize("length", [13, 40])
    def test_of_scores_and_segments(self, model, length, fill):
        windows = random_windows(9, 5, 13)
        with torch.no_grad():
            together = model(*self.padded(windows, length=length, fill=fill))
            for number, window in enumerate(windows):
                alone = model(*self.padded([window]))
                assert (together.scores[number] - alone.scores[0]).abs().max() < 1e-5
                difference = together.decoded.segments[:, number] - alone.decoded.segments[:, 0]
                assert difference.abs().max() < 1e-5

    def test_of_gradients(self, model):
        windows = random_windows(9, 5, 13)

        def gradients(number, features, lengths):
            features.requires_grad_()
            output = model(features, lengths)
            loss = output.scores[number].square().sum() + output.decoded.segments[:, number].square().sum()
            model.zero_grad()
            return torch.autograd.grad(loss, [features, *model.parameters()], allow_unused=True)

        for number, window in enumerate(windows):
            of_features, *of_weights = gradients(number, *self.padded(windows, length=40, fill=1e3))
            of_window, *expected = gradients(0, *self.padded([window]))
            assert (of_features[number, : len(window)] - of_window[0]).abs().max() < 1e-5
            of_features[number, : len(window)] = 0
            assert not of_features.any(), "no gradient flows into padding or into other windows"
            for found, wanted in zip(of_weights, expected, strict=True):
                assert (found is None) == (wanted is None)
                assert found is None or (found - wanted).abs().max() < 1e-5 * max(1, wanted.abs().max())


@pytest.mark.parametrize("fill", [1e3, math.nan, math.inf])
def test_what_padding_holds_changes_nothing_in_the_released_code_either(fill):
    model, windows = react(settings_of("released", {})), random_windows(9, 5)
    with torch.no_grad():
        expected = model(*pad(windows, length=13))
        output = model(*pad(windows, length=13, fill=fill))
        longer = model(*pad(windows, length=14))
    assert torch.equal(output.scores, expected.scores)
    assert torch.equal(output.decoded.segments, expected.decoded.segments)
    assert not torch.allclose(longer.scores, expected.scores), "how long it is does change something"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_window_of_one_snippet_is_a_window(preset):
    model = react(settings_of(preset, {}))
    assert torch.isfinite(model(*pad(random_windows(1, 4))).scores).all()


def test_scores_are_multiplied_by_the_quality():
    model = react(settings_of("paper", {}))
    with torch.no_grad():
        model.quality.weight.zero_()
        model.quality.bias.copy_(torch.tensor([0.0, math.log(3)]))  # 0.5 and 0.75
        output = model(*pad(random_windows(9)))
    torch.testing.assert_close(output.scores, output.decoded.logits[-1].sigmoid() * 0.375)


def test_every_class_has_a_probability_of_one_percent_at_the_start():
    model = build_react(settings_of("paper", {}), dimension=DIMENSION, classes=len(CLASSES))
    for head in model.decoder.class_heads:
        torch.testing.assert_close(head.bias.sigmoid(), torch.full((len(CLASSES),), 0.01))


@pytest.mark.parametrize("preset", PRESETS)
def test_no_weight_is_idle(preset):
    settings = settings_of(preset, {})
    model = react(settings)
    output = model(*pad(random_windows(9, 5)))
    second = model.classify_segments(output, torch.rand(2, settings.queries, 2, dtype=torch.float64))
    spoken = (output.decoded.logits, output.decoded.segments, output.quality, second)
    sum(each.square().sum() for each in spoken).backward()
    idle = [name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    # The softmax does not change when all keys move by the same vector. The released encoder never applies one norm.
    expected = ["attention.key.bias"] + ([] if settings.encoder_ffn_norm else [".ffn_norm.weight", ".ffn_norm.bias"])
    encoder_norms = [name for name in idle if name.startswith("encoder") and "ffn_norm" in name]
    assert len(encoder_norms) == (0 if settings.encoder_ffn_norm else 2 * settings.encoder_layers)
    assert [name for name in idle if not name.endswith(tuple(expected))] == []
