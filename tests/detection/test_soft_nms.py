"""Hand-worked cases, properties, and an independent plain-loop implementation."""

import dataclasses
import json
import math
import time

import numpy as np
import pytest

from plain.soft_nms import soft_nms as one_by_one
from react_tad.cli import main
from react_tad.detection import soft_nms as module
from react_tad.detection.detections import RawDetections, read_detections, write_detections
from react_tad.detection.soft_nms import METHODS, soft_nms, suppress
from react_tad.params.soft_nms import SoftNms

OPTIONS = SoftNms().model_dump()
TWINS = np.array([[3.0, 8.0], [3.0, 8.0]])
"""CliffDiving and Diving: the same segment twice."""


def slow_iou(first, second):
    intersection = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    union = (first[1] - first[0]) + (second[1] - second[0]) - intersection
    return intersection / union if union > 0 else 0.0


def slow_soft_nms(segments, scores, labels, *, method, sigma, iou_threshold, class_wise, keep, floor):
    """(segment, label, new score) in the order in which they are taken, from the definition."""
    rest = [
        [score, -index, segment, label]
        for index, (segment, score, label) in enumerate(
            zip(segments.tolist(), scores.tolist(), labels.tolist(), strict=True)
        )
    ]
    taken = []
    while rest and len(taken) < keep:
        best = max(rest, key=lambda row: row[:2])
        rest.remove(best)
        if best[0] < floor:
            break
        taken.append((best[2], best[3], best[0]))
        suppressed = []
        for row in rest:
            overlap = slow_iou(best[2], row[2])
            if class_wise and row[3] != best[3]:
                continue
            if method == "gaussian":
                row[0] *= math.exp(-(overlap**2) / sigma)
            elif method == "linear" and overlap > iou_threshold:
                row[0] *= 1 - overlap
            elif method == "hard" and overlap > iou_threshold:
                suppressed.append(row)
        rest = [row for row in rest if row not in suppressed]
    return taken


def random_case(seed):
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 60))
    start = random.integers(0, 20, count).astype(float)
    segments = np.stack([start, start + random.integers(0, 12, count)], -1)
    return segments, random.permutation(count) / max(count, 1), random.integers(0, 3, count)


@pytest.mark.parametrize("class_wise", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_a_slow_implementation(seed, method, class_wise):
    segments, scores, labels = random_case(seed)
    options = OPTIONS | {
        "method": method,
        "class_wise": class_wise,
        "floor": [0.0, 1e-3][seed % 2],
        "keep": [20, 99][seed // 4],
    }
    index, new = soft_nms(segments, scores, labels, **options)
    expected = slow_soft_nms(segments, scores, labels, **options)
    assert len(index) == len(expected)
    np.testing.assert_allclose(new, [score for _, _, score in expected], rtol=1e-12)
    np.testing.assert_array_equal(segments[index], np.array([segment for segment, _, _ in expected]).reshape(-1, 2))
    np.testing.assert_array_equal(labels[index], [label for _, label, _ in expected])


@pytest.mark.parametrize(("class_wise", "second"), [(False, 0.8 * math.exp(-1 / 0.4)), (True, 0.8)])
def test_same_segment_in_two_classes(class_wise, second):
    options = OPTIONS | {"class_wise": class_wise, "sigma": 0.4}
    index, new = soft_nms(TWINS, np.array([0.8, 0.9]), np.array([4, 7]), **options)
    assert index.tolist() == [1, 0]
    np.testing.assert_allclose(new, [0.9, second], rtol=1e-15)


@pytest.mark.parametrize(
    ("method", "expected"),
    # tIoU of the second and third segment with the first: 0.6 and 0.25; of the third with the second: 0.
    [
        ("gaussian", [1.0, 0.5 * math.exp(-0.0625 / 0.4), 0.8 * math.exp(-0.36 / 0.4)]),
        ("linear", [1.0, 0.5, 0.8 * 0.4]),
        ("hard", [1.0, 0.5]),
        ("none", [1.0, 0.8, 0.5]),
    ],
)
def test_by_hand(method, expected):
    segments = np.array([[0.0, 10.0], [0.0, 6.0], [7.5, 10.0]])
    _, new = soft_nms(segments, np.array([1.0, 0.8, 0.5]), np.zeros(3, dtype=int), **OPTIONS | {"method": method})
    np.testing.assert_allclose(new, expected, rtol=1e-15)


def test_iou_equal_to_the_threshold_is_left_alone():
    segments = np.array([[0.0, 10.0], [0.0, 5.0]])
    for method in ("linear", "hard"):
        _, new = soft_nms(
            segments, np.array([1.0, 0.5]), np.zeros(2), **OPTIONS | {"method": method, "iou_threshold": 0.5}
        )
        assert new.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("class_wise", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_order_of_the_input_does_not_matter(method, class_wise):
    random = np.random.default_rng(0)
    start = random.random(80) * 20
    segments, labels = np.stack([start, start + random.random(80) * 9], -1), random.integers(0, 3, 80)
    scores = random.integers(1, 6, 80) / 5  # many ties
    options = OPTIONS | {"method": method, "class_wise": class_wise, "keep": 30}
    index, new = soft_nms(segments, scores, labels, **options)
    order = random.permutation(80)
    shuffled, again = soft_nms(segments[order], scores[order], labels[order], **options)
    np.testing.assert_array_equal(order[shuffled], index)
    np.testing.assert_array_equal(again, new)


def test_keep_and_floor():
    segments = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    scores = np.array([0.5, 0.1, 0.9])
    assert soft_nms(segments, scores, np.zeros(3), **OPTIONS | {"keep": 2})[0].tolist() == [2, 0]
    assert soft_nms(segments, scores, np.zeros(3), **OPTIONS | {"floor": 0.1})[0].tolist() == [2, 0, 1]
    assert soft_nms(segments, scores, np.zeros(3), **OPTIONS | {"floor": 0.2})[0].tolist() == [2, 0]


def test_input_is_left_alone():
    scores = np.array([0.8, 0.9])
    soft_nms(TWINS, scores, np.array([4, 7]), **OPTIONS)
    assert scores.tolist() == [0.8, 0.9]


def test_wrong_input():
    with pytest.raises(ValueError, match=r"score -0\.1 should be >= 0"):
        soft_nms(TWINS, np.array([-0.1, 0.9]), np.zeros(2), **OPTIONS)
    with pytest.raises(ValueError, match="'greedy' should be one of gaussian"):
        soft_nms(TWINS, np.array([0.1, 0.9]), np.zeros(2), **OPTIONS | {"method": "greedy"})


def raw_of(count, videos):
    random = np.random.default_rng(0)
    start = random.random(count) * 200
    return RawDetections(
        videos=tuple(f"v{index}" for index in range(videos)),
        classes=("Run", "Jump"),
        durations=np.full(videos, 300.0),
        video=random.integers(0, max(videos - 1, 1), count),  # the last video has none
        start=start,
        end=start + random.random(count) * 10,
        label=random.integers(0, 2, count),
        score=random.random(count),
    )


def test_videos_do_not_touch_each_other(tmp_path):
    raw = raw_of(200, 5)
    kept = suppress(raw, **OPTIONS)
    assert (np.diff(kept.video) >= 0).all()
    for video in range(5):
        own = np.flatnonzero(raw.video == video)
        index, new = soft_nms(raw.start_end[own], raw.score[own], raw.label[own], **OPTIONS)
        np.testing.assert_array_equal(kept.start[kept.video == video], raw.start[own][index])
        np.testing.assert_array_equal(kept.score[kept.video == video], new)


def test_command(tmp_path, capsys):
    raw = raw_of(50, 4)
    raw.write(tmp_path / "raw.npz")
    cfg = json.dumps({"soft_nms": {"keep": 3}})
    assert main(["suppress", "--cfg", cfg, "--raw", str(tmp_path / "raw.npz"), "--out", str(tmp_path / "d.json")]) == 0
    assert "kept 9 of 50 detections in 4 videos" in capsys.readouterr().out
    written, kept = read_detections(tmp_path / "d.json"), suppress(raw, **OPTIONS | {"keep": 3})
    assert written.videos == kept.videos
    assert (written.score.tolist(), written.start.tolist()) == (kept.score.tolist(), kept.start.tolist())


KINDS = ("sparse", "dense", "ties", "chain", "same", "points", "negative", "huge", "mixed lengths")


def case(kind, seed):
    """Segments, scores and labels, some hundreds; ``kind`` says what is hard about them."""
    random = np.random.default_rng([KINDS.index(kind), seed])
    count = int(random.integers(1, 300))
    start, length, scores = random.random(count) * 100, random.random(count) * 4, random.random(count)
    if kind == "dense":
        length *= 25
    elif kind == "ties":  # equal scores, starts and ends; many that only touch
        start, length, scores = start.round(), length.round(), random.integers(0, 5, count) / 4
    elif kind == "chain":  # each overlaps with the next one only, scores in order along it
        start, length, scores = np.arange(count) * 1.0, np.full(count, 1.5), np.arange(count) / count
    elif kind == "same":
        start, length, scores = start // 25, np.full(count, 2.0), random.integers(0, 3, count) / 2
    elif kind == "points":
        length *= random.integers(0, 2, count)
    elif kind == "negative":
        start = start.round() - 50
    elif kind == "huge":
        start, length = start * 1e12, length * 1e12
    elif kind == "mixed lengths":  # a few cover nearly all
        length *= np.where(random.random(count) < 0.05, 30, 0.2)
    return np.stack((start, start + length), -1), scores, random.integers(0, 4, count)


@pytest.mark.parametrize("class_wise", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bits_as_one_by_one(kind, method, class_wise, monkeypatch):
    monkeypatch.setattr(module, "REBUILD", 1)  # cells are made anew often
    for seed in range(12):
        segments, scores, labels = case(kind, seed)
        options = OPTIONS | {
            "method": method,
            "class_wise": class_wise,
            "sigma": [0.05, 0.4][seed % 2],
            "iou_threshold": [0.0, 0.3, 1.0][seed % 3],
            "floor": [0.0, 1e-3, 0.3][seed // 4],
            "keep": [1, 7, 50, 10**9][seed % 4],
        }
        index, new = soft_nms(segments, scores, labels, **options)
        expected, expected_new = one_by_one(segments, scores, labels, **options)
        assert new.tobytes() == expected_new.tobytes()
        np.testing.assert_array_equal(index, expected)


@pytest.mark.parametrize("class_wise", [False, True])
def test_videos_in_portions_are_the_same_as_alone(class_wise, monkeypatch):
    raw = raw_of(900, 12)
    options = OPTIONS | {"class_wise": class_wise, "keep": 40, "floor": 0.01}
    whole = suppress(raw, **options)
    for portion in (1, 100, 250):
        monkeypatch.setattr(module, "PORTION", portion)
        kept = suppress(raw, **options)
        for name in ("video", "start", "end", "label", "score"):
            assert getattr(kept, name).tobytes() == getattr(whole, name).tobytes()
    by_video = np.argsort(raw.video, kind="stable")
    columns = {name: getattr(raw, name)[by_video] for name in ("video", "start", "end", "label", "score")}
    kept = suppress(dataclasses.replace(raw, **columns), **options)
    assert kept.score.tobytes() == whole.score.tobytes() and kept.start.tobytes() == whole.start.tobytes()


def test_one_detection_and_none():
    for count in (0, 1):
        index, new = soft_nms(np.full((count, 2), [1.0, 2.0]), np.full(count, 0.5), np.zeros(count), **OPTIONS)
        assert (index.tolist(), new.tolist()) == ([0] * count, [0.5] * count)
    raw = raw_of(0, 3)
    assert len(suppress(raw, **OPTIONS)) == 0


def test_wrong_segments_and_options():
    for segment in ([2.0, 1.0], [math.nan, 1.0], [0.0, math.inf]):
        with pytest.raises(ValueError, match="should be finite, with end >= start"):
            soft_nms(np.array([segment]), np.array([0.5]), np.zeros(1), **OPTIONS)
    with pytest.raises(ValueError, match="score nan should be >= 0"):
        soft_nms(TWINS, np.array([0.5, math.nan]), np.zeros(2), **OPTIONS)
    for wrong in ({"sigma": 0.0}, {"iou_threshold": -0.1}, {"keep": -1}):
        with pytest.raises(ValueError, match="should be >= 0, and sigma > 0"):
            soft_nms(TWINS, np.array([0.5, 0.4]), np.zeros(2), **OPTIONS | wrong)
    raw = raw_of(3, 3)
    raw.score[1] = -0.5
    with pytest.raises(ValueError, match=r"video 'v\d': score -0\.5 should be >= 0"):
        suppress(raw, **OPTIONS)


def test_many_that_do_not_overlap_are_taken_together(monkeypatch):
    """What makes it fast: steps are as many as depend on each other, not as detections."""
    steps = []
    take = module.Cells.take
    monkeypatch.setattr(module.Cells, "take", lambda *given: steps.append(len(given[1])) or take(*given))
    raw = raw_of(6000, 30)
    suppress(raw, **OPTIONS | {"keep": 10**9, "floor": 0.0})
    assert sum(steps) == 6000 and len(steps) < 400


@pytest.mark.parametrize("name", ["d.csv", "d.csv.gz", "d.json.gz"])
def test_command_writes_by_the_name(tmp_path, name):
    raw_of(50, 4).write(tmp_path / "raw.npz")
    for out in ("d.json", name):
        options = ["--raw", str(tmp_path / "raw.npz"), "--out", str(tmp_path / out)]
        assert main(["suppress", "--cfg", "{}", *options]) == 0
    write_detections(tmp_path / "again.json", read_detections(tmp_path / name))
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "d.json").read_bytes()


def test_large_enough_for_thumos14():
    raw = raw_of(30_000, 44)  # a fifth of THUMOS14's test set
    began = time.perf_counter()
    suppress(raw, **OPTIONS)
    assert time.perf_counter() - began < 5  # about 0.4 s on one core
