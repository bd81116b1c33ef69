from types import SimpleNamespace

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.criterion import Criterion
from small import PRESETS, pad, random_instances, react, resolve, targets

from .made import predictions

LAYERS, QUERIES, CLASSES = 3, 4, 3
TERMS = ("classification", "ace_dec", "l1", "giou", "quality_midpoint", "quality_iou", "iou_decay", "ace_enc")
COUNTS = (2, 0, 3)
BATCHES = {
    "some": (2, 1),
    "none in one window": (2, 0, 3),
    "none at all": (0, 0),
    "a single one": (1,),
    "as many as queries": (5, 5),
    "more than queries": (8, 0, 6),
}


class Said:
    """Random output of a detector: NumPy arrays, and the same as tensors in the form that the criterion reads."""

    def __init__(self, counts=COUNTS, *, quality=True):
        random = np.random.default_rng(0)
        self.instances = random_instances(random, counts)
        self.logits = random.normal(size=(LAYERS, len(counts), QUERIES, CLASSES)) * 2
        self.second = random.normal(size=self.logits.shape) * 2
        self.segments = predictions(random, LAYERS, len(counts), QUERIES)
        self.quality = random.normal(size=(LAYERS, len(counts), QUERIES, 2))
        decoded = SimpleNamespace(logits=torch.tensor(self.logits), segments=torch.tensor(self.segments))
        self.output = SimpleNamespace(decoded=decoded, quality=torch.tensor(self.quality) if quality else None)
        self.asked = None

    def classify_segments(self, output, references):
        """The second pass: remembers what it was asked."""
        assert output is self.output
        self.asked = references
        return torch.tensor(self.second)

    def terms(self, criterion):
        """The terms summed over layers, as numbers."""
        found = criterion.terms(self.output, targets(self.instances), self.classify_segments)
        return {name: float(term) for name, term in found.items()}

    def by_layer(self, criterion):
        """The terms of each layer, as lists."""
        found = criterion.by_layer(self.output, targets(self.instances), self.classify_segments)
        return {name: term.tolist() for name, term in found.items()}


def criterion_of(preset="paper", **overrides):
    settings = resolve(preset, overrides).params
    return Criterion(settings.loss, settings.matching), settings


def plain_matches(said, settings):
    """Pairs of each layer by its own predictions."""
    return [
        plain.losses.match(said.logits[layer], said.segments[layer], said.instances, settings.matching)
        for layer in range(LAYERS)
    ]


def plain_terms(said, settings):
    """Every term of every layer that has it, by plain loops."""
    loss, matches = settings.loss, plain_matches(said, settings)
    focal = {"alpha": loss.classification.alpha, "gamma": loss.classification.gamma}
    measure = {"overlap": loss.overlap}
    layers = range(LAYERS) if loss.auxiliary else [LAYERS - 1]
    terms = {name: [] for name in TERMS[:-1]}
    for layer in layers:
        segments, own = said.segments[layer], (said.instances, matches[layer])
        terms["classification"].append(plain.losses.query_class_loss(said.logits[layer], *own, **focal))
        terms["ace_dec"].append(
            plain.losses.ground_truth_class_loss(said.second[layer], said.instances, matches[-1], **focal)
        )
        for name, term in zip(("l1", "giou"), plain.losses.regression(segments, *own, **measure), strict=True):
            terms[name].append(term)
        terms["iou_decay"].append(plain.losses.iou_decay(segments, **measure))
        if loss.quality.layers == "all" or layer == LAYERS - 1:
            quality = said.quality[layer]
            terms["quality_midpoint"].append(plain.losses.midpoint(quality, segments, *own, form=loss.quality.midpoint))
            terms["quality_iou"].append(plain.losses.extent(quality, segments, said.instances, **measure))
    return terms


@pytest.mark.parametrize("layers", ["last", "all"])
@pytest.mark.parametrize("auxiliary", [True, False], ids=["every layer", "last layer"])
@pytest.mark.parametrize("preset", PRESETS)
def test_terms_are_as_in_plain_loops(preset, auxiliary, layers):
    criterion, settings = criterion_of(preset, **{"loss.auxiliary": auxiliary, "loss.quality.layers": layers})
    said = Said()
    found, expected = said.by_layer(criterion), plain_terms(said, settings)
    assert set(found) == set(expected)
    for name, term in expected.items():
        assert found[name] == pytest.approx(term), name
    assert said.terms(criterion) == pytest.approx({name: sum(term) for name, term in expected.items()})


@pytest.mark.parametrize(("preset", "quality"), [("paper", 1), ("released", LAYERS)])
def test_layers_that_have_a_term(preset, quality):
    found = {name: len(term) for name, term in Said().by_layer(criterion_of(preset)[0]).items()}
    assert found == dict.fromkeys(TERMS[:-1], LAYERS) | {"quality_midpoint": quality, "quality_iou": quality}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_second_pass_is_asked_about_the_last_layers_instances(preset):
    """Where a query has none: about its own segment, or in the released code (0.5, 0.5)."""
    criterion, settings = criterion_of(preset)
    said = Said()
    said.terms(criterion)
    expected = said.segments[-1].copy() if preset == "paper" else np.full((len(COUNTS), QUERIES, 2), 0.5)
    for window, pairs in enumerate(plain_matches(said, settings)[-1]):
        for query, instance in pairs:
            expected[window, query] = said.instances[window][instance][:2]
    np.testing.assert_allclose(said.asked.numpy(), expected)


@pytest.mark.parametrize(
    ("overrides", "missing"),
    [
        ({"loss.classification.query": False}, "classification"),
        ({"loss.classification.ground_truth": False}, "ace_dec"),
    ],
)
def test_terms_that_are_off_are_not_computed(overrides, missing):
    full, without = (set(Said().terms(criterion_of(**each)[0])) for each in ({}, overrides))
    assert full - without == {missing}


def test_without_the_head_there_is_no_quality_term():
    full, without = (set(Said(quality=each).terms(criterion_of()[0])) for each in (True, False))
    assert full - without == {"quality_midpoint", "quality_iou"}


@pytest.mark.parametrize(("preset", "flows"), [("paper", False), ("released", True)])
def test_gradient_of_the_quality_reaches_segments_in_released_only(preset, flows):
    said = Said()
    predicted = said.output.decoded.segments.requires_grad_()
    terms = criterion_of(preset)[0].terms(said.output, targets(said.instances), None)
    assert not terms["quality_midpoint"].requires_grad
    assert terms["quality_iou"].requires_grad is flows
    if flows:
        terms["quality_iou"].backward()
        touched = predicted.grad.abs().sum(dim=(0, 2, 3)) > 0
        assert touched.tolist() == [True, False, True], "the window in the middle has no instance"


def test_without_a_second_pass_there_is_no_ace_dec():
    said = Said()
    assert "ace_dec" not in criterion_of()[0].terms(said.output, targets(said.instances), None)


WEIGHTS = {
    "loss.classification.weight": 2.0,
    "loss.classification.ground_truth_weight": 3.0,
    "loss.segment.l1_weight": 5.0,
    "loss.segment.giou_weight": 7.0,
    "loss.quality.weight": 11.0,
    "loss.iou_decay.weight": 13.0,
    "loss.ace_enc.weight": 17.0,
}
EXPECTED = dict(zip(TERMS, (2.0, 2.0 * 3.0, 5.0, 7.0, 11.0, 11.0, 13.0, 17.0), strict=True))


def total(criterion, iteration=None, **terms):
    return float(criterion.total({name: torch.tensor(value) for name, value in terms.items()}, iteration))


@pytest.mark.parametrize(("term", "weight"), EXPECTED.items(), ids=EXPECTED)
def test_weight_of_each_term_of_equation_10(term, weight):
    criterion, _ = criterion_of(**WEIGHTS)
    assert total(criterion, **{term: 1.0}) == weight
    assert total(criterion, **(dict.fromkeys(TERMS, 0.0) | {term: 2.0})) == 2 * weight


def test_default_weights():
    """Recipe: L1 5, 1 - gIoU 2, classification 1, ACE-dec 1, both parts of the quality 1, IoU decay 1, ACE-enc 0.1; the
    released code only logs the IoU decay.
    """
    expected = dict.fromkeys(TERMS, 1) | {"l1": 5, "giou": 2, "ace_enc": 0.1}
    for preset, of_decay in (("paper", 1), ("released", 0)):
        criterion, _ = criterion_of(preset)
        found = {name: total(criterion, **{name: 1.0}) for name in TERMS}
        assert found == pytest.approx(expected | {"iou_decay": of_decay}), preset


def test_iou_decay_may_be_logged_only():
    criterion, settings = criterion_of(**{"loss.iou_decay.enabled": False, "loss.iou_decay.weight": 13.0})
    assert total(criterion, iou_decay=1.0, l1=1.0) == settings.loss.segment.l1_weight
    assert "iou_decay" in Said().terms(criterion)


def test_warm_up_leaves_out_the_query_loss_and_nothing_else():
    criterion, _ = criterion_of(**WEIGHTS, **{"loss.classification.warmup_iterations": 25})
    ones = dict.fromkeys(TERMS, 1.0)
    everything = sum(EXPECTED.values())
    found = {iteration: total(criterion, iteration, **ones) for iteration in (0, 24, 25, 1000, None)}
    assert found == {0: everything - 2, 24: everything - 2, 25: everything, 1000: everything, None: everything}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("counts", BATCHES.values(), ids=BATCHES)
def test_every_kind_of_batch_trains(preset, counts):
    settings = resolve(preset).params
    model, criterion = react(settings.model), Criterion(settings.loss, settings.matching)
    batch = pad([torch.randn(9 - number, 6, dtype=torch.float64) for number in range(len(counts))])
    instances = targets(random_instances(np.random.default_rng(0), counts))
    terms = criterion.terms(model(*batch), instances, model.classify_segments)
    criterion.total(terms).backward()
    assert all(torch.isfinite(term) for term in terms.values())
    for name, parameter in model.named_parameters():
        if preset == "released" and ".ffn_norm." in name and name.startswith("encoder."):
            assert parameter.grad is None, "is there, and not applied"
        else:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize(
    ("preset", "padded_length"), [("paper", 30), ("released", 9)], ids=["longer", "by something else"]
)
def test_padding_changes_no_term_and_no_gradient(preset, padded_length):
    """Neither how much nor what it holds; in the released code how much does (as the next test says)."""
    terms, gradients = step(preset)
    padded_terms, padded_gradients = step(preset, length=padded_length, fill=torch.nan)
    for name, term in terms.items():
        assert abs(term - padded_terms[name]) < 1e-5 * max(1, term), name
    for name, one in gradients.items():
        assert (one - padded_gradients[name]).abs().max() < 1e-5 * max(1, one.abs().max()), name


def test_the_length_of_padding_counts_in_released():
    assert abs(step("released")[0]["l1"] - step("released", length=30)[0]["l1"]) > 1e-3


def step(preset, **padding):
    """Terms and gradients by name, of windows of 9 and 5 snippets."""
    settings = resolve(preset).params
    model, criterion = react(settings.model).float(), Criterion(settings.loss, settings.matching)
    random = torch.Generator().manual_seed(0)
    windows = [torch.randn(length, 6, generator=random) for length in (9, 5)]
    instances = targets(random_instances(np.random.default_rng(0), (2, 3)))
    instances = type(instances)(instances.segments.float(), instances.labels, instances.counts)
    terms = criterion.terms(model(*pad(windows, **padding)), instances, model.classify_segments)
    criterion.total(terms).backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
    return {name: term.item() for name, term in terms.items()}, gradients
