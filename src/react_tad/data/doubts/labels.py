"""Doubts about classes: too few instances to learn or measure one, and labels that may mean the same."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from react_tad.data.annotations import AMBIGUOUS
from react_tad.data.class_counts import Counts, listed, with_counts

FEW = 5
"""Training instances from which on nothing is said of a class."""


def scarce(counts: Counts) -> Iterator[str]:
    """Sentences on classes that training, or test, or every split has no instance of, and that training has few of."""
    nowhere = {label: count for label, count in counts.items() if not count.total()}
    untaught = {label: count for label, count in counts.items() if count.total() and not count["training"]}
    few = {label: count for label, count in counts.items() if 0 < count["training"] < FEW}
    unmeasured = {label: count for label, count in counts.items() if count["training"] and not count["test"]}
    if nowhere:
        yield (
            f"{_classes(nowhere, counts)} of which no split has an instance: {listed(nowhere)}. Each is a part of the "
            "network all the same; take them out of the taxonomy, or look for a label that is spelt otherwise"
        )
    if untaught:
        yield (
            f"{_classes(untaught, counts)} of which training has no instance, so that none can be learned there: "
            f"{listed(untaught)}. Give training some recordings of them, or leave the class out"
        )
    if few:
        yield f"{_classes(few, counts)} with fewer than {FEW} training instances: {listed(few)}. Is that all there is?"
    if unmeasured:
        yield (
            f"{_classes(unmeasured, counts)} of which test has no instance, so that no mAP says how well they are "
            f"found: {listed(unmeasured)}. Give test some recordings of them"
        )


def _classes(some: Counts, all_counts: Counts) -> str:
    return f"{len(some)} of {len(all_counts)} class{'es' * (len(all_counts) > 1)}"


def alike(counts: Counts) -> Iterator[str]:
    """A sentence for each group of labels that differ in case, spaces, Unicode form, ``_`` or ``-`` alone."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        groups[folded(label)].append(label)
    for key, labels in groups.items():
        if len(labels) > 1:
            yield _alike(labels, counts)
        elif key == folded(AMBIGUOUS):
            yield (
                f"{with_counts(labels[0], counts[labels[0]])} is trained as a class; what nobody could decide on is "
                f"called '{AMBIGUOUS}'"
            )


def _alike(labels: list[str], counts: Counts) -> str:
    # Two forms of one accented letter look the same on the screen.
    escaped = len({unicodedata.normalize("NFC", label) for label in labels}) < len(labels)
    found = ", ".join(with_counts(label, counts[label], escaped=escaped) for label in labels)
    tidy = [label for label in labels if label == " ".join(label.split())] or labels
    usual = max(tidy, key=lambda label: counts[label].total())
    return (
        f"{len(labels)} classes whose labels are nearly the same: {found}. If they mean one action, write all of them "
        f"as {ascii(usual) if escaped else repr(usual)} in the annotations"
    )


def folded(label: str) -> str:
    """A label without what people write now so and now so.

    A space between digits stays, so that ``1 11`` is not ``11 1``, and so does a minus sign, as in ``turn -5``.
    """
    text = unicodedata.normalize("NFKC", label).casefold()
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc") or letter.isspace())
    text = re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", text.strip())
    between_digits = r"(?<=\d)[\s_-]+(?=\d)"
    return " ".join(re.sub(r"[\s_-]+", "", part) for part in re.split(between_digits, text))
