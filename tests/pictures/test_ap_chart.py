import json

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.pictures.ap_chart import ap_table


def run(seed, *rows, **changes):
    """A metrics file's content: AP of two classes at two thresholds."""
    per_class = {
        name: dict(zip(("0.3", "0.5"), row, strict=True)) for name, row in zip(("Run", "Jump"), rows, strict=True)
    }
    about = {"dataset": "toy", "variant": "full", "seed": seed, "subset": "test", "definition": "activitynet"}
    means = {"per_tiou": {"0.3": 0, "0.5": 0}, "average_map": 0, "counts": {}}
    return about | means | {"per_class": per_class, "source": f"seed{seed}.json"} | changes


RUNS = [run(0, (0.5, 0.25), (1.0, 0.0)), run(1, (0.75, 0.25), (1.0, 1.0))]


def test_runs_are_averaged_and_means_added():
    rows, columns, table = ap_table(RUNS)
    assert (rows, columns) == (["Run", "Jump", "mean (mAP)"], ["0.3", "0.5", "average"])
    np.testing.assert_array_equal(table, [[62.5, 25, 43.75], [100, 50, 75], [81.25, 37.5, 59.375]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variant": "plain"}, "seed0.json: variant plain, but seed0.json: variant full"),
        ({"per_tiou": {"0.5": 1}}, "differ in their classes or tIoU thresholds"),
    ],
)
def test_what_cannot_be_averaged(change, message):
    with pytest.raises(ValueError, match=message):
        ap_table([RUNS[0], RUNS[0] | change])


def test_equal_pictures_are_equal_files(tmp_path):
    paths = [tmp_path / content["source"] for content in RUNS]
    for path, content in zip(paths, RUNS, strict=True):
        path.write_text(json.dumps(content))
    for name in ("first.svg", "second.svg"):
        assert main(["plot", "ap", "--metrics", *map(str, paths), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
