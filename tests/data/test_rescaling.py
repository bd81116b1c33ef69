import numpy as np
import pytest
from scipy.interpolate import interp1d

from react_tad.data.datasets import LazyFeatures
from react_tad.data.rescaling import rescale, rescaled


@pytest.mark.parametrize("snippets", [2, 3, 57, 99, 100, 101, 640])
@pytest.mark.parametrize("length", [1, 7, 100])
def test_it_is_interpolation_between_centres(snippets, length):
    features = np.random.default_rng(snippets).normal(size=(snippets, 3))
    between = interp1d(
        np.arange(snippets) + 0.5, features, axis=0, bounds_error=False, fill_value=tuple(features[[0, -1]])
    )
    centres = [(number + 0.5) / length * snippets for number in range(length)]
    found = rescale(features, length)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, between(centres), rtol=1e-6, atol=1e-6)


def test_it_is_what_torch_does():
    torch = pytest.importorskip("torch")
    features = torch.randn(73, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.interpolate(features.T[None], size=100, mode="linear", align_corners=False)[0].T
    np.testing.assert_allclose(rescale(features.numpy(), 100), expected.numpy(), atol=1e-5)


def test_by_hand():
    np.testing.assert_array_equal(rescale(np.array([[0.0], [10.0]]), 4).ravel(), [0, 2.5, 7.5, 10])
    np.testing.assert_array_equal(rescale(np.array([[0.0], [10.0], [20.0], [30.0]]), 2).ravel(), [5, 25])


def test_the_right_number_of_snippets_stays_as_it_is():
    features = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    np.testing.assert_array_equal(rescale(features, 100), features)


def test_a_single_snippet_is_repeated():
    np.testing.assert_array_equal(rescale(np.array([[3.0, 4.0]]), 5), [[3, 4]] * 5)


def test_a_time_stays_where_it_is():
    """Features that say their own time still say it, in the inner part, whatever the number of snippets."""
    duration, snippets = 60.0, 240
    time = (np.arange(snippets)[:, None] + 0.5) * duration / snippets
    found = rescale(time, 100).ravel()
    np.testing.assert_allclose(found, (np.arange(100) + 0.5) * duration / 100, rtol=1e-6)


def test_lazy_features_are_read_when_they_are_asked_for():
    read = []
    lazy = rescaled(LazyFeatures((4, 1), lambda: read.append(1) or np.arange(4.0)[:, None]), 2)
    assert lazy.shape == (2, 1) and not read
    np.testing.assert_array_equal(np.asarray(lazy).ravel(), [0.5, 2.5])
