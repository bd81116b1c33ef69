import math

import pytest
import torch

from react_tad.model.layers import FeedForward, SegmentHead, inverse_sigmoid


@pytest.mark.parametrize("logit", [-5.0, -0.3, 0.0, 2.0, 11.0])
def test_inverse_sigmoid_undoes_the_sigmoid(logit):
    found = inverse_sigmoid(torch.tensor(logit, dtype=torch.float64).sigmoid())
    assert float(found) == pytest.approx(logit, abs=1e-6)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0.0, math.log(1e-5)),
        (1.0, -math.log(1e-5)),
        (-0.5, math.log(1e-5)),
        (1.5, -math.log(1e-5)),
        (1e-9, math.log(1e-5)),
        (0.25, math.log(1 / 3)),
    ],
)
def test_inverse_sigmoid_is_finite_at_the_ends(probability, expected):
    assert float(inverse_sigmoid(torch.tensor(probability, dtype=torch.float64))) == pytest.approx(expected, abs=1e-4)


def test_feed_forward_is_linear_relu_linear():
    network = FeedForward(4, 6)
    features = torch.randn(3, 5, 4)
    hidden = (features @ network[0].weight.T + network[0].bias).clamp(min=0)
    torch.testing.assert_close(network(features), hidden @ network[3].weight.T + network[3].bias)


def test_a_segment_head_has_three_linear_layers():
    head = SegmentHead(4)
    features = torch.randn(3, 5, 4)
    hidden = (features @ head[0].weight.T + head[0].bias).clamp(min=0)
    hidden = (hidden @ head[2].weight.T + head[2].bias).clamp(min=0)
    found = head(features.clone())
    torch.testing.assert_close(found, hidden @ head[4].weight.T + head[4].bias)
    assert found.shape == (3, 5, 2)


def test_feed_forward_drops_out_only_while_training():
    network = FeedForward(8, 64, dropout=0.5)
    features = torch.randn(8)
    assert not torch.equal(network(features), network(features))
    network.eval()
    assert torch.equal(network(features), network(features))
