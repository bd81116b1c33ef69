"""Which weights are kept, on a model of one number."""

import pytest
import torch

from react_tad.training.checkpoints import Progress
from react_tad.training.selection import Selection


class One(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.number = torch.nn.Parameter(torch.zeros(1))


def go_through(select, values):
    """A run whose weight is the epoch's number, and whose mAP after each is given."""
    model, progress, given = One(), Progress({}), iter(values)
    selection = Selection(select, lambda _: next(given))
    rows = []
    for epoch in range(len(values)):
        with torch.no_grad():
            model.number.fill_(epoch)
        rows.append(selection.look(model, epoch, progress))
    return selection.weights(model)["number"].item(), progress, rows


@pytest.mark.parametrize(
    ("values", "best"), [((0.1, 0.5, 0.3), 1), ((0.5, 0.5), 0), ((0.0, 0.0, 0.1), 2), ((0.0, 0.0), 0)]
)
def test_the_first_of_the_best_is_kept(values, best):
    kept, progress, rows = go_through("best_validation", values)
    assert kept == best
    assert (progress.best_epoch, progress.best_map) == (best + 1, values[best])
    assert rows == [{"validation_map": value} for value in values]


def test_the_last_is_kept_without_a_look():
    kept, progress, rows = go_through("last", [AssertionError, AssertionError])
    assert (kept, progress.best_epoch, rows) == (1, None, [{}, {}])


def test_what_is_kept_does_not_change_with_the_model():
    model, selection = One(), Selection("best_validation", lambda _: 1.0)
    selection.look(model, 0, Progress({}))
    with torch.no_grad():
        model.number.fill_(7)
    assert selection.weights(model)["number"].item() == 0
