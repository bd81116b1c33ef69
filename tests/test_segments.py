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
