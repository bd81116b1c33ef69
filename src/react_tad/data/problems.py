"""What is wrong with data, one row a fault, so that everything can be said at once."""

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One fault."""

    file: str
    video: str
    """Empty where a whole file is meant."""
    found: str
    expected: str


class DataError(ValueError):
    """Data that cannot be used, with all that is wrong; the message lists the first faults and counts the rest."""

    def __init__(self, problems: Sequence[Problem], shown: int = 10):
        self.problems = list(problems)
        lines = [_line(problem) for problem in problems[:shown]]
        rest = len(problems) - shown
        super().__init__("\n".join(lines + [f"... and {rest} more; 'react-tad data check' lists all"] * (rest > 0)))


def _line(problem: Problem) -> str:
    video = f" video '{problem.video}':" if problem.video else ""
    return f"{problem.file}:{video} {problem.found}; expected {problem.expected}"
