import json
from pathlib import Path

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.paper.class_losses import LossCurve
from react_tad.pictures import class_loss as picture
from react_tad.pictures.class_loss import draw_class_loss

EPOCHS = np.arange(1.0, 4)
CURVES = [
    LossCurve("both", "with ACE-dec", EPOCHS, np.array([[2.0, 1, 0.5], [4, 1, 1.5]])),
    LossCurve("query_only", "focal loss", EPOCHS, np.array([[3.0, 2, 1]])),
]


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved."""
    saved = []
    monkeypatch.setattr(picture, "save", lambda figure, path: saved.append(figure))
    return saved


def test_means_and_bands(figures):
    draw_class_loss(CURVES, Path("c.svg"))
    (axes,) = figures[0].axes
    np.testing.assert_allclose([line.get_ydata() for line in axes.lines], [[3, 1, 1], [3, 2, 1]])
    (band,) = axes.collections  # one seed has none
    deviation = 2**0.5
    np.testing.assert_allclose(band.get_datalim(axes.transData).intervaly, [1 - 0.5**0.5, 3 + deviation])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "with ACE-dec (2 seeds)", "focal loss (1 seed)",
    ]  # fmt: skip
    assert axes.get_xlabel() == "epoch"


def test_curves_differ_without_colour(figures):
    draw_class_loss(CURVES * 2, Path("c.svg"))
    lines = figures[0].axes[0].lines
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 4


def test_the_verb(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("epoch,validation_classification\n1,0.5\n2,0.25\n")
    study = json.dumps({"name": "figureS3", "rows": {"both": {"logs": [str(log)]}}})
    table = tmp_path / "c.csv"
    for name in ("first.svg", "second.svg"):
        assert main(["class-loss", "--study", study, "--out", str(tmp_path / name), "--csv", str(table)]) == 0
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    assert table.read_text().splitlines()[1:] == ["both,both,1,1,0.5,", "both,both,2,1,0.25,"]
