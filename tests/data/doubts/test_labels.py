"""Each doubt about classes on a hand-made count, and what must not raise one."""

from collections import Counter

import pytest

from react_tad.data.doubts.labels import alike, folded, scarce


def counts(**classes):
    """Counts of classes, given as (training, validation, test)."""
    return {
        label: Counter(dict(zip(("training", "validation", "test"), of, strict=True))) for label, of in classes.items()
    }


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ((0, 0, 3), "1 of 2 classes of which training has no instance"),
        ((0, 4, 0), "1 of 2 classes of which training has no instance"),
        ((4, 4, 4), "1 of 2 classes with fewer than 5 training instances"),
        ((9, 9, 0), "1 of 2 classes of which test has no instance"),
        ((0, 0, 0), "1 of 2 classes of which no split has an instance"),
    ],
)
def test_a_class_that_is_scarce_is_named_with_its_counts(of, said):
    (found,) = scarce(counts(nod=(20, 5, 5), bow=of))
    assert found.startswith(said)
    assert f"'bow' (training {of[0]}, validation {of[1]}, test {of[2]})" in found and "nod" not in found


def test_classes_with_enough_instances_are_silent():
    assert list(scarce(counts(nod=(5, 0, 1), bow=(200, 1, 1)))) == []


def test_of_many_classes_ten_are_named():
    (found,) = scarce(counts(**{f"c{number:02d}": (1, 1, 1) for number in range(14)}))
    assert "'c09'" in found and "'c10'" not in found and found.count("and 4 more") == 1


@pytest.mark.parametrize(
    "other",
    ["Nod", "NOD", "nod ", " nod", "no d", "n-od", "no_d", "ｎｏｄ", "no\u200bd", "nod\u00a0", "nod\t"],
)
def test_labels_that_are_nearly_the_same_are_one_group(other):
    found = list(alike(counts(**{"nod": (20, 5, 5), other: (3, 0, 1), "bow": (9, 9, 9)})))
    assert len(found) == 1
    assert found[0].startswith("2 classes whose labels are nearly the same: ")
    assert "'nod' (training 20, validation 5, test 5)" in found[0] and "(training 3, validation 0, test 1)" in found[0]
    assert "write all of them as 'nod' in the annotations" in found[0] and "bow" not in found[0]


def test_forms_of_one_letter_are_told_apart_on_the_screen():
    (found,) = alike(counts(**{"caf\u00e9": (9, 1, 1), "cafe\u0301": (2, 1, 1)}))
    assert r"'caf\xe9'" in found and r"'cafe\u0301'" in found


def test_what_nobody_could_decide_on_has_one_spelling():
    (found,) = alike(counts(ambiguous=(9, 1, 1)))
    assert "'ambiguous' (training 9" in found and "called 'Ambiguous'" in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stand to sit", "sit to stand"),
        ("reach 1 11", "reach 11 1"),
        ("step 1-2", "step 12"),
        ("turn -5", "turn 5"),
        ("open", "opens"),
        ("pick up", "put down"),
    ],
)
def test_labels_that_mean_something_else_are_silent(one, other):
    assert folded(one) != folded(other)
    assert list(alike(counts(**{one: (9, 9, 9), other: (9, 9, 9)}))) == []
