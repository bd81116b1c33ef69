import pytest

from react_tad.data.problems import DataError, Faults, Problem


def test_the_message_shows_the_first_faults_and_counts_the_rest():
    problems = [Problem("a.h5", f"film{number}", "no features", "some") for number in range(12)]
    lines = str(DataError(problems)).splitlines()
    assert lines[0] == "a.h5: video 'film0': no features; expected some"
    assert len(lines) == 11
    assert lines[-1] == "... and 2 more; 'react-tad data check' lists all"
    assert DataError(problems).problems == problems
    assert str(DataError([Problem("a.zip", "", "not there", "a file")])) == "a.zip: not there; expected a file"


def test_independent_checks_are_all_made_before_one_is_raised():
    faults = Faults()
    faults.raise_all()
    with faults.kept():
        raise UnicodeError("first\nand second")
    with faults.kept():
        raise ValueError("and second\nthird")
    with pytest.raises(UnicodeError, match=r"\Afirst\nand second\nthird\Z") as raised:
        faults.raise_all()
    assert raised.value.faults == ["first", "and second", "third"]


def test_one_error_is_raised_as_it_is():
    faults, error = Faults(), ValueError("alone\nin two lines")
    with faults.kept():
        raise error
    with pytest.raises(ValueError, match="alone") as raised:
        faults.raise_all()
    assert raised.value is error


def test_of_many_faults_the_first_are_in_the_message_and_all_are_kept():
    faults = Faults()
    for number in range(30):
        with faults.kept():
            raise ValueError(f"fault {number}")
    outer = Faults()
    with outer.kept():
        faults.raise_all()
    assert str(outer.errors[0]).splitlines()[-1] == "... and 10 more; 'react-tad data check' lists all"
    assert outer.lines == [f"fault {number}" for number in range(30)]
