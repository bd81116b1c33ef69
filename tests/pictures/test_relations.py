from pathlib import Path

import numpy as np
import pytest

from react_tad.paper.relations import Layer, Relation, WindowRelations
from react_tad.pictures import relations as picture
from react_tad.pictures.relations import RELATION_COLOURS, draw_relations

SIMILAR, DISSIMILAR, DUPLICATE = Relation.DISTINCT_SIMILAR, Relation.DISTINCT_DISSIMILAR, Relation.DUPLICATE
KINDS = np.array(
    [
        [0, SIMILAR, DUPLICATE, DISSIMILAR],
        [SIMILAR, 0, SIMILAR, SIMILAR],
        [DUPLICATE, SIMILAR, 0, SIMILAR],
        [DISSIMILAR, SIMILAR, SIMILAR, 0],
    ]
)


def window(**changes):
    layer = Layer(attends=KINDS <= SIMILAR, relations=KINDS, dense=False)
    dense = Layer(attends=np.ones((4, 4), dtype=bool), relations=None, dense=True)
    values = {
        "video": "v0", "first": 0, "start_end": (0.0, 20.0), "gamma": 0.2, "tau": 0.5,
        "references": np.array([[10.0, 14], [1, 4], [10.5, 14.5], [16, 18]]),
        "detected": np.array([[10.0, 14], [1, 4], [10.5, 14.5], [16, 18]]),
        "labels": ("jump", "jump", "jump", "run"), "scores": np.array([0.9, 0.5, 0.4, 0.1]),
        "layers": [dense, layer], "instances": [("jump", 1.0, 4.0), ("jump", 10.0, 14.0), ("run", 3.0, 5.0)],
        "reference": 0,
    }  # fmt: skip
    return WindowRelations(**values | changes)


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved."""
    saved = []
    monkeypatch.setattr(picture, "save", lambda figure, path: saved.append(figure))
    return saved


def test_equal_pictures_are_equal_files(tmp_path):
    for name in ("first.svg", "second.svg", "third.png"):
        draw_relations(window(), tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    assert (tmp_path / "third.png").read_bytes()[:4] == b"\x89PNG"


def test_queries_stand_under_their_relation(figures):
    draw_relations(window(), Path("r.svg"))
    timeline, first, second = figures[0].axes
    assert [text.get_text() for text in timeline.get_yticklabels()] == [
        "reference query", "distinct-similar (1)", "distinct-dissimilar (1)", "duplicate (1)",
        "annotated: jump", "annotated: run",
    ]  # fmt: skip
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in timeline.patches]
    assert bars == [(10, 14), (1, 4), (16, 18), (10.5, 14.5), (1, 4), (10, 14), (3, 5)]
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == (
        "layer 1: 100 % of pairs", "layer 2: 75 % of pairs",
    )  # fmt: skip


def test_matrices_are_in_the_order_of_the_centres(figures):
    draw_relations(window(), Path("r.svg"))
    order = [1, 0, 2, 3]
    np.testing.assert_array_equal(figures[0].axes[2].images[0].get_array(), KINDS[np.ix_(order, order)])
    assert figures[0].axes[2].get_yticks() == [1]


def test_relations_differ_without_colour():
    from matplotlib.colors import to_rgb

    grey = sorted(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) for colour in RELATION_COLOURS.values())
    assert min(np.diff(grey)) > 0.15


def test_interest():
    assert window().interest == (True, 1, 2)
    assert window(instances=[("jump", 1.0, 4.0)]).interest == (False, 1, 1)
    assert window(reference=1).interest == (True, 0, 2)


def test_a_relation_without_queries(figures):
    draw_relations(window(reference=1), Path("r.svg"))
    assert "duplicate (0)" in [text.get_text() for text in figures[0].axes[0].get_yticklabels()]
