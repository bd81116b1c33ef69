import json
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from react_tad.cli import main
from react_tad.data.annotations import parse_annotations
from react_tad.detection.detections import Detections
from react_tad.pictures.viewer.page import page_data, page_text

VOID = {"meta", "input", "br", "img", "link", "hr"}


class Page(HTMLParser):
    """Elements of a page, and whether every one of them is closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.scripts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += text


def made(random, videos=4, count=60, classes=("b", "a", "c")):
    """Detections in any order, with equal scores among them."""
    start = random.uniform(0, 50, count)
    return Detections(
        videos=tuple(f"v{number}" for number in range(videos)),
        classes=classes,
        video=random.integers(videos, size=count),
        start=start,
        end=start + random.uniform(0, 9, count),
        label=random.integers(len(classes), size=count),
        score=random.choice([0.1, 0.25, 0.1 + 0.2, 1 / 3, 0.7], count),
    )


def annotated(**videos):
    """Annotations: a list of (label, start, end) a recording."""
    return parse_annotations(
        {
            "database": {
                name: {
                    "subset": "test",
                    "duration": 60,
                    "annotations": [{"label": label, "segment": [start, end]} for label, start, end in rows],
                }
                for name, rows in videos.items()
            }
        },
        where="a.json",
    )


def rows_of(data, table):
    """The rows of a table as (recording, class, start, end, score)."""
    columns = data[table]
    values = [columns[name] for name in ("start", "end", "score") if name in columns]
    return [
        [
            (data["recordings"][number], data["classes"][columns["label"][row]], *(column[row] for column in values))
            for row in range(first, last)
        ]
        for number, (first, last) in enumerate(pairwise(columns["first"]))
    ]


@pytest.mark.parametrize(("min_score", "top"), [(None, None), (0.25, None), (None, 5), (0.3, 4), (2, 1)])
def test_the_best_of_each_recording_in_full_precision(min_score, top):
    detections = made(np.random.default_rng(0))
    data = json.loads(json.dumps(page_data(detections, min_score=min_score, top=top)))
    for number, rows in enumerate(rows_of(data, "detections")):
        expected = [
            (detections.videos[number], detections.classes[label], start, end, score)
            for video, label, start, end, score in zip(
                *(getattr(detections, name).tolist() for name in ("video", "label", "start", "end", "score")),
                strict=True,
            )
            if video == number and (min_score is None or score >= min_score)
        ]
        assert rows == sorted(expected, key=lambda row: -row[-1])[:top]  # equal scores stay in the order of the file
    assert data["detections"]["first"][-1] == len(data["detections"]["score"])


def test_annotations_stand_with_their_recordings():
    truth = annotated(v2=[("d", 1, 2), ("a", 0, 60)], elsewhere=[("z", 1, 2)], v0=[("Ambiguous", 3, 4)])
    data = page_data(made(np.random.default_rng(0)), truth)
    assert data["classes"] == ["Ambiguous", "a", "b", "c", "d"]
    assert data["durations"] == [60, None, 60, None]
    assert rows_of(data, "annotations") == [
        [("v0", "Ambiguous", 3, 4)], [], [("v2", "d", 1, 2), ("v2", "a", 0, 60)], []
    ]  # fmt: skip
    without = page_data(made(np.random.default_rng(0)))
    assert rows_of(without, "annotations") == [[]] * 4 and without["durations"] == []


def test_annotations_of_other_recordings_are_refused():
    with pytest.raises(ValueError, match=r"a\.json annotates none of the 4 recordings.*'v0' is not there"):
        page_data(made(np.random.default_rng(0)), annotated(other=[]))


def test_a_page_is_one_file_of_html():
    data = page_data(made(np.random.default_rng(0))) | {"title": 'a & <b> "c"', "videos": []}
    page = Page(page_text(data))
    assert [(tag, own) for tag, own in page.elements if own.keys() & {"src", "href", "srcset", "data", "poster"}] == []
    plotly, embedded, viewer = page.scripts
    assert plotly == get_plotlyjs()
    assert json.loads(embedded) == data
    assert "Plotly.react" in viewer
    assert ("h1", {"dir": "auto", "title": data["title"]}) in page.elements


@pytest.mark.parametrize("name", ["</script><script>1</script>", "<!--<script>", "\ud800", "\u2028", "$title ${data}"])
def test_names_do_not_leave_their_block(name):
    detections = made(np.random.default_rng(0), classes=(name, "a", "b"))
    data = page_data(detections) | {"title": "t", "videos": []}
    text = page_text(data)
    text.encode()
    assert json.loads(Page(text).scripts[1]) == data


def files(tmp_path, **more):
    detection = {"label": "a", "segment": [1, 2], "score": 0.5}
    (tmp_path / "d.json").write_text(json.dumps({"results": {"v": [detection, detection | {"score": 0.2}], **more}}))
    return str(tmp_path / "d.json")


def test_same_input_same_bytes(tmp_path, capsys):
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for page in pages:
        assert main(["view", files(tmp_path), "--min-score", "0.3", "--out", str(page)]) == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert "one.html: 1 recordings, 1 of 2 detections; " in capsys.readouterr().out
    assert "<title>d.json</title>" in pages[0].read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "page.pdf"], "--out page.pdf should end in .html"),
        (["--out", "page.html", "--top", "0"], "--top 0 should be 1 or more"),
        (["--out", "page.html", "--videos", "."], "no video of any of 1 recordings"),
    ],
)
def test_refuses(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    assert main(["view", files(tmp_path), *options]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))


def test_nothing_to_show_is_refused(tmp_path, capsys):
    (tmp_path / "d.json").write_text('{"results": {}}')
    assert main(["view", str(tmp_path / "d.json"), "--out", str(tmp_path / "page.html")]) == 1
    assert "d.json has no recording" in capsys.readouterr().err
