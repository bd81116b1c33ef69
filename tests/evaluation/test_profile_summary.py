import csv

import pytest

from react_tad.cli import main
from react_tad.evaluation.profile_summary import as_markdown, by_profile
from react_tad.evaluation.summary import summarize
from react_tad.files import write_json


def run(variant, seed, official, ssn, **changes):
    """A metrics file's content: average mAP under two profiles, the first the headline."""

    def numbers(value, instances):
        return {
            "counts": {"videos": 2, "instances": instances},
            "per_tiou": {"0.5": value},
            "average_map": value,
        }

    profiles = {"official": numbers(official, 9), "ssn": numbers(ssn, 7)}
    about = {"dataset": "d", "variant": variant, "seed": seed, "definition": "activitynet", "subset": "test"}
    source = {"source": f"{variant}/{seed}.json", "per_class": {}, "profile": "official"}
    return about | source | profiles["official"] | {"profiles": profiles} | changes


RUNS = [run("full", 0, 0.6, 0.4), run("full", 1, 0.8, 0.5), run("plain", 0, 0.5, 0.2), run("plain", 1, 0.6, 0.1)]


def test_each_profile_is_a_setting_of_its_own():
    rows = summarize(by_profile(RUNS))
    assert [(row.setting["profile"], row.variant) for row in rows] == [
        ("official", "full"),
        ("official", "plain"),
        ("ssn", "full"),
        ("ssn", "plain"),
    ]
    assert [row.maps["average"].mean for row in rows] == pytest.approx([0.7, 0.55, 0.45, 0.15])
    assert [row.difference.mean for row in rows if row.variant == "plain"] == pytest.approx([-0.15, -0.3])


def test_markdown():
    lines = as_markdown(RUNS).splitlines()
    assert "| full | **official** | 2 | 9 | 2 | 70.00 ± 14.14 | 70.00 ± 14.14 |" in lines
    assert "| plain | ssn | 2 | 7 | 2 | 15.00 ± 7.07 | 15.00 ± 7.07 |" in lines
    order = [line.split(" | ")[:2] for line in lines if line.startswith(("| full", "| plain"))]
    assert order == [["| full", "**official**"], ["| full", "ssn"], ["| plain", "**official**"], ["| plain", "ssn"]]


def test_a_profile_that_was_refused_is_said():
    lacking = run("full", 0, 0.6, 0.4)
    lacking["profiles"]["ssn"] = {"refused": "profile 'ssn' should leave 210 videos"}
    assert [entry["profile"] for entry in by_profile([lacking])] == ["official"]
    assert "Not measured: profile 'ssn' should leave 210 videos." in as_markdown([lacking])


def test_a_file_without_profiles():
    without = {key: value for key, value in RUNS[0].items() if key != "profiles"}
    with pytest.raises(ValueError, match=r"full/0\.json has no profiles"):
        by_profile([RUNS[1], without])


def test_command(tmp_path, capsys):
    paths = []
    for number, metrics in enumerate(RUNS):
        paths.append(tmp_path / f"{number}.json")
        write_json(paths[-1], {key: value for key, value in metrics.items() if key != "source"})
    files = ["--metrics", *map(str, paths), "--csv", str(tmp_path / "t.csv"), "--markdown", str(tmp_path / "t.md")]
    assert main(["summarize", "--by-profile", *files]) == 0
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    assert [(row["profile"], row["variant"], row["seeds"]) for row in rows][2] == ("ssn", "full", "2")
    assert float(rows[2]["map_average_mean"]) == pytest.approx(0.45)
    assert "**official**" in (tmp_path / "t.md").read_text()
    assert main(["summarize", "--by-profile", *files, "--json", str(tmp_path / "t.json")]) == 1
    assert "leave it out" in capsys.readouterr().err
