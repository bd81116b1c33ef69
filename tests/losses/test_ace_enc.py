import numpy as np
import pytest
import torch

import plain.losses
import plain.roi
from react_tad.losses import ace_enc
from react_tad.losses.ace_enc import AceEnc, Anchors, InstanceBank
from react_tad.losses.instance_pairs import Instances, draw_inner_crops, draw_partners
from small import pad, resolve, targets

LENGTHS = (12, 8)
INSTANCES = [[(0.3, 0.4, 0), (0.5, 0.8, 1)], [(0.5, 0.5, 0)]]
ANCHORS = Instances(video=np.array([0, 0, 1]), label=np.array([0, 1, 0]), identity=np.array([0, 1, 2]))
BANK = Instances(video=np.array([0, 0, 1, 2, 2]), label=np.array([0, 1, 0, 1, 0]), identity=np.array([0, 1, 2, 3, 4]))


def settings_of(**overrides):
    return resolve("paper", {f"loss.ace_enc.{name}": value for name, value in overrides.items()}).params.loss.ace_enc


def batch():
    generator = torch.Generator().manual_seed(0)
    windows = [torch.randn(length, 6, generator=generator, dtype=torch.float64) for length in LENGTHS]
    bank = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    return windows, InstanceBank(bank, BANK)


def contrast(settings, *, project=None, windows=None, seed=0):
    made, bank = batch()
    windows = windows or made
    loss = AceEnc(settings, bank if settings.position == "before" else None)
    features, lengths = pad(windows, fill=1e3)
    anchors = Anchors.of(ANCHORS, targets(INSTANCES), lengths)
    extra = () if project is None else (project,)
    return loss(features, lengths, anchors, np.random.default_rng(seed), *extra)


def linear():
    layer = torch.nn.Linear(6, 4).double()
    with torch.no_grad():
        layer.weight.copy_(torch.randn(4, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
        layer.bias.fill_(0.1)
    return layer


@pytest.mark.parametrize("negatives", [("N1",), ("N2",), ("N1", "N2")], ids="+".join)
@pytest.mark.parametrize("position", ["before", "after"])
def test_equation_7_over_pooled_instances(position, negatives):
    """With the pairs that the same random numbers draw; every feature pooled and projected one by one."""
    settings = settings_of(position=position, negatives=list(negatives), negatives_per_kind=2, bins=5)
    layer = linear() if position == "before" else torch.nn.Identity()
    windows, bank = batch()
    found = contrast(settings, project=layer if position == "before" else None)

    flat = [(window, instance) for window, own in enumerate(INSTANCES) for instance in own]
    segments = [
        ((center - width / 2) * LENGTHS[window], (center + width / 2) * LENGTHS[window])
        for window, (center, width, _) in flat
    ]

    def pooled(number, start, end):
        sequence = windows[flat[number][0]].numpy()
        return layer(torch.tensor(plain.roi.pool(sequence, start, end, 5))).detach().numpy()

    own = np.array([pooled(number, *segment) for number, segment in enumerate(segments)])
    stored = layer(bank.features).detach().numpy() if position == "before" else own
    random = np.random.default_rng(0)
    kinds = {"positives": settings.positives, "negatives": negatives}
    draw = draw_partners(ANCHORS, BANK if position == "before" else ANCHORS, random, **kinds, count=2)
    others = [[stored[partner] for partner in row if partner >= 0] for row in draw.other_class]
    if "N2" in negatives:
        long, iou = np.array([False, True, False]), settings.inner_iou
        crops = draw_inner_crops(np.array(segments), long, random, count=2, iou=iou, iou_long=iou)
        for number, (row, inner) in enumerate(zip(others, crops, strict=True)):
            row += [pooled(number, *crop) for crop in inner]
    paired = np.flatnonzero(draw.positive >= 0)
    expected = plain.losses.contrastive(
        own[paired], stored[draw.positive[paired]], [others[number] for number in paired], settings.temperature
    )
    assert float(found.detach()) == pytest.approx(expected)


@pytest.mark.parametrize(("detach", "silent"), [(True, True), (False, False)])
def test_negatives_may_be_detached(detach, silent):
    """Seen by the gradient of features that only negatives have."""
    settings = settings_of(position="before", negatives=["N1"], detach_negatives=detach)
    _, bank = batch()
    layer = linear()
    marked = torch.zeros(5, 6, dtype=torch.float64, requires_grad=True)
    loss = AceEnc(settings, InstanceBank(bank.features + marked, BANK))
    only_label_0 = Instances(np.array([0]), np.array([0]), np.array([0]))
    features, lengths = pad([torch.randn(12, 6, dtype=torch.float64)])
    loss(
        features,
        lengths,
        Anchors.of(only_label_0, targets([INSTANCES[0][:1]]), lengths),
        np.random.default_rng(0),
        layer,
    ).backward()
    assert bool((marked.grad[[1, 3]] == 0).all()) is silent
    assert marked.grad[[0, 2, 4]].any()


def test_long_instances_take_their_own_range_of_crops(monkeypatch):
    seen = {}

    def spy(start_end, long, random, **options):
        seen.update(long=long.tolist(), **options)
        return draw_inner_crops(start_end, long, random, **options)

    monkeypatch.setattr(ace_enc, "draw_inner_crops", spy)
    contrast(settings_of(inner_iou_long=[0.1, 0.4]), project=linear())
    assert seen["long"] == [False, True, False], "0.8 of the window is long"
    assert (seen["iou"], seen["iou_long"], seen["count"]) == ((0.2, 0.5), (0.1, 0.4), 4)
    contrast(settings_of(), project=linear())
    assert seen["iou_long"] == (0.2, 0.5)


def test_the_same_random_numbers_give_the_same_loss():
    losses = [contrast(settings_of(), project=linear(), seed=seed).item() for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("position", ["before", "after"])
def test_a_batch_without_instances_has_a_loss_of_zero(position):
    layer = linear()
    loss = AceEnc(settings_of(position=position), batch()[1])
    nobody = Instances(*(np.zeros(0, int) for _ in range(3)))
    features, lengths = pad(batch()[0])
    features.requires_grad_()
    found = loss(features, lengths, Anchors.of(nobody, targets([[], []]), lengths), np.random.default_rng(0), layer)
    assert float(found.detach()) == 0
    found.backward()  # it is the only term of the contrastive stage
    assert not features.grad.any()


def test_before_the_encoder_a_bank_is_needed():
    with pytest.raises(ValueError, match="bank of training instances"):
        AceEnc(settings_of(position="before"))
