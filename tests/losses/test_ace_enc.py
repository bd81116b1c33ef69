import math

import numpy as np
import pytest
import torch

import plain.losses
import plain.roi
from react_tad.losses import ace_enc
from react_tad.losses.ace_enc import AceEnc, Anchors, InstanceBank
from react_tad.losses.instance_pairs import (
    Instances,
    draw_anchors,
    draw_inner_crops,
    draw_partners,
    draw_released_partners,
)
from react_tad.losses.roi_pooling import roi_pool
from small import PRESETS, pad, resolve, targets

LENGTHS = (12, 8)
FILL = 1e3
"""What padding holds. The released code reads it."""
INSTANCES = [[(0.3, 0.4, 0), (0.5, 0.8, 1)], [(0.5, 0.5, 0)]]
ANCHORS = Instances(video=np.array([0, 0, 1]), label=np.array([0, 1, 0]), identity=np.array([0, 1, 2]))
BANK = Instances(video=np.array([0, 0, 1, 2, 2]), label=np.array([0, 1, 0, 1, 0]), identity=np.array([0, 1, 2, 3, 4]))


def settings_of(preset="paper", **overrides):
    stage = {"stage": "joint"} if overrides.get("position") == "after" else {}
    named = {f"loss.ace_enc.{name}": value for name, value in (stage | overrides).items()}
    return resolve(preset, named).params.loss.ace_enc


def batch():
    generator = torch.Generator().manual_seed(0)
    windows = [torch.randn(length, 6, generator=generator, dtype=torch.float64) for length in LENGTHS]
    bank = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    return windows, InstanceBank(bank, BANK)


def contrast(settings, *, project=None, windows=None, seed=0):
    made, bank = batch()
    windows = windows or made
    loss = AceEnc(settings, bank if settings.position == "before" else None)
    features, lengths = pad(windows, fill=FILL)
    anchors = Anchors.of(ANCHORS, targets(INSTANCES), lengths)
    extra = () if project is None else (project,)
    return loss(features, lengths, anchors, np.random.default_rng(seed), *extra)


def linear():
    layer = torch.nn.Linear(6, 4).double()
    with torch.no_grad():
        layer.weight.copy_(torch.randn(4, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
        layer.bias.fill_(0.1)
    return layer


KINDS = pytest.mark.parametrize("negatives", [("N1",), ("N2",), ("N1", "N2")], ids="+".join)
FLAT = [(window, instance) for window, own in enumerate(INSTANCES) for instance in own]
"""The window of each instance, and the instance."""


def placed(number, length):
    """(start, end) of an instance in a window of ``length`` snippets."""
    center, width, _ = FLAT[number][1]
    return (center - width / 2) * length, (center + width / 2) * length


def linear_or_not(position):
    return linear() if position == "before" else torch.nn.Identity()


def arrays(tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def expected_loss(anchors, positives, others, temperature):
    """Equation 7 of pooled and projected features."""
    return plain.losses.contrastive(arrays(anchors), arrays(positives), [arrays(own) for own in others], temperature)


@KINDS
@pytest.mark.parametrize("position", ["before", "after"])
def test_equation_7_over_pooled_instances(position, negatives):
    """With the pairs that the same random numbers draw; every feature pooled and projected one by one."""
    settings = settings_of(position=position, negatives=list(negatives), negatives_per_kind=2, bins=5)
    layer = linear_or_not(position)
    windows, bank = batch()
    found = contrast(settings, project=layer if position == "before" else None)
    segments = [placed(number, LENGTHS[window]) for number, (window, _) in enumerate(FLAT)]

    def pooled(number, start, end):
        return layer(torch.tensor(plain.roi.pool(windows[FLAT[number][0]].numpy(), start, end, 5)))

    own = [pooled(number, *segment) for number, segment in enumerate(segments)]
    stored = layer(bank.features) if position == "before" else own
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
    expected = expected_loss(
        [own[number] for number in paired],
        [stored[partner] for partner in draw.positive[paired]],
        [others[number] for number in paired],
        settings.temperature,
    )
    assert float(found.detach()) == pytest.approx(expected)


@KINDS
@pytest.mark.parametrize("position", ["before", "after"])
def test_equation_7_with_the_released_pairs(position, negatives):
    """One anchor a window, placed by the padded length; its crops and its partners by their own."""
    settings = settings_of("released", position=position, negatives=list(negatives), negatives_per_kind=2, bins=5)
    layer = linear_or_not(position)
    windows, bank = batch()
    found = contrast(settings, project=layer if position == "before" else None)
    padded, _ = pad(windows, fill=FILL)

    def pooled(number, start, end):
        return layer(torch.tensor(plain.roi.released_pool(padded[FLAT[number][0]].numpy(), start, end, 5)))

    own = [pooled(number, *placed(number, 12)) for number in range(3)]
    stored, of_whom = layer(bank.features), BANK
    if position == "after":  # the batch's own instances, by window
        stored = [pooled(number, *placed(number, LENGTHS[window])) for number, (window, _) in enumerate(FLAT)]
        of_whom = Instances(np.array([0, 0, 1]), ANCHORS.label, ANCHORS.identity)
    random = np.random.default_rng(0)
    chosen = draw_anchors((2, 1), random)
    assert len(chosen) == 2
    labels = ANCHORS.label[chosen]
    count = 2 if "N1" in negatives else 0
    draw = draw_released_partners(labels, of_whom, random, count=count)
    others = [[stored[partner] for partner in row] for row in draw.other_class]
    if "N2" in negatives:
        segments = np.array([placed(number, LENGTHS[FLAT[number][0]]) for number in chosen])
        crops = draw_inner_crops(
            segments, chosen == 1, random, count=2, iou=settings.inner_iou, iou_long=settings.inner_iou_long
        )
        for row, number, inner in zip(others, chosen, crops, strict=True):
            row += [pooled(number, *crop) for crop in inner]
    expected = expected_loss(
        [own[number] for number in chosen],
        [stored[partner] for partner in draw.positive],
        others,
        settings.temperature,
    )
    assert float(found.detach()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("preset", "segments"),
    [("paper", [[1.2, 6.0], [1.2, 10.8], [2.0, 6.0]]), ("released", [[1.2, 6.0], [1.2, 10.8], [3.0, 9.0]])],
)
def test_where_an_anchor_is_placed(monkeypatch, preset, segments):
    """Windows of 12 and 8 snippets: the middle half of the second one is [2, 6], and [3, 9] if it had 12 like the first
    one.
    """
    seen = []

    def spy(sequences, sequence, start_end, lengths, **options):
        seen.append((start_end, options))
        return roi_pool(sequences, sequence, start_end, lengths, **options)

    monkeypatch.setattr(ace_enc, "roi_pool", spy)
    contrast(settings_of(preset, negatives=["N1"]), project=linear())
    ((start_end, options),) = seen
    torch.testing.assert_close(start_end, torch.tensor(segments, dtype=torch.float64))
    assert options == {"bins": 16, "form": "exact" if preset == "paper" else "released"}


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


class Crops:
    """Notes what inner crops are drawn, by a spy."""

    def __init__(self, monkeypatch):
        self.shares, self.options = [], {}
        monkeypatch.setattr(ace_enc, "draw_inner_crops", self.draw)

    def draw(self, start_end, long, random, **options):
        crops = draw_inner_crops(start_end, long, random, **options)
        shares = (crops[..., 1] - crops[..., 0]) / (start_end[:, 1] - start_end[:, 0])[:, None]
        self.shares += list(zip(long.tolist(), shares.tolist(), strict=True))
        self.options = options
        return crops

    def range(self, *, long):
        """Smallest and largest share of an anchor, that is its IoU with it."""
        shares = [share for kind, own in self.shares if kind is long for share in own]
        return min(shares), max(shares)


def test_long_instances_take_their_own_range_of_crops(monkeypatch):
    """The instance that covers 0.8 of its window is long; 0.75 is where it begins."""
    crops = Crops(monkeypatch)
    contrast(settings_of(inner_iou_long=[0.1, 0.4]), project=linear())
    assert [long for long, _ in crops.shares] == [False, True, False]
    assert crops.options == {"iou": (0.2, 0.5), "iou_long": (0.1, 0.4), "count": 1}
    contrast(settings_of(), project=linear())
    assert crops.options["iou_long"] == (0.2, 0.5)


def test_crops_of_the_released_code_cover_10_to_40_percent_of_a_long_anchor(monkeypatch):
    """And 20 to 50 % of another one."""
    crops = Crops(monkeypatch)
    for seed in range(30):
        contrast(settings_of("released", negatives_per_kind=20), project=linear(), seed=seed)
    assert crops.range(long=True) == pytest.approx((0.1, 0.4), abs=0.01)
    assert crops.range(long=False) == pytest.approx((0.2, 0.5), abs=0.01)


@pytest.mark.parametrize(("width", "long"), [(0.75, False), (0.7501, True)])
def test_where_long_begins(width, long):
    anchors = Anchors.of(ANCHORS, targets([[(0.5, width, 0)]]), torch.tensor([8]))
    assert anchors.long.tolist() == [long]
    assert anchors.start_end.tolist() == [pytest.approx([4 - 4 * width, 4 + 4 * width])]


def test_after_the_encoder_released_partners_come_from_windows_of_the_batch(monkeypatch):
    """Also where two windows are of one video."""
    seen = []

    def spy(label, bank, random, *, count):
        seen.append(bank)
        return draw_released_partners(label, bank, random, count=count)

    monkeypatch.setattr(ace_enc, "draw_released_partners", spy)
    features, lengths = pad(batch()[0])
    one_video = Instances(np.array([7, 7, 7]), ANCHORS.label, ANCHORS.identity)
    anchors = Anchors.of(one_video, targets(INSTANCES), lengths)
    AceEnc(settings_of("released", position="after"))(features, lengths, anchors, np.random.default_rng(0))
    assert seen[0].video.tolist() == [0, 0, 1]


@pytest.mark.parametrize(("preset", "expected"), [("paper", 0.0), ("released", math.log(2))])
def test_an_only_instance_is_its_own_positive_in_released_only(preset, expected):
    """Its own class is nowhere else in the bank. With all features alike, a positive and a negative share evenly."""
    ones = torch.ones(2, 6, dtype=torch.float64)
    bank = InstanceBank(ones, Instances(*np.array([[0, 1], [0, 1], [0, 1]])))
    loss = AceEnc(settings_of(preset, negatives=["N1"]), bank)
    only = Instances(*np.zeros((3, 1), int))
    features, lengths = pad([torch.ones(8, 6, dtype=torch.float64)])
    found = loss(
        features, lengths, Anchors.of(only, targets([[(0.5, 0.5, 0)]]), lengths), np.random.default_rng(0), linear()
    )
    assert float(found.detach()) == pytest.approx(expected)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_random_numbers_give_the_same_loss(preset):
    losses = [contrast(settings_of(preset), project=linear(), seed=seed).item() for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("position", ["before", "after"])
def test_a_batch_without_instances_has_a_loss_of_zero(position, preset):
    layer = linear()
    loss = AceEnc(settings_of(preset, position=position), batch()[1])
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
