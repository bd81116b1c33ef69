import numpy as np
import pytest
from matplotlib.figure import Figure

from evaluation.test_average_precision import TIOU, distinct_case, found_of, truth_of
from react_tad.evaluation.diagnosis.report import diagnose
from react_tad.pictures import diagnosis as picture
from react_tad.pictures.diagnosis import draw_diagnosis


@pytest.fixture
def result():
    truth, found = distinct_case()
    return diagnose(truth_of(truth, 4, 3), found_of(found, 4, 3), TIOU, bounds={"instances": [2]})


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved."""
    saved = []
    monkeypatch.setattr(picture, "save", lambda figure, path: saved.append(figure))
    return saved


def texts(figure: Figure):
    return {text.get_text() for axes in figure.axes for text in (*axes.texts, *axes.get_xticklabels())}


def test_equal_pictures_are_equal_files(result, tmp_path):
    for name in ("first.svg", "second.svg"):
        draw_diagnosis(result, tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    draw_diagnosis(result, tmp_path / "third.png")
    assert (tmp_path / "third.png").read_bytes()[:4] == b"\x89PNG"


def test_bars_are_what_was_measured(result, figures, tmp_path):
    draw_diagnosis(result, tmp_path / "d.svg")
    profile, gains = figures[0].axes[:2]
    filled = ~np.isnan(result.shares[:, 0])
    heights = np.array([[bar.get_height() for bar in bars] for bars in profile.containers])
    np.testing.assert_allclose(heights[:, filled], 100 * result.shares[filled].T)
    assert (heights[:, ~filled] == 0).all()
    assert [bar.get_width() for bar in gains.patches] == pytest.approx(
        [100 * gain.mean() for gain in result.gain["normalized_map"].values()]
    )
    for axes, measure in zip((figures[0].axes[4], figures[0].axes[7]), ("normalized_map", "missed"), strict=True):
        bars = [bar.get_height() for bar in axes.patches]
        assert bars[1] == pytest.approx(100 * getattr(result.sensitivities[2], measure)[1].mean())


def test_what_is_not_there_is_a_dash(figures, tmp_path):
    truth = truth_of([[0, 0, 0, 1]], 1, 1)
    draw_diagnosis(diagnose(truth, found_of([], 1, 1), [0.5], bounds={"length": [2]}), tmp_path / "d.svg")
    assert {"-", "S\n≤ 2\nn = 1", "L\n> 2\nn = 0", "all\nany\nn = 0"} <= texts(figures[0])
