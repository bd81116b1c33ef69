import math

import pytest
import torch

from react_tad.training import step_reports
from react_tad.training.step_reports import StepReports


class Refused(Exception):
    pass


class Slow:
    """A copy that is on its way until somebody says otherwise, as from a GPU that is behind the host."""

    under_way = True

    def __init__(self, tensor):
        self.tensor = tensor

    def is_there(self):
        return not self.under_way

    def get(self):
        return self.tensor


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr(step_reports, "Later", Slow)
    monkeypatch.setattr(Slow, "under_way", True)
    return Slow


def add(reports, videos, *, total=None, **terms):
    terms = {name: torch.tensor(value) for name, value in terms.items()}
    reports.add(terms, sum(terms.values()) if total is None else torch.tensor(total), videos)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"l1": math.nan, "giou": 1.0}, "l1"),
        ({"l1": math.inf, "giou": -math.inf}, "l1, giou"),
        ({"l1": 1.0, "giou": 1.0, "total": math.inf}, "their sum"),
    ],
)
def test_terms_that_are_no_numbers_are_named_with_their_videos(terms, message):
    reports = StepReports(Refused)
    add(reports, ("a", "b"), **terms)
    with pytest.raises(Refused) as refused:
        reports.look()
    assert refused.value.args == (message, ("a", "b"))


def test_a_copy_under_way_is_not_waited_for(slow):
    reports = StepReports(Refused)
    add(reports, ("a",), l1=math.nan)
    reports.look()
    assert reports.latest == {}
    with pytest.raises(Refused, match=r"'l1', .'a',"):
        reports.look(wait=True)


def test_the_first_step_that_went_wrong_is_named(slow, monkeypatch):
    reports = StepReports(Refused)
    add(reports, ("a",), l1=1.0)
    add(reports, ("b",), l1=math.nan)
    add(reports, ("c",), l1=math.nan)
    monkeypatch.setattr(Slow, "under_way", False)
    with pytest.raises(Refused, match="'b'"):
        reports.look()
    assert reports.latest == {"total": 1.0, "l1": 1.0}


def test_the_latest_terms_can_be_shown():
    reports = StepReports(Refused)
    for value in (0.5, 0.25):
        add(reports, ("a",), l1=value, giou=1.0)
        reports.look()
        assert reports.latest == {"total": value + 1.0, "l1": value, "giou": 1.0}
