import csv
import json

import pytest

from react_tad.cli import main
from react_tad.evaluation.fold_summary import as_csv, as_markdown, by_fold
from react_tad.evaluation.summary import read_metrics
from react_tad.files import write_json


def run(variant, seed, fold, value, *, videos=4, groups=2, **changes):
    """A metrics file's content, with mAP at one threshold."""
    counts = {"videos": videos} | ({"groups": groups} if groups else {})
    about = {"dataset": "d", "variant": variant, "seed": seed, "definition": "activitynet", "subset": "test"}
    numbers = {"counts": counts, "per_tiou": {"0.5": value}, "average_map": value, "per_class": {}}
    return about | {"fold": fold, "source": f"{fold}/{variant}/{seed}.json"} | numbers | changes


RUNS = [
    run("full", 0, "all", 0.7, videos=9, groups=5),
    run("full", 1, "all", 0.8, videos=9, groups=5),
    run("full", 0, 10, 0.6, videos=5, groups=3),
    run("full", 0, 2, 0.6),
    run("full", 1, 2, 0.8),
    run("plain", 0, 2, 0.5),
    run("plain", 1, 2, 0.6),
    run("plain", 0, "all", 0.4, videos=9, groups=5),
]


def test_folds_are_in_order_and_all_is_last():
    """Ten comes after two, and each seed is paired within its fold."""
    rows = list(csv.DictReader(as_csv(RUNS).splitlines()))
    assert [(row["fold"], row["variant"], row["seeds"]) for row in rows] == [
        ("2", "full", "2"),
        ("2", "plain", "2"),
        ("10", "full", "1"),
        ("all", "full", "2"),
        ("all", "plain", "1"),
    ]
    assert [(row["videos"], row["groups"]) for row in rows] == [("4", "2")] * 2 + [("5", "3")] + [("9", "5")] * 2
    assert [float(row["map_average_mean"]) for row in rows] == pytest.approx([0.7, 0.55, 0.6, 0.75, 0.4])
    assert [row["map_average_std"] == "" for row in rows] == [False, False, True, False, True]
    assert float(rows[1]["difference_mean"]) == pytest.approx(-0.15)
    assert float(rows[4]["difference_mean"]) == pytest.approx(-0.3)
    assert rows[4]["difference_seeds"] == "1"


def test_markdown_has_a_row_a_fold_and_a_last_one_of_all():
    lines = as_markdown(RUNS).splitlines()
    assert [line for line in lines if line.startswith("| ")] == [
        "| variant | fold | videos | groups | seeds | 0.5 | average |",
        "| full | 2 | 4 | 2 | 2 | 70.00 ± 14.14 | 70.00 ± 14.14 |",
        "| full | 10 | 5 | 3 | 1 | 60.00 | 60.00 |",
        "| full | **all** | 9 | 5 | 2 | 75.00 ± 7.07 | 75.00 ± 7.07 |",
        "| plain | 2 | 4 | 2 | 2 | 55.00 ± 7.07 | 55.00 ± 7.07 |",
        "| plain | **all** | 9 | 5 | 1 | 40.00 | 40.00 |",
    ]


def test_numbers_of_recordings_and_groups_where_files_tell_them():
    without = [run("full", 0, 1, 0.6, groups=None), run("full", 0, 2, 0.6, groups=None)]
    assert "| full | 1 | 4 | 1 | 60.00 | 60.00 |" in as_markdown(without)
    assert "| full | 1 | 1 | 60.00 | 60.00 |" in as_markdown([run("full", 0, 1, 0.6, counts={})])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (run("full", 2, None, 0.6), r"None/full/2\.json has no fold; `react-tad evaluate --about` adds it"),
        (run("full", 2, 2, 0.6, subset="validation"), "subset validation, but all/full/0.json: subset test"),
        (run("full", 2, 2, 0.6, videos=5), "2/full/2.json: 5 videos in fold 2, but 2/full/0.json: 4"),
        (run("full", 1, 2, 0.6), "are both variant 'full', seed 1"),
    ],
)
def test_what_is_no_set_of_folds(other, message):
    if other["fold"] is None:
        del other["fold"]
    with pytest.raises(ValueError, match=message):
        as_csv([*RUNS, other])
    if "both" not in message:
        with pytest.raises(ValueError, match=message):
            by_fold([*RUNS, other])


def test_a_fold_that_is_none_is_named(tmp_path):
    write_json(tmp_path / "m.json", RUNS[0] | {"fold": "1"})
    with pytest.raises(ValueError, match=r"m\.json: fold = '1' should be a number from 1, or 'all'"):
        read_metrics(tmp_path / "m.json")


def evaluated(folder, fold, people):
    """Metrics of perfect detections in two recordings of each person, made by the command."""
    entry = {"subset": "test", "duration": 9, "annotations": [{"label": "Run", "segment": [0, 4]}]}
    names = [(f"{person}{number}", person) for person in people for number in range(2)]
    result = [{"label": "Run", "segment": [0, 4], "score": 0.5}]
    write_json(folder / "a.json", {"database": {name: entry | {"group": person} for name, person in names}})
    write_json(folder / "d.json", {"results": {name: result for name, _ in names}})
    about = json.dumps({"dataset": "d", "variant": "full", "seed": 0, "fold": fold})
    files = ["--annotations", str(folder / "a.json"), "--detections", str(folder / "d.json"), "--subset", "test"]
    path = folder / f"{fold}.json"
    assert main(["evaluate", *files, "--about", about, "--json", str(path)]) == 0
    return str(path)


def test_commands(tmp_path, capsys):
    folds = {1: ["anna"], 2: ["ben", "cleo"], "all": ["anna", "ben", "cleo"]}
    paths = [evaluated(tmp_path, fold, people) for fold, people in folds.items()]
    files = ["--metrics", *paths, "--csv", str(tmp_path / "t.csv"), "--markdown", str(tmp_path / "t.md")]
    assert main(["summarize", "--by-fold", *files]) == 0
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    assert [(row["fold"], row["videos"], row["groups"]) for row in rows] == [
        ("1", "2", "1"),
        ("2", "4", "2"),
        ("all", "6", "3"),
    ]
    assert {float(row["map_average_mean"]) for row in rows} == {1.0}
    assert "| full | **all** | 6 | 3 | 1 |" in (tmp_path / "t.md").read_text()
    capsys.readouterr()
    assert main(["summarize", "--by-fold", *files, "--json", str(tmp_path / "t.json")]) == 1
    assert "leave it out with --by-profile and --by-fold" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["summarize", "--by-fold", "--by-profile", *files])
