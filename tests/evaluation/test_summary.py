import csv
import json
import statistics

import pytest

from react_tad.cli import main
from react_tad.evaluation.summary import as_csv, as_json, as_markdown, read_metrics, summarize


def run(variant, seed, low, high, **changes):
    """A metrics file's content, with mAP at two thresholds."""
    return {
        "dataset": "toy",
        "variant": variant,
        "seed": seed,
        "definition": "activitynet",
        "subset": "test",
        "counts": {},
        "per_tiou": {"0.3": low, "0.5": high},
        "average_map": (low + high) / 2,
        "per_class": {},
        "source": f"{variant}/seed{seed}.json",
    } | changes


RUNS = [
    run("full", 0, 0.6, 0.4),
    run("plain", 0, 0.5, 0.3),
    run("full", 1, 0.7, 0.5),
    run("plain", 2, 0.9, 0.9),
    run("plain", 1, 0.5, 0.5),
]


def test_mean_and_standard_deviation_over_seeds():
    full, plain = summarize(RUNS)
    assert (full.variant, plain.variant) == ("full", "plain")
    assert full.maps["0.3"].mean == pytest.approx(0.65)
    assert full.maps["0.3"].std == pytest.approx(0.1 / 2**0.5)
    assert plain.maps["average"].mean == pytest.approx(statistics.fmean([0.4, 0.9, 0.5]))
    assert (full.maps["average"].count, plain.maps["average"].count) == (2, 3)


def test_difference_is_over_the_seeds_that_both_have():
    full, plain = summarize(RUNS)
    assert full.difference is None
    assert plain.difference.mean == pytest.approx(-0.1)  # seeds 0 and 1: 0.4 - 0.5 and 0.5 - 0.6
    assert plain.difference.std == pytest.approx(0)
    assert plain.difference.count == 2


def test_one_seed_has_no_standard_deviation_and_no_common_seed_no_difference():
    full, plain = summarize([RUNS[0], RUNS[3]])
    assert (full.maps["0.3"].std, plain.difference) == (None, None)
    assert "| full | 1 | 60.00 | 40.00 | 50.00 |  |" in as_markdown([full, plain])


def test_settings_are_not_mixed():
    rows = summarize([*RUNS, run("full", 0, 0.1, 0.1, dataset="hapt"), run("plain", 0, 0.2, 0.2, dataset="hapt")])
    assert [row.setting["dataset"] for row in rows] == ["toy", "toy", "hapt", "hapt"]
    assert rows[3].difference.mean == pytest.approx(0.1)
    assert as_markdown(rows).count("| variant |") == 2


def test_folds_are_settings_with_a_column_of_their_own():
    rows = summarize([*RUNS, run("full", 0, 0.1, 0.1, fold=2), run("plain", 0, 0.3, 0.3, fold=2)])
    assert [row.setting["fold"] for row in rows] == ["", "", "2", "2"]
    assert rows[3].difference.mean == pytest.approx(0.2)
    assert [row["fold"] for row in csv.DictReader(as_csv(rows).splitlines())] == ["", "", "2", "2"]
    assert "fold" not in as_csv(rows[:2])


def test_csv_has_every_bit():
    rows = list(csv.DictReader(as_csv(summarize(RUNS)).splitlines()))
    assert float(rows[0]["map_0.3_mean"]) == statistics.fmean([0.6, 0.7])
    assert (rows[0]["difference_mean"], rows[0]["difference_seeds"]) == ("", "0")
    assert (rows[1]["dataset"], rows[1]["subset"], rows[1]["seeds"]) == ("toy", "test", "3")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (run("full", 0, 0.1, 0.1, source="copy.json"), "copy.json and full/seed0.json are both variant 'full', seed 0"),
        (run("full", 5, 0.1, 0.1, per_tiou={"0.5": 0.1}), "same thresholds"),
    ],
)
def test_what_cannot_be_compared(other, message):
    with pytest.raises(ValueError, match=message):
        summarize([*RUNS, other])


def test_command(tmp_path):
    paths = []
    for content in RUNS:
        paths.append(tmp_path / content["source"].replace("/", "_"))
        paths[-1].write_text(json.dumps({key: value for key, value in content.items() if key != "source"}))
    outputs = ["--csv", str(tmp_path / "s.csv"), "--markdown", str(tmp_path / "s.md")]
    assert main(["summarize", "--metrics", *map(str, paths), *outputs]) == 0
    assert (tmp_path / "s.csv").read_text() == as_csv(summarize(RUNS))
    assert "| plain | 3 | 63.33 ± 23.09 |" in (tmp_path / "s.md").read_text()


def test_metrics_file_that_does_not_say_what_it_is_about(tmp_path):
    (tmp_path / "m.json").write_text('{"per_tiou": {}}')
    with pytest.raises(ValueError, match=r"m\.json has no variant, seed.*--about"):
        read_metrics(tmp_path / "m.json")


def test_json_holds_the_means_alone():
    assert as_json(summarize(RUNS)) == {
        "full": pytest.approx({"0.3": 0.65, "0.5": 0.45, "average": 0.55}),
        "plain": pytest.approx({"0.3": 1.9 / 3, "0.5": 1.7 / 3, "average": 0.6}),
    }
    with pytest.raises(ValueError, match="several data sets"):
        as_json(summarize([*RUNS, run("full", 0, 0.1, 0.1, dataset="hapt")]))
