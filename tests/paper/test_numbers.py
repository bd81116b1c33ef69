"""The transcription of the paper's tables against what the paper says about itself."""

import pytest

from react_tad.paper.numbers import SWEEPS, TABLES, THUMOS14_TIOU
from react_tad.params.experiment import Params
from react_tad.params.section import known_keys


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, table in TABLES.items() for row in table.rows])
def test_averages_are_those_of_the_printed_cells(name, row):
    printed = TABLES[name].rows[row]
    if tuple(printed.maps) == THUMOS14_TIOU:
        mean = sum(printed.maps.values()) / len(THUMOS14_TIOU)
        assert abs(mean - printed.average) <= 0.1 + 1e-9, "a cell is not what the paper prints"
    assert list(printed.maps.values()) == sorted(printed.maps.values(), reverse=True)


def average(table, row):
    return TABLES[table].rows[row].average


def test_what_the_prose_says_about_table_3():
    """ "row 2 and row 5 ... 3.7"; the other two numbers of the prose are swapped, which a footnote says."""
    full = average("table3", "all")
    gains = [round(full - average("table3", f"without_{part}"), 1) for part in ("raid", "sq", "ace")]
    assert gains == [3.7, 2.9, 2.8]
    assert any("2.9 for ACE and 2.8 for SQ" in note for note in TABLES["table3"].notes)
    assert average("table1", "react") == full == 55.0


def test_what_the_prose_says_about_table_4():
    assert (average("table4_ace_enc", "n2"), average("table4_ace_enc", "n1")) == (53.9, 53.4)
    assert average("table4_ace_enc", "n1_n2") == 54.3
    assert (average("table4_ace_dec", "both"), average("table4_ace_dec", "ground_truth_only")) == (53.4, 51.2)


def test_references_are_rows_and_sweeps_are_of_parameters():
    assert all(table.reference is None or table.reference in table.rows for table in TABLES.values())
    assert {sweep.parameter for sweep in SWEEPS.values()} <= set(known_keys(Params))
    assert [SWEEPS[name].optimum for name in ("figure5a", "figure5b")] == [0.2, 0.5]
