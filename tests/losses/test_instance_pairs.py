import numpy as np
import pytest

from react_tad.losses.instance_pairs import (
    Instances,
    draw_anchors,
    draw_inner_crops,
    draw_partners,
    draw_released_partners,
)

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


def released_partners(labels, bank, *, count=1, draws=200):
    """Everything that the released code's way draws: positives ``[draws, A]``, others ``[draws, A, count]``."""
    random = np.random.default_rng(0)
    found = [draw_released_partners(np.array(labels), bank, random, count=count) for _ in range(draws)]
    return np.array([draw.positive for draw in found]), np.array([draw.other_class for draw in found])


def test_an_anchor_may_be_its_own_positive_in_released_only():
    alone = Instances(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]))
    anchor = Instances(np.array([0]), np.array([0]), np.array([0]))
    assert set(released_partners([0], alone)[0].ravel().tolist()) == {0}
    assert set(partners(anchor, alone)[0].tolist()) == {-1}


def test_released_partners_of_each_anchor():
    """Windows 0, 1, 2 of the bank: instances 0, 4 are of class 1."""
    positive, other = released_partners([0, 1], BANK, count=3)
    assert (positive.shape, other.shape) == ((200, 2), (200, 2, 3))
    assert [set(column.tolist()) for column in positive.T] == [{1, 2, 3, 5}, {0, 4}]
    assert set(other[:, 0].ravel().tolist()) == {0, 4}
    assert set(other[:, 1].ravel().tolist()) == {1, 2, 3, 5}


def test_released_positives_are_drawn_by_window_first():
    """Class 0 is twice in window 0, and once in windows 1 and 2."""
    positive, _ = released_partners([0], BANK, draws=6000)
    shares = np.bincount(positive.ravel(), minlength=6) / 6000
    np.testing.assert_allclose(shares, [0, 1 / 6, 1 / 6, 1 / 3, 0, 1 / 3], atol=0.02)


def test_released_negatives_have_any_class_but_the_anchors():
    """Class 1 is drawn as often as class 2, and only its window counts then."""
    bank = Instances(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 2]), np.arange(4))
    _, other = released_partners([0], bank, draws=6000)
    shares = np.bincount(other.ravel(), minlength=4) / 6000
    # Class 1: window 0, instance 1 or 2. Class 2: window 0 again, or window 1.
    np.testing.assert_allclose(shares, [0, 3 / 8, 3 / 8, 1 / 4], atol=0.02)


def test_a_class_that_the_bank_lacks_has_no_released_positive():
    positive, other = released_partners([5], BANK)
    assert set(positive.ravel().tolist()) == {-1}
    assert set(other.ravel().tolist()) == {0, 1, 2, 3, 4, 5}


def test_released_negatives_can_be_left_out():
    assert released_partners([0, 1], BANK, count=0)[1].shape == (200, 2, 0)


def test_a_bank_of_one_class_has_no_released_negatives():
    bank = Instances(np.array([0, 1]), np.array([0, 0]), np.array([0, 1]))
    assert released_partners([0], bank, count=2)[1].tolist() == [[[-1, -1]]] * 200


def test_one_anchor_a_window():
    random = np.random.default_rng(0)
    drawn = [draw_anchors((3, 0, 1), random).tolist() for _ in range(200)]
    assert {tuple(each) for each in drawn} == {(0, 3), (1, 3), (2, 3)}


def test_windows_without_instances_have_no_anchor():
    anchors = draw_anchors((0, 0), np.random.default_rng(0))
    assert (anchors.shape, anchors.dtype.kind) == ((0,), "i")


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
