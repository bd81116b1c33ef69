import pytest
import torch

from react_tad.model.segment_quality import SegmentQuality, combine


def test_quality_is_one_linear_layer_to_two_numbers():
    head = SegmentQuality(8)
    assert sum(parameter.numel() for parameter in head.parameters()) == 8 * 2 + 2
    assert head(torch.randn(3, 5, 8)).shape == (3, 5, 2)


@pytest.mark.parametrize(
    ("logits", "factor"), [((0.0, 0.0), 0.25), ((50.0, 0.0), 0.5), ((50.0, 50.0), 1.0), ((-50.0, 50.0), 0.0)]
)
def test_the_factor_is_the_product_of_both(logits, factor):
    assert float(combine(torch.tensor(logits, dtype=torch.float64))) == pytest.approx(factor)
