"""Tables of pages that are filled from kept results: by hand, and as they stand in the pages."""

import csv
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
from findings import PAGES, filled, table, verdict  # noqa: E402

COLUMNS = (
    *("row", "label", "seeds", "map_average_mean", "map_average_std", "difference", "difference_std"),
    *("over_seeds_low", "over_seeds_high", "over_seeds_excludes_zero"),
    *("resampled_low", "resampled_high", "resampled_excludes_zero", "paper_average", "paper_difference"),
)
SETTLED = ("-0.03", "-0.01", "True")
OPEN = ("-0.03", "0.001", "False")


@pytest.fixture
def reference(tmp_path):
    """Table 3 of two data sets: RAID settled on one of them only, IoU decay without a number of the paper's."""
    rows = {
        "toy": [
            (
                "without_raid",
                "without RAID",
                "5",
                "0.58",
                "0.01",
                "-0.02",
                "0.01",
                *SETTLED,
                *SETTLED,
                "0.513",
                "-0.037",
            ),
            ("all", "all", "5", "0.6", "0.005", *[""] * 8, "0.55", ""),
            ("without_iou_decay", "without IoU decay", "5", "0.61", "0.01", "0.01", "0.01", *SETTLED, *SETTLED, "", ""),
        ],
        "hapt/folds/all": [
            ("without_raid", "without RAID", "3", "0.95", "0.01", "-0.012", "0.01", *SETTLED, *OPEN, "0.513", "-0.037"),
            ("all", "all", "3", "0.962", "0.004", *[""] * 8, "0.55", ""),
        ],
    }
    for data, own in rows.items():
        (tmp_path / data).mkdir(parents=True)
        with open(tmp_path / data / "table3.csv", "w", newline="", encoding="utf-8") as handle:
            csv.writer(handle).writerows([COLUMNS, *own])
    return tmp_path


def test_a_row_has_its_difference_both_intervals_and_what_they_say(reference):
    head, rule, *rows = table("differences table3 toy hapt/folds/all hapt", reference).splitlines()
    columns = ["`toy`, 5 seeds", "`hapt`, six folds, 3 seeds", "`hapt`, published split, not run"]
    assert head == f"| difference | paper, THUMOS14 | {' | '.join(columns)} |"
    assert rule == "| --- | --- | --- | --- | --- |"
    assert rows == [
        "| without RAID | −3.70 | −2.00 [−3.00, −1.00] [−3.00, −1.00] **holds** "
        "| −1.20 [−3.00, −1.00] [−3.00, +0.10] open |  |",
        "| without IoU decay |  | +1.00 [−3.00, −1.00] [−3.00, −1.00] **higher** |  |  |",
    ]


def test_levels_are_those_of_rows_that_the_paper_has(reference):
    assert table("levels table3 toy hapt/folds/all", reference).splitlines()[2:] == [
        "| without RAID | 51.3 | 58.00 ± 1.00 | 95.00 ± 1.00 |",
        "| all | 55.0 | 60.00 ± 0.50 | 96.20 ± 0.40 |",
    ]


def test_rows_may_be_chosen_in_an_order(reference):
    assert table("levels table3:all,without_raid toy hapt/folds/all", reference).splitlines()[2:] == [
        "| all | 55.0 | 60.00 ± 0.50 | 96.20 ± 0.40 |",
        "| without RAID | 51.3 | 58.00 ± 1.00 | 95.00 ± 1.00 |",
    ]
    assert table("differences table3:without_iou_decay toy", reference).splitlines()[2:] == [
        "| without IoU decay | +1.00 [−3.00, −1.00] [−3.00, −1.00] **higher** |"
    ]


def test_a_row_that_there_is_not_is_refused(reference):
    with pytest.raises(ValueError, match="table3: there is no row without_ace; rows: without_raid, all"):
        table("levels table3:all,without_ace toy", reference)


@pytest.mark.parametrize(
    ("difference", "printed", "seeds", "resampled", "said"),
    [
        ("-0.02", "-0.03", "True", "True", "**holds**"),
        ("0.02", "-0.03", "True", "True", "**does not hold**"),
        ("0.02", "-0.03", "True", "False", "open"),
        ("0.02", "-0.03", "False", "True", "open"),
        ("0.02", "-0.03", "True", "", "open"),
        ("0.02", "", "True", "True", "**higher**"),
        ("-0.02", "", "True", "True", "**lower**"),
    ],
)
def test_nothing_is_settled_unless_both_intervals_exclude_zero(difference, printed, seeds, resampled, said):
    excluded = {"over_seeds_excludes_zero": seeds, "resampled_excludes_zero": resampled}
    assert verdict({"difference": difference, "paper_difference": printed} | excluded) == said


def test_two_rows_have_their_difference_below(reference):
    rows = [
        ("full", "full", "1", "0.96", "", *[""] * 10),
        ("plain", "plain", "1", "0.95", "", "-0.01", "", "", "", "", *OPEN, "", ""),
    ]
    with open(reference / "toy" / "method.csv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([COLUMNS, *rows])
    assert table("levels method toy", reference).splitlines() == [
        "| average mAP | `toy`, 1 seed |",
        "| --- | --- |",
        "| full | 96.00 |",
        "| plain | 95.00 |",
        "| plain, difference | −1.00 [−3.00, +0.10] open |",
    ]


def test_a_table_that_nobody_kept_is_refused(reference):
    with pytest.raises(ValueError, match=r"table4: there is no table4\.csv for any of toy"):
        table("levels table4 toy", reference)


def test_what_stands_around_a_table_stays(reference):
    page = "before\n<!-- measured: levels table3 toy -->\nold\n<!-- end -->\nafter\n"
    once = filled(page, reference)
    assert once.startswith("before\n<!-- measured: levels table3 toy -->\n\n| average mAP")
    assert once.endswith("|\n\n<!-- end -->\nafter\n")
    assert filled(once, reference) == once


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_have_what_is_kept(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert filled(text) == text, "run python workflow/findings.py"


def test_sweeps_show_their_ends_and_a_data_set_may_have_points_of_its_own(tmp_path):
    head = "value,seeds,average_map_mean,average_map_std\n"
    sweeps = {
        "toy/figure5a": "-0.3,3,0.5,0.01\n0,3,0.6,0.02\n0.3,3,0.55,0.03\n",
        "hapt/folds/all/hapt_figure5a": "0,1,0.97,\n0.2,1,0.96,\n",
    }
    for name, rows in sweeps.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / f"{name}.csv").write_text(head + rows)
    assert table("sweeps toy hapt/folds/all", tmp_path).splitlines()[2:] == [
        "| gamma | `toy` | 3 | 50.00 at gamma -0.3 | 60.00 at gamma 0 | 1.00 to 3.00 |",
        "| gamma | `hapt`, six folds | 1 | 96.00 at gamma 0.2 | 97.00 at gamma 0 |  |",
    ]
