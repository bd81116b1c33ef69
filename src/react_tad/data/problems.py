"""What is wrong with data, one row a fault, so that everything can be said at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

LISTS_ALL = "'react-tad data check' lists all"


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
        super().__init__("\n".join(lines + [f"... and {rest} more; {LISTS_ALL}"] * (rest > 0)))


def _line(problem: Problem) -> str:
    video = f" video '{problem.video}':" if problem.video else ""
    return f"{problem.file}:{video} {problem.found}; expected {problem.expected}"


class Faults:
    """Collects errors, so that independent checks can all be made before the first is raised."""

    def __init__(self) -> None:
        self.errors: list[ValueError] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep a :class:`ValueError` of the block instead of raising it; the rest of the block is left out."""
        try:
            yield
        except ValueError as error:
            self.errors.append(error)

    @property
    def lines(self) -> list[str]:
        """All faults, each once; an error that knows more faults than its message says has them as ``faults``."""
        lines = [line for error in self.errors for line in getattr(error, "faults", str(error).splitlines())]
        return list(dict.fromkeys(lines))

    def raise_all(self, shown: int = 20) -> None:
        """Raise the error, if there is one; of several, one of the first's kind, whose message lists the first faults
        and counts the rest, and whose ``faults`` are all of them.
        """
        if not self.errors:
            return
        first, *others = self.errors
        if not others:
            raise first
        lines = self.lines
        rest = len(lines) - shown
        error = type(first)("\n".join(lines[:shown] + [f"... and {rest} more; {LISTS_ALL}"] * (rest > 0)))
        error.faults = lines  # type: ignore[attr-defined]
        raise error
