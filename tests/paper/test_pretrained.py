"""The authors' released weights: their numbers beside ours."""

import json

import pytest

from react_tad.cli import main
from react_tad.paper.numbers import RELEASED, THUMOS14_TIOU


def metrics(folder, **changes):
    """A metrics file as the workflow writes it: two profiles that could be measured, and one that could not."""

    def of(base, videos):
        per_tiou = {threshold: base - 0.1 * place for place, threshold in enumerate(THUMOS14_TIOU)}
        return {"per_tiou": per_tiou, "average_map": base - 0.2, "counts": {"videos": videos, "instances": 3000}}

    profiles = {"ssn": of(0.752, 210), "official": of(0.7, 212), "gtad": {"refused": "gtad: 4 videos are missing"}}
    content = {"variant": "pretrained", "seed": 0, "dataset": "thumos14", "subset": "test", "profile": "ssn"}
    content |= {"definition": "activitynet", "per_class": {}, **profiles["ssn"], "profiles": profiles} | changes
    path = folder / "metrics.json"
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    return str(path)


def test_the_authors_average_is_that_of_their_numbers():
    assert round(sum(RELEASED.maps.values()) / 5, 1) == RELEASED.average == 55.2


def test_every_profile_stands_beside_the_authors_numbers(tmp_path, capsys):
    files = ["--markdown", str(tmp_path / "page.md"), "--csv", str(tmp_path / "table.csv")]
    assert main(["pretrained", "--metrics", metrics(tmp_path), *files]) == 0
    printed = capsys.readouterr().out
    assert (tmp_path / "page.md").read_text() == printed
    lines = [line for line in printed.splitlines() if line.startswith(("| the", "| this"))]
    assert lines == [
        "| the authors | theirs |  |  | 70.8 | 65.9 | 57.8 | 47.2 | 34.2 | 55.2 |  |",
        "| this project | ssn (headline) | 210 | 3000 | 75.20 | 65.20 | 55.20 | 45.20 | 35.20 | 55.20 | +0.00 |",
        "| this project | official | 212 | 3000 | 70.00 | 60.00 | 50.00 | 40.00 | 30.00 | 50.00 | −5.20 |",
    ]
    assert "Not measured: gtad: 4 videos are missing." in printed
    rows = (tmp_path / "table.csv").read_text().splitlines()
    assert rows[1] == "the authors,,,,0.708,0.659,0.578,0.472,0.342,0.552"
    assert rows[3].startswith("this project,official,212,3000,0.7,")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"profiles": None}, "metrics.json has no profiles"),
        ({"per_tiou": {"0.5": 0.3}}, "metrics.json: tIoU thresholds 0.5; the authors' numbers are at 0.3, 0.4"),
    ],
)
def test_other_metrics_are_refused(tmp_path, capsys, changes, said):
    assert main(["pretrained", "--metrics", metrics(tmp_path, **changes)]) == 1
    assert said in capsys.readouterr().err
