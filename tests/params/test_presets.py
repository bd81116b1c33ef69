"""Where the paper and its released code part: each divergence is a parameter, and each parameter does something."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from react_tad.losses.ace_enc import AceEnc, Anchors, InstanceBank
from react_tad.losses.criterion import Criterion
from react_tad.losses.instance_pairs import Instances
from react_tad.losses.matching import matching_cost
from react_tad.params.presets import PRESETS
from small import pad, random_instances, random_segments, react, resolve, targets, trainer

DETECTOR = (
    "model.sampling",
    "model.raid.tau",
    "model.raid.block",
    "model.first_reference",
    "model.final_norm",
    "model.encoder_ffn_norm",
)
RELATION = ("model.raid.boundary", "model.raid.overlap")
MATCHING = ("matching.probability", "matching.overlap")
OBJECTIVE = {
    "loss.overlap": {"giou", "quality_iou", "iou_decay"},
    "loss.quality.midpoint": {"quality_midpoint"},
    "loss.quality.layers": {"quality_midpoint", "quality_iou"},
    "loss.classification.unmatched": {"ace_dec"},
    "loss.iou_decay.enabled": set(),
    "loss.classification.warmup_iterations": set(),
}
"""The terms that change; without one, only their weighted sum does."""
GRADIENT = "loss.quality.target_gradient"
CONTRAST = {
    "loss.ace_enc.pairs": False,
    "loss.ace_enc.pooling": False,
    "loss.ace_enc.inner_iou_long": False,
    "loss.ace_enc.detach_negatives": True,
}
"""Whether the loss stays the same, and only its gradient changes."""
TRAINING = ("train.epochs", "train.select")
CUT = "inference.cut"
"""In ``tests/test_inference.py``."""


def test_every_difference_is_tested():
    tested = {*DETECTOR, *RELATION, *MATCHING, *OBJECTIVE, GRADIENT, *CONTRAST, *TRAINING, CUT}
    assert tested == set(PRESETS["released"])
    assert PRESETS["paper"] == {}


def released(key):
    """The value of one parameter in the released code, as an override of the paper's preset."""
    return {key: PRESETS["released"][key]}


def settings_of(key=None, **also):
    return resolve("paper", also | (released(key) if key else {})).params


def detected(settings, weights=None):
    """Last class logits of a detector for a window of 9 snippets padded to 12, with weights of another as far as it has
    them.
    """
    model = react(settings.model)
    if weights is not None:
        own = {name: tensor for name, tensor in weights.items() if not name.startswith("reference")}
        model.load_state_dict(own, strict=False)
    window = torch.randn(9, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        return model(*pad([window], length=12)).decoded.logits[-1], model.state_dict()


@pytest.mark.parametrize("key", DETECTOR)
def test_the_detector_changes(key):
    also = {"model.raid.gamma": -1.0}  # overlap alone decides about relations
    logits, weights = detected(settings_of(**also))
    assert torch.equal(detected(settings_of(**also), weights)[0], logits)
    assert not torch.allclose(detected(settings_of(key, **also), weights)[0], logits)


@pytest.mark.parametrize(
    ("key", "references"),
    [("model.raid.boundary", [[0.5, 1.0], [0.25, 0.5]]), ("model.raid.overlap", [[1.0, 1.0], [1.3, 1.0]])],
    ids=RELATION,
)
def test_the_relation_changes(key, references):
    """The threshold is 0.5. The first IoU is that; the second is 0.54, and 0.4 of what is inside the window."""
    references = torch.tensor([references], dtype=torch.float64)
    alike, all_valid = torch.ones(1, 2, 8, dtype=torch.float64), torch.ones(1, 1, 1, dtype=torch.float64)
    for each, kept in ((None, False), (key, True)):
        relation = react(settings_of(each).model).decoder.relation
        assert bool(relation.allowed(alike, references, all_valid)[0, 0, 1]) is kept


def passing_the_window(random, *shape):
    """Random (center, width), some of which pass the window's ends."""
    return torch.tensor(1.4 * random_segments(random, *shape) - [0.2, 0])


@pytest.mark.parametrize("key", MATCHING)
def test_the_matching_changes(key):
    random = np.random.default_rng(0)
    predicted = passing_the_window(random, 1, 1, 5)
    logits, instances = torch.randn(1, 1, 5, 3).double(), targets(random_instances(random, (3,)))
    paper, theirs = (matching_cost(logits, predicted, instances, settings_of(each).matching) for each in (None, key))
    assert not torch.allclose(paper, theirs)


def objective(key):
    """Terms, their weighted sum and its gradient for segments of which some pass the window's ends."""
    settings, random = settings_of(key), np.random.default_rng(0)
    model, instances = react(settings_of().model), targets(random_instances(random, (2,)))
    output = model(*pad([torch.randn(9, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)]))
    predicted = passing_the_window(random, *output.decoded.segments.shape[:-1]).requires_grad_()
    output = replace(output, decoded=replace(output.decoded, segments=predicted))
    criterion = Criterion(settings.loss, settings_of().matching)
    terms = criterion.terms(output, instances, model.classify_segments)
    total = criterion.total(terms, 24)
    return {name: value.item() for name, value in terms.items()}, total.item(), torch.autograd.grad(total, predicted)[0]


@pytest.mark.parametrize(("key", "terms"), OBJECTIVE.items(), ids=OBJECTIVE)
def test_the_objective_changes(key, terms):
    (paper, whole, _), (theirs, their_whole, _) = objective(None), objective(key)
    assert {name for name in paper if paper[name] != pytest.approx(theirs[name])} == terms
    assert whole != pytest.approx(their_whole)


def test_the_gradient_of_the_objective_changes():
    (paper, _, gradient), (theirs, _, their_gradient) = objective(None), objective(GRADIENT)
    assert paper == theirs
    assert not torch.allclose(gradient, their_gradient)


def contrast(key):
    """ACE-enc's loss and its gradient for the projection, on a long instance and two short ones of one class."""
    settings = settings_of(key).loss.ace_enc
    generator = torch.Generator().manual_seed(0)
    features, lengths = pad([torch.randn(12, 6, generator=generator, dtype=torch.float64)])
    bank = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    project = torch.nn.Linear(6, 4).double()
    with torch.no_grad():
        for parameter in project.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    zero, number = np.zeros(3, int), np.arange(4)
    instances = targets([[(0.5, 0.9, 0), (0.2, 0.3, 0), (0.8, 0.2, 0)]])
    anchors = Anchors.of(Instances(zero, zero, number[:3]), instances, lengths)
    ace_enc = AceEnc(settings, InstanceBank(bank, Instances(number * 0, np.array([0, 0, 0, 1]), number)))
    loss = ace_enc(features, lengths, anchors, np.random.default_rng(0), project)
    (gradient,) = torch.autograd.grad(loss, project.weight)
    return loss.item(), gradient


@pytest.mark.parametrize(("key", "same_loss"), CONTRAST.items(), ids=CONTRAST)
def test_the_contrast_changes(key, same_loss):
    (paper, gradient), (theirs, their_gradient) = contrast(None), contrast(key)
    assert (paper == pytest.approx(theirs)) is same_loss
    assert not torch.allclose(gradient, their_gradient)


def test_the_contrast_has_a_stage_of_its_own_or_is_a_term(tiny, tmp_path):
    short = {"loss.ace_enc.first_stage_epochs": 1, "train.epochs": 1}
    joint = trainer(tiny, tmp_path / "joint", "paper", short | {"loss.ace_enc.stage": "joint"}).run().log
    first = trainer(tiny, tmp_path / "first", "paper", short).run().log
    assert [row["stage"] for row in joint] == ["detector"]
    assert [row["stage"] for row in first] == ["contrastive", "detector"]
    assert ["train_ace_enc" in row for row in joint + first] == [True, True, False]


@pytest.mark.parametrize("key", TRAINING)
def test_the_training_changes(tiny, tmp_path, key):
    """Other weights come out."""
    values = iter(range(100, 0, -1))  # the first epoch is the best one
    epochs = {} if key == "train.epochs" else {"train.epochs": 2}
    weights = []
    for name, override in (("paper", {}), ("theirs", released(key))):
        made = trainer(tiny, tmp_path / name, "paper", epochs | override, validation_map=lambda _: next(values))
        made.run()
        weights.append(made.chosen_weights()["content"])
    assert not torch.equal(*weights)
