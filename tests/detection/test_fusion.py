"""Hand-worked cases, a slow implementation, and the order of fusion and Soft-NMS."""

import json
import time

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.data.video_scores import VideoScores
from react_tad.detection.detections import Detections, RawDetections, read_detections
from react_tad.detection.fusion import fuse
from react_tad.detection.soft_nms import suppress
from react_tad.params.fusion import Fusion
from react_tad.params.soft_nms import SoftNms

CLASSES = ("Diving", "Polo", "Surfing")
SCORES = VideoScores(CLASSES, {"a": np.array([0.5, 0.1, 0.4]), "b": np.array([0, 0.25, 0])}, "scores.json")


def found_of(rows, videos=("a", "b"), classes=("Rowing", *CLASSES)):
    """Detections from (video, label, start, end, score)."""
    columns = zip(*rows, strict=True) if rows else [()] * 5
    video, label, start, end, score = columns
    return Detections(
        videos=videos,
        classes=classes,
        video=[videos.index(name) for name in video],
        label=[classes.index(name) for name in label],
        start=start,
        end=end,
        score=score,
    )


def rows(found):
    names = [(found.videos[video], found.classes[label]) for video, label in zip(found.video, found.label, strict=True)]
    return [
        (*name, *times, score)
        for name, times, score in zip(names, found.start_end.tolist(), found.score.tolist(), strict=True)
    ]


def test_product_by_hand():
    found = found_of([("a", "Polo", 0, 4, 0.5), ("b", "Rowing", 1, 2, 0.8), ("a", "Polo", 5, 9, 1.0)])
    fused, unfused = fuse(found, SCORES, Fusion())
    assert rows(fused) == [
        ("a", "Diving", 5, 9, 0.5),
        ("a", "Surfing", 5, 9, 0.4),
        ("a", "Diving", 0, 4, 0.25),
        ("a", "Surfing", 0, 4, 0.2),
        ("b", "Polo", 1, 2, 0.2),
        ("b", "Diving", 1, 2, 0.0),
    ]
    assert unfused == ()


def test_powers_by_hand():
    found = found_of([("a", "Polo", 0, 4, 0.5)])
    root = fuse(found, SCORES, Fusion(top_k=1, segment_power=0.5, class_power=0.5))[0]
    assert root.score.tolist() == pytest.approx([0.5], abs=1e-15)  # sqrt(0.5 * 0.5)
    assert fuse(found, SCORES, Fusion(top_k=1, class_power=2.0))[0].score.tolist() == [0.125]
    assert fuse(found, SCORES, Fusion(top_k=1, segment_power=0.0))[0].score.tolist() == [0.5]


def test_a_segment_counts_once_with_its_best_score():
    found = found_of([("a", "Polo", 0, 4, 0.25), ("a", "Surfing", 0, 4, 0.5), ("a", "Diving", 0, 4.5, 0.125)])
    fused, _ = fuse(found, SCORES, Fusion(top_k=1))
    assert rows(fused) == [("a", "Diving", 0, 4, 0.25), ("a", "Diving", 0, 4.5, 0.0625)]


def test_more_classes_than_there_are():
    assert len(fuse(found_of([("a", "Polo", 0, 4, 0.5)]), SCORES, Fusion(top_k=9))[0]) == 3


def test_equal_class_scores_keep_the_order_of_the_file():
    equal = VideoScores(("Surfing", "Diving"), {"a": np.array([0.5, 0.5])}, "s")
    fused, _ = fuse(found_of([("a", "Polo", 0, 4, 0.5)]), equal, Fusion(top_k=1))
    assert rows(fused) == [("a", "Surfing", 0, 4, 0.25)]


def test_a_video_without_scores():
    found = found_of([("b", "Polo", 1, 2, 0.5), ("c", "Rowing", 0, 4, 0.75)], videos=("a", "b", "c", "empty"))
    with pytest.raises(ValueError, match=r"scores\.json has no class scores of video 'c' of detections"):
        fuse(found, SCORES, Fusion())
    fused, unfused = fuse(found, SCORES, Fusion(missing="keep", top_k=1))
    assert rows(fused) == [("b", "Polo", 1, 2, 0.125), ("c", "Rowing", 0, 4, 0.75)]
    assert unfused == ("c",)
    assert fused.videos == found.videos


def test_negative_scores_are_refused():
    with pytest.raises(ValueError, match=r"video 'a': score -0\.5 should be >= 0"):
        fuse(found_of([("a", "Polo", 0, 4, -0.5)]), SCORES, Fusion())


def test_no_detections():
    assert len(fuse(found_of([]), SCORES, Fusion())[0]) == 0


def slow_fuse(found, scores, settings):
    """(video, label, start, end, score) of every fused detection, sorted, from the definition."""
    segments = {}
    for video, _, start, end, score in rows(found):
        key = (video, start, end)
        segments[key] = max(score, segments.get(key, 0))
    fused = []
    for (video, start, end), score in segments.items():
        ranked = sorted(zip(-scores.scores[video], scores.classes, strict=True))[: settings.top_k]
        fused += [
            (video, name, start, end, score**settings.segment_power * (-value) ** settings.class_power)
            for value, name in ranked
        ]
    return sorted(fused)


def random_case(seed, step=1.0):
    """Segments on a grid, so that they repeat where it is coarse; distinct class scores."""
    random = np.random.default_rng(seed)
    classes, videos = tuple(f"c{n}" for n in range(6)), tuple(f"v{n}" for n in range(4))
    count = 80
    start = step * random.integers(0, round(5 / step), count)
    found = RawDetections(
        videos=videos,
        classes=classes,
        video=random.integers(0, 4, count),
        label=random.integers(0, 6, count),
        start=start,
        end=start + random.integers(1, 4, count),
        score=random.random(count),
        durations=np.full(4, 9.0),
    )
    return found, VideoScores(classes, {video: random.random(6) for video in videos}, "random")


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_a_slow_implementation(seed):
    found, scores = random_case(seed)
    settings = Fusion(top_k=1 + seed % 3, segment_power=[1.0, 0.5][seed % 2], class_power=[1.0, 0.3][seed % 2])
    fused, _ = fuse(found, scores, settings)
    expected = slow_fuse(found, scores, settings)
    assert [row[:4] for row in sorted(rows(fused))] == [row[:4] for row in expected]
    np.testing.assert_allclose([row[4] for row in sorted(rows(fused))], [row[4] for row in expected], rtol=1e-14)
    for video in range(4):
        assert (np.diff(fused.score[fused.video == video]) <= 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_fusion_before_class_wise_suppression(seed):
    """With powers 1 and 1, no segment twice, and nothing cut off by `keep` or `floor`."""
    found, scores = random_case(seed, step=1e-9)
    assert len(np.unique(found.start)) == len(found)
    whole = SoftNms(floor=0.0, keep=10**6)
    after, _ = fuse(suppress(found, **whole.model_dump()), scores, Fusion())
    fused, _ = fuse(found, scores, Fusion())
    before = suppress(fused, **whole.model_dump() | {"class_wise": True})
    once, again = sorted(rows(after)), sorted(rows(before))
    assert [row[:4] for row in once] == [row[:4] for row in again]
    np.testing.assert_allclose([row[4] for row in once], [row[4] for row in again], rtol=1e-12)


def write_scores(folder):
    path = folder / "scores.json"
    path.write_text(json.dumps({"class": CLASSES, "results": {k: v.tolist() for k, v in SCORES.scores.items()}}))
    return str(path)


def test_fuse_command(tmp_path, capsys):
    entry = {"label": "action", "segment": [0, 4], "score": 0.5}
    (tmp_path / "d.json").write_text(json.dumps({"results": {"a": [entry], "z": [entry]}}))
    files = ["--detections", str(tmp_path / "d.json"), "--scores", write_scores(tmp_path)]
    out = tmp_path / "fused.json"
    assert main(["fuse", *files, "--out", str(out)]) == 1
    assert "no class scores of video 'z'" in capsys.readouterr().err
    assert not out.exists()
    assert main(["fuse", *files, "--out", str(out), "--missing", "keep", "--class-power", "2"]) == 0
    assert "left as they are: z" in capsys.readouterr().out
    assert rows(read_detections(out)) == [
        ("a", "Diving", 0, 4, 0.125),
        ("a", "Surfing", 0, 4, 0.5 * 0.4**2),
        ("z", "action", 0, 4, 0.5),
    ]


@pytest.fixture
def raw(tmp_path):
    """A file of raw detections: the same segment in two classes, and one that overlaps it by a half."""
    found = RawDetections(
        videos=("a",),
        classes=CLASSES,
        video=[0, 0, 0],
        label=[0, 1, 2],
        start=[0, 0, 4],
        end=[8, 8, 8],
        score=[0.8, 0.6, 0.5],
        durations=[9.0],
    )
    found.write(tmp_path / "raw.npz")
    return found


def run_suppress(folder, fusion):
    cfg = json.dumps({"soft_nms": {"method": "hard", "iou_threshold": 0.75}, "fusion": fusion})
    status = main(["suppress", "--cfg", cfg, "--raw", str(folder / "raw.npz"), "--out", str(folder / "d.json")])
    return status, read_detections(folder / "d.json") if status == 0 else None


def test_suppress_fuses_what_it_keeps(raw, tmp_path, capsys):
    scores = write_scores(tmp_path)
    _, plain = run_suppress(tmp_path, {"enabled": False, "scores": scores})
    assert rows(plain) == [("a", "Diving", 0, 8, 0.8), ("a", "Surfing", 4, 8, 0.5)]
    capsys.readouterr()
    _, fused = run_suppress(tmp_path, {"enabled": True, "scores": scores, "top_k": 1})
    assert rows(fused) == [("a", "Diving", 0, 8, 0.4), ("a", "Diving", 4, 8, 0.25)]
    assert "2 detections of the best 1 classes" in capsys.readouterr().out


def test_suppress_refuses_scores_of_other_classes(raw, tmp_path, capsys):
    (tmp_path / "scores.json").write_text('{"class": ["Diving", "Surfing"], "results": {}}')
    assert run_suppress(tmp_path, {"enabled": True, "scores": str(tmp_path / "scores.json")})[0] == 1
    assert "has no scores of class 'Polo'" in capsys.readouterr().err


def test_large_enough_for_activitynet():
    """4,728 videos with 100 segments each and 200 classes."""
    random = np.random.default_rng(0)
    videos, count = tuple(f"v{n}" for n in range(4728)), 472_800
    start = random.random(count) * 100
    classes = tuple(f"c{n}" for n in range(200))
    found = Detections(
        videos=videos,
        classes=classes,
        video=random.permutation(np.repeat(np.arange(4728), 100)),
        label=random.integers(0, 200, count),
        start=start,
        end=start + 1,
        score=random.random(count),
    )
    scores = VideoScores(classes, dict(zip(videos, random.random((4728, 200)), strict=True)), "random")
    began = time.process_time()
    fused, _ = fuse(found, scores, Fusion())
    assert len(fused) == 2 * count
    assert time.process_time() - began < 20  # about 4 s on one core
