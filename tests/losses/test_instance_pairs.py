import numpy as np
import pytest

from react_tad.losses.instance_pairs import Instances, draw_inner_crops, draw_partners

# Videos 0, 1, 2; classes 0, 1. Instance 0 is the only one of class 1 in video 0.
BANK = Instances(
    video=np.array([0, 0, 0, 1, 1, 2]), label=np.array([1, 0, 0, 0, 1, 0]), identity=np.array([0, 1, 2, 3, 4, 5])
)
ANCHOR = Instances(np.array([0]), np.array([0]), np.array([1]))


def partners(anchors=ANCHOR, bank=BANK, *, positives=("S1", "S2"), negatives=("N1", "N2"), count=3, draws=200):
    """Everything that was drawn for one anchor."""
    random = np.random.default_rng(0)
    kinds = {"positives": positives, "negatives": negatives, "count": count}
    found = [draw_partners(anchors, bank, random, **kinds) for _ in range(draws)]
    return np.concatenate([draw.positive for draw in found]), np.concatenate([draw.other_class for draw in found])


@pytest.mark.parametrize(
    ("positives", "expected"), [(("S1",), {2}), (("S2",), {3, 5}), (("S1", "S2"), {2, 3, 5})], ids=["S1", "S2", "both"]
)
def test_positives_are_others_of_the_class(positives, expected):
    assert set(partners(positives=positives)[0].tolist()) == expected


def test_both_kinds_of_positives_are_as_likely():
    drawn = partners(draws=2000)[0]
    assert (drawn == 2).mean() == pytest.approx(0.5, abs=0.05)


def test_negatives_are_of_another_class():
    drawn = partners()[1]
    assert drawn.shape == (200, 3)
    assert set(drawn.ravel().tolist()) == {0, 4}


def test_negatives_of_another_class_can_be_left_out():
    assert partners(negatives=("N2",))[1].shape == (200, 0)


def test_an_instance_is_not_its_own_positive_in_another_window():
    bank = Instances(np.array([0, 0]), np.array([0, 0]), np.array([1, 1]))
    assert set(partners(bank=bank)[0].tolist()) == {-1}


def test_an_anchor_may_have_no_partner():
    bank = Instances(np.array([0]), np.array([0]), np.array([1]))
    positive, negative = partners(bank=bank)
    assert set(positive.tolist()) == {-1}
    assert set(negative.ravel().tolist()) == {-1}


def test_the_same_random_numbers_draw_the_same():
    for one, other in zip(partners(), partners(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_inner_crops_lie_inside_and_have_the_iou_asked_for():
    segments = np.array([[2.0, 10.0], [0.0, 60.0], [5.0, 5.5]])
    long = np.array([False, True, False])
    crops = draw_inner_crops(segments, long, np.random.default_rng(0), count=500, iou=(0.2, 0.5), iou_long=(0.1, 0.4))
    assert crops.shape == (3, 500, 2)
    start, end = segments.T[..., None]
    assert ((crops[..., 0] >= start) & (crops[..., 1] <= end)).all()
    share = (crops[..., 1] - crops[..., 0]) / (end - start)
    for row, (low, high) in zip(share, [(0.2, 0.5), (0.1, 0.4), (0.2, 0.5)], strict=True):
        assert (row.min(), row.max()) == pytest.approx((low, high), abs=0.01)
        assert low <= row.min() < row.max() <= high
    place = (crops[..., 0] - start) / (end - start) / (1 - share)
    assert (place.min(), place.max()) == pytest.approx((0, 1), abs=0.02)


def test_no_anchors():
    empty = np.zeros((0, 2))
    crops = draw_inner_crops(
        empty, empty[:, 0] > 0, np.random.default_rng(0), count=4, iou=(0.2, 0.5), iou_long=(0.1, 0.4)
    )
    assert crops.shape == (0, 4, 2)
