import numpy as np
import pytest
import torch

import plain.segments
from react_tad import segments

LIBRARIES = {"numpy": np.asarray, "torch": torch.as_tensor}

# (start, end), (start, end), IoU, gIoU
BY_HAND = {
    "the same": ((0, 4), (0, 4), 1, 1),
    "half of it": ((0, 4), (0, 2), 0.5, 0.5),
    "one inside": ((0, 10), (4, 6), 0.2, 0.2),
    "shifted": ((0, 4), (2, 6), 1 / 3, 1 / 3),
    "touching": ((0, 4), (4, 6), 0, 0),
    "apart": ((0, 1), (3, 4), 0, -0.5),
    "far apart": ((0, 1), (99, 100), 0, -0.98),
    "no length, inside": ((0, 4), (2, 2), 0, 0),
    "no length, the same place": ((2, 2), (2, 2), 0, 0),
    "no length, apart": ((1, 1), (3, 3), 0, -1),
}


@pytest.fixture(params=LIBRARIES)
def array(request):
    """Function that makes an array of either library."""
    return LIBRARIES[request.param]


@pytest.mark.parametrize(("first", "second", "iou", "giou"), BY_HAND.values(), ids=BY_HAND)
def test_overlap_by_hand(array, first, second, iou, giou):
    first, second = array(np.array(first, float)), array(np.array(second, float))
    for one, other in ((first, second), (second, first)):
        assert float(segments.iou(one, other)) == pytest.approx(iou)
        assert float(segments.generalized_iou(one, other)) == pytest.approx(giou)


def test_every_pair_is_as_in_plain_loops(array):
    random = np.random.default_rng(0)
    first, second = np.sort(random.random((2, 6, 2))), np.sort(random.random((2, 4, 2)))
    found = segments.pairwise_iou(array(first), array(second))
    giou = segments.generalized_iou(array(first)[:, :, None], array(second)[:, None])
    assert found.shape == (2, 6, 4)
    for window, i, j in np.ndindex(2, 6, 4):
        pair = first[window, i], second[window, j]
        assert float(found[window, i, j]) == pytest.approx(plain.segments.iou(*pair))
        assert float(giou[window, i, j]) == pytest.approx(plain.segments.generalized_iou(*pair))


def test_a_margin_is_added_to_what_is_divided_by(array):
    """[0, 1] and [3, 4] with 0.5: the hull is 4, of which neither covers 2. [0, 4] and [0, 2]: 2 of 4 is shared."""
    apart = array(np.array([0.0, 1.0])), array(np.array([3.0, 4.0]))
    half = array(np.array([0.0, 4.0])), array(np.array([0.0, 2.0]))
    assert float(segments.generalized_iou(*apart, 0.5)) == pytest.approx(-2 / 4.5)
    assert float(segments.iou(*half, 0.5)) == pytest.approx(2 / 4.5)
    assert float(segments.generalized_iou(*half, 0.5)) == pytest.approx(2 / 4.5)
    assert float(segments.pairwise_iou(half[0][None], half[1][None], 0.5)[0, 0]) == pytest.approx(2 / 4.5)


def test_no_length_and_a_margin(array):
    nothing = array(np.array([2.0, 2.0]))
    assert float(segments.iou(nothing, nothing, 1e-6)) == float(segments.generalized_iou(nothing, nothing, 1e-6)) == 0


@pytest.mark.parametrize(
    ("name", "margin", "expected"),
    [("exact", 0, [[-0.2, 0.4], [0.5, 1.1], [1.1, 1.3]]), ("released", 1e-6, [[0, 0.4], [0.5, 1], [1, 1]])],
)
def test_overlap_is_of_segments_as_they_are_or_cut(array, name, margin, expected):
    measure = segments.Overlap.named(name)
    found = measure.start_end(array(np.array([[0.1, 0.6], [0.8, 0.6], [1.2, 0.2]])))
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-12)
    assert measure.margin == margin


def test_no_gradient_reaches_an_end_that_was_cut():
    center_width = torch.tensor([0.1, 0.6], requires_grad=True)
    segments.Overlap.named("released").start_end(center_width)[0].backward()
    assert center_width.grad.tolist() == [0, 0]


def test_formats_are_inverse(array):
    ends = array(np.array([[1.0, 4.0], [-2.0, 2.0], [3.0, 3.0]]))
    expected = [[2.5, 3], [0, 4], [3, 0]]
    np.testing.assert_allclose(np.asarray(segments.center_width(ends)), expected)
    np.testing.assert_allclose(np.asarray(segments.start_end(segments.center_width(ends))), np.asarray(ends))


def test_the_kind_of_array_is_kept(array):
    ends = array(np.array([[1.0, 4.0]], dtype=np.float32))
    for result in (segments.iou(ends, ends), segments.center_width(ends), segments.pairwise_iou(ends, ends)):
        assert type(result) is type(ends)
        assert result.dtype == ends.dtype


@pytest.mark.parametrize("function", [segments.iou, segments.generalized_iou])
@pytest.mark.parametrize(("first", "second"), [((0.2, 0.2), (0.2, 0.2)), ((0.1, 0.1), (0.5, 0.5)), ((0, 1), (0, 1))])
def test_gradients_are_finite_without_any_length(function, first, second):
    first = torch.tensor(first, dtype=torch.float64, requires_grad=True)
    second = torch.tensor(second, dtype=torch.float64, requires_grad=True)
    function(first, second).backward()
    assert torch.isfinite(first.grad).all()
    assert torch.isfinite(second.grad).all()


def test_gradient_of_giou_pulls_a_segment_towards_one_that_it_does_not_touch():
    moving = torch.tensor([0.0, 1.0], requires_grad=True)
    segments.generalized_iou(moving, torch.tensor([5.0, 6.0])).backward()
    assert moving.grad[1] > 0
