from pathlib import Path

import numpy as np
import pytest

from react_tad.evaluation.summary import Spread
from react_tad.paper.studies import Point, Sweep
from react_tad.paper.sweeps import Curve, CurvePoint
from react_tad.pictures import sweep as picture
from react_tad.pictures.sweep import draw_sweep

VALUES = {-0.9: [0.5, 0.52], 0.2: [0.55, 0.56], 0.9: [0.51, 0.54]}


def curve(values=VALUES, *, band="seeds", name="figure5a", parameter="model.raid.gamma", band_units=None):
    points = tuple(Point(value=value, metrics=(Path("m.json"),)) for value in values)
    return Curve(
        Sweep(name=name, parameter=parameter, points=points),
        {"dataset": "toy", "profile": "", "subset": "test", "definition": "activitynet"},
        tuple(
            CurvePoint(value, dict(enumerate(own)), Spread.of(own), None if band == "none" else 0.01)
            for value, own in values.items()
        ),
        band,
        band_units,
    )


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved."""
    saved = []
    monkeypatch.setattr(picture, "save", lambda figure, path: saved.append(figure))
    return saved


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_equal_pictures_are_equal_files(tmp_path):
    for name in ("first.svg", "second.svg", "third.png"):
        draw_sweep(curve(), tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    assert (tmp_path / "third.png").read_bytes()[:4] == b"\x89PNG"


def test_what_is_drawn_is_what_was_measured(figures):
    draw_sweep(curve(), Path("s.svg"))
    (axes,) = figures[0].axes
    seeds, mean, optimum = axes.lines
    assert len(seeds.get_xdata()) == 6
    np.testing.assert_allclose(mean.get_xydata(), [[-0.9, 51], [0.2, 55.5], [0.9, 52.5]])
    assert set(optimum.get_xdata()) == {0.2}
    (band,) = axes.collections
    np.testing.assert_allclose(band.get_datalim(axes.transData).intervaly, [50, 56.5])
    assert legend(figures[0]) == [
        "± 1 std over seeds", "single seeds", "mean of 2 seeds", "paper's best, γ = 0.2 (THUMOS14)",
    ]  # fmt: skip
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("γ (cosine similarity)", "average mAP (%)")


def test_one_seed_without_a_band(figures):
    draw_sweep(curve({0.1: [0.5], 0.2: [0.6]}, band="none"), Path("s.svg"))
    assert legend(figures[0]) == ["one seed", "paper's best, γ = 0.2 (THUMOS14)"]


def test_a_parameter_that_the_paper_does_not_sweep(figures):
    draw_sweep(curve(name="sigma", parameter="soft_nms.sigma", band="groups", band_units=9), Path("s.svg"))
    assert figures[0].axes[0].get_xlabel() == "soft_nms.sigma"
    assert legend(figures[0])[0] == "± 1 std over groups (9), bootstrapped"
    assert not any("paper" in text for text in legend(figures[0]))


def test_seeds_that_differ_in_number(figures):
    draw_sweep(curve({0.1: [0.5], 0.2: [0.6, 0.5, 0.4]}, band="none"), Path("s.svg"))
    assert "mean of 1–3 seeds" in legend(figures[0])
