"""Where the paper and its released code part: each divergence is a parameter, and each parameter does something."""

import numpy as np
import pytest
import torch

from react_tad import params
from react_tad.losses.ace_enc import AceEnc, Anchors, InstanceBank
from react_tad.losses.criterion import Criterion
from react_tad.losses.instance_pairs import Instances
from react_tad.losses.matching import matching_cost
from small import pad, random_instances, random_segments, react, resolve, targets, trainer

ROWS = {
    "RAID key set": {"model.raid.boundary"},
    "tau, gamma": {"model.raid.tau"},
    "first decoder layer": {"model.first_reference"},
    "relation attention": {"model.raid.block"},
    "IoU decay": {"loss.iou_decay.enabled", "loss.iou_decay.form"},
    "ACE-enc": {
        "loss.ace_enc.stage",
        "loss.ace_enc.negatives_per_kind",
        "loss.ace_enc.detach_negatives",
        "loss.ace_enc.inner_iou_long",
    },
    "midpoint quality loss": {"loss.quality.midpoint"},
    "matching cost": {"matching.form", "matching.iou_weight", "matching.l1_weight"},
    "final layer norm": {"model.final_norm"},
    "norm after the encoder FFN": {"model.encoder_ffn_norm"},
    "classification warm-up": {"loss.classification.warmup_iterations"},
    "schedule": {"train.epochs", "train.lr_drops"},
    "weight decay": {"train.weight_decay", "train.deformable_lr_factor"},
    "model selection": {"train.select"},
}

DETECTOR = (
    "model.raid.tau",
    "model.raid.block",
    "model.first_reference",
    "model.final_norm",
    "model.encoder_ffn_norm",
)
BOUNDARY = "model.raid.boundary"
MATCHING = ("matching.form", "matching.iou_weight", "matching.l1_weight")
OBJECTIVE = {
    "loss.iou_decay.form": "iou_decay",
    "loss.iou_decay.enabled": None,
    "loss.quality.midpoint": "quality",
    "loss.classification.warmup_iterations": None,
}
"""The term that changes; without one, only their weighted sum does."""
CONTRAST = {
    "loss.ace_enc.negatives_per_kind": False,
    "loss.ace_enc.inner_iou_long": False,
    "loss.ace_enc.detach_negatives": True,
}
"""Whether the loss stays the same, and only its gradient changes."""
STAGE = "loss.ace_enc.stage"
TRAINING = (
    "train.epochs",
    "train.lr_drops",
    "train.weight_decay",
    "train.deformable_lr_factor",
    "train.select",
)


def test_the_released_preset_is_the_table():
    assert set(params.PRESETS["released"]) == set().union(*ROWS.values())
    assert params.PRESETS["paper"] == {}


def test_every_difference_is_tested_below():
    tested = {*DETECTOR, BOUNDARY, *MATCHING, *OBJECTIVE, *CONTRAST, STAGE, *TRAINING}
    assert tested == set(params.PRESETS["released"])


def released(key):
    """The value of one parameter in the released code, as an override of the paper's preset."""
    return {key: params.PRESETS["released"][key]}


def settings_of(key=None, **also):
    return resolve("paper", also | (released(key) if key else {})).params


def detected(settings, weights=None):
    """Last class logits of a detector for one window, its weights taken over from another as far as it has them."""
    model = react(settings.model)
    if weights is not None:
        own = {name: tensor for name, tensor in weights.items() if not name.startswith("reference")}
        model.load_state_dict(own, strict=False)
    window = torch.randn(9, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        return model(*pad([window])).decoded.logits[-1], model.state_dict()


@pytest.mark.parametrize("key", DETECTOR)
def test_the_detector_changes(key):
    also = {"model.raid.gamma": -1.0}  # overlap alone decides about relations
    logits, weights = detected(settings_of(**also))
    assert torch.equal(detected(settings_of(**also), weights)[0], logits)
    assert not torch.allclose(detected(settings_of(key, **also), weights)[0], logits)


@pytest.mark.parametrize(("key", "kept"), [(None, False), (BOUNDARY, True)])
def test_the_boundary_changes(key, kept):
    """Reference segments with an IoU of exactly 0.5."""
    relation = react(settings_of(key).model).decoder.relation
    references = torch.tensor([[[0.5, 1.0], [0.25, 0.5]]], dtype=torch.float64)
    assert bool(relation.allowed(torch.ones(1, 2, 8, dtype=torch.float64), references)[0, 0, 1]) is kept


@pytest.mark.parametrize("key", MATCHING)
def test_the_matching_changes(key):
    random = np.random.default_rng(0)
    predicted = torch.tensor(random_segments(random, 1, 1, 5))
    logits, instances = torch.randn(1, 1, 5, 3).double(), targets(random_instances(random, (3,)))
    paper, theirs = (matching_cost(logits, predicted, instances, settings_of(each).matching) for each in (None, key))
    assert not torch.allclose(paper, theirs)


@pytest.mark.parametrize(("key", "term"), OBJECTIVE.items(), ids=OBJECTIVE)
def test_the_objective_changes(key, term):
    settings = settings_of()
    model, instances = react(settings.model), targets(random_instances(np.random.default_rng(0), (2,)))
    output = model(*pad([torch.randn(9, 6, dtype=torch.float64)]))
    losses = []
    for each in (None, key):
        criterion = Criterion(settings_of(each).loss, settings.matching)
        terms = criterion.terms(output, instances, model.classify_segments)
        losses.append(({name: value.item() for name, value in terms.items()}, criterion.total(terms, 24).item()))
    (paper, whole), (theirs, their_whole) = losses
    assert {name for name in paper if paper[name] != pytest.approx(theirs[name])} == ({term} - {None})
    assert whole != pytest.approx(their_whole)


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


def test_the_contrast_gets_a_stage_of_its_own(tiny, tmp_path):
    short = {"loss.ace_enc.first_stage_epochs": 1, "train.epochs": 1}
    joint = trainer(tiny, tmp_path / "joint", "paper", short).run().log
    first = trainer(tiny, tmp_path / "first", "paper", short | released(STAGE)).run().log
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
