"""Parameters of the step ``evaluate``."""

from typing import Literal

from react_tad.params.section import Fraction, Section


class Evaluation(Section):
    """Mean average precision (section 4)."""

    definition: Literal["activitynet", "thumos14"] = "activitynet"
    tiou: tuple[Fraction, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
    profile: str = "default"
    """The ground-truth profile of the split ``test`` that the numbers are of (``react_tad/profiles``): a name;
    ``default``, the data set's first one, or all that is annotated where it has none; or ``none``, all that is
    annotated, whatever profiles there are. With a profile, the others are measured beside it."""
