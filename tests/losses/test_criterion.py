from types import SimpleNamespace

import numpy as np
import pytest
import torch

import plain.losses
from react_tad.losses.criterion import Criterion
from small import PRESETS, pad, random_instances, random_segments, react, resolve, targets

LAYERS, QUERIES, CLASSES = 3, 4, 3
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
        self.segments = random_segments(random, LAYERS, len(counts), QUERIES)
        self.quality = random.normal(size=(len(counts), QUERIES, 2))
        decoded = SimpleNamespace(logits=torch.tensor(self.logits), segments=torch.tensor(self.segments))
        self.output = SimpleNamespace(decoded=decoded, quality=torch.tensor(self.quality) if quality else None)
        self.asked = None

    def classify_segments(self, output, references):
        """The second pass: remembers what it was asked."""
        assert output is self.output
        self.asked = references
        return torch.tensor(self.second)

    def terms(self, criterion):
        found = criterion.terms(self.output, targets(self.instances), self.classify_segments)
        return {name: float(term) for name, term in found.items()}


def criterion_of(preset="paper", **overrides):
    settings = resolve(preset, overrides).params
    return Criterion(settings.loss, settings.matching), settings


def plain_terms(said, settings):
    """Every term by plain loops: each layer with its own matching."""
    loss, total = settings.loss, dict.fromkeys(("classification", "l1", "giou", "ace_dec"), 0.0)
    focal = {"alpha": loss.classification.alpha, "gamma": loss.classification.gamma}
    matches = [
        plain.losses.match(said.logits[layer], said.segments[layer], said.instances, settings.matching)
        for layer in range(LAYERS)
    ]
    for layer in range(LAYERS) if loss.auxiliary else [LAYERS - 1]:
        own = said.instances, matches[layer]
        total["classification"] += plain.losses.query_class_loss(said.logits[layer], *own, **focal)
        distance, giou = plain.losses.regression(said.segments[layer], *own)
        total["l1"] += distance
        total["giou"] += giou
        total["ace_dec"] += plain.losses.ground_truth_class_loss(
            said.second[layer], said.instances, matches[-1], **focal
        )
    last = said.segments[-1]
    total["quality"] = plain.losses.quality(
        said.quality, last, said.instances, matches[-1], midpoint=loss.quality.midpoint
    )
    total["iou_decay"] = plain.losses.iou_decay(last, form=loss.iou_decay.form)
    return total, matches[-1]


@pytest.mark.parametrize("auxiliary", [True, False], ids=["every layer", "last layer"])
@pytest.mark.parametrize("preset", PRESETS)
def test_terms_are_as_in_plain_loops(preset, auxiliary):
    criterion, settings = criterion_of(preset, **{"loss.auxiliary": auxiliary})
    said = Said()
    assert said.terms(criterion) == pytest.approx(plain_terms(said, settings)[0])


def test_the_second_pass_is_asked_about_the_last_layers_instances():
    criterion, settings = criterion_of()
    said = Said()
    said.terms(criterion)
    expected = said.segments[-1].copy()
    for window, pairs in enumerate(plain_terms(said, settings)[1]):
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
    assert "quality" not in Said(quality=False).terms(criterion_of()[0])


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
TERMS = ("classification", "ace_dec", "l1", "giou", "quality", "iou_decay", "ace_enc")


def total(criterion, iteration=None, **terms):
    return float(criterion.total({name: torch.tensor(value) for name, value in terms.items()}, iteration))


@pytest.mark.parametrize(
    ("term", "weight"), list(zip(TERMS, (2.0, 2.0 * 3.0, 5.0, 7.0, 11.0, 13.0, 17.0), strict=True)), ids=TERMS
)
def test_weight_of_each_term_of_equation_10(term, weight):
    criterion, _ = criterion_of(**WEIGHTS)
    assert total(criterion, **{term: 1.0}) == weight
    assert total(criterion, **(dict.fromkeys(TERMS, 0.0) | {term: 2.0})) == 2 * weight


def test_default_weights():
    """Recipe: L1 5, 1 - gIoU 2, classification 1, ACE-dec 1, quality 1, ACE-enc 0.1."""
    criterion, _ = criterion_of()
    found = {name: total(criterion, **{name: 1.0}) for name in TERMS}
    expected = {"classification": 1, "ace_dec": 1, "l1": 5, "giou": 2, "quality": 1, "ace_enc": 0.1}
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert 0 < found["iou_decay"] < 1


def test_iou_decay_may_be_logged_only():
    criterion, settings = criterion_of(**{"loss.iou_decay.enabled": False, "loss.iou_decay.weight": 13.0})
    assert total(criterion, iou_decay=1.0, l1=1.0) == settings.loss.segment.l1_weight
    assert "iou_decay" in Said().terms(criterion)


def test_warm_up_leaves_out_the_query_loss_and_nothing_else():
    criterion, _ = criterion_of(**WEIGHTS, **{"loss.classification.warmup_iterations": 25})
    ones = dict.fromkeys(TERMS, 1.0)
    everything = sum((2.0, 6.0, 5.0, 7.0, 11.0, 13.0, 17.0))
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
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize("preset", PRESETS)
def test_padding_changes_no_term_and_no_gradient(preset):
    settings = resolve(preset).params
    model, criterion = react(settings.model).float(), Criterion(settings.loss, settings.matching)
    windows = [torch.randn(length, 6) for length in (9, 5)]
    instances = targets(random_instances(np.random.default_rng(0), (2, 3)))
    instances = type(instances)(instances.segments.float(), instances.labels, instances.counts)

    def step(**padding):
        model.zero_grad()
        terms = criterion.terms(model(*pad(windows, **padding)), instances, model.classify_segments)
        criterion.total(terms).backward()
        return terms, [parameter.grad.clone() for parameter in model.parameters()]

    terms, gradients = step()
    padded_terms, padded_gradients = step(length=30, fill=torch.nan)
    for name, term in terms.items():
        assert abs(term.item() - padded_terms[name].item()) < 1e-5 * max(1, term.item()), name
    for one, other in zip(gradients, padded_gradients, strict=True):
        assert (one - other).abs().max() < 1e-5 * max(1, one.abs().max())
