"""Known answers, hand-worked cases, and an independent slow implementation of both definitions."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from react_tad.cli import main
from react_tad.detection.detections import Detections
from react_tad.evaluation.average_precision import DEFINITIONS, check_tiou, evaluate, parse_tiou
from react_tad.evaluation.ground_truth import GroundTruth

TIOU = (0.3, 0.4, 0.5, 0.6, 0.7)
FINE = tuple(round(0.05 * step, 2) for step in range(10, 20))


def truth_of(rows, videos, classes, ambiguous=()):
    """Ground truth from (video, label, start, end) indices and times, and (video, start, end)."""
    rows = np.array(rows, dtype=float).reshape(-1, 4)
    ambiguous = np.array(ambiguous, dtype=float).reshape(-1, 3)
    return GroundTruth(
        subset="test",
        videos=tuple(f"v{index}" for index in range(videos)),
        classes=tuple(f"c{index}" for index in range(classes)),
        video=rows[:, 0].astype(int),
        label=rows[:, 1].astype(int),
        start_end=rows[:, 2:],
        ambiguous_video=ambiguous[:, 0].astype(int),
        ambiguous_start_end=ambiguous[:, 1:],
        durations=np.full(videos, np.nan),
    )


def found_of(rows, videos, classes):
    """Detections from (video, label, start, end, score)."""
    rows = np.array(rows, dtype=float).reshape(-1, 5)
    return Detections(
        videos=tuple(f"v{index}" for index in range(videos)),
        classes=tuple(f"c{index}" for index in range(classes)),
        **dict(zip(("video", "label", "start", "end", "score"), rows.T, strict=True)),
    )


def slow_iou(first, second):
    intersection = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    union = (first[1] - first[0]) + (second[1] - second[0]) - intersection
    return intersection / union if union > 0 else 0.0


def slow_flags(truth, found, label, threshold, definition, ambiguous):
    """ "true", "false" or "ignored" of each detection of one class, by descending score, from the definition."""
    own = sorted((row for row in found if row[1] == label), key=lambda row: -row[4])
    flags = ["false"] * len(own)
    instances = [row for row in truth if row[1] == label]
    taken = [False] * len(instances)
    if definition == "activitynet":
        for index, detection in enumerate(own):
            tried = [at for at, row in enumerate(instances) if row[0] == detection[0]]
            tried.sort(key=lambda at, detection=detection: -slow_iou(instances[at][2:], detection[2:4]))
            for at in tried:
                if not taken[at] and slow_iou(instances[at][2:], detection[2:4]) >= threshold:
                    taken[at], flags[index] = True, "true"
                    break
        return flags
    for instance in instances:
        best, best_iou = None, threshold
        for index, detection in enumerate(own):
            overlap = slow_iou(instance[2:], detection[2:4])
            if detection[0] == instance[0] and flags[index] != "true" and overlap > best_iou:
                best, best_iou = index, overlap
        if best is not None:
            flags[best] = "true"
    for index, detection in enumerate(own):
        touches = [row for row in ambiguous if row[0] == detection[0] and slow_iou(row[1:], detection[2:4]) > 0]
        if flags[index] == "false" and touches:
            flags[index] = "ignored"
    return flags


def slow_ap(truth, found, label, threshold, definition, ambiguous):
    """AP of one class by the textbook: a precision/recall curve with end points, and the area below it."""
    flags = slow_flags(truth, found, label, threshold, definition, ambiguous)
    instances = sum(row[1] == label for row in truth)
    precision, recall, true, false = [], [], 0, 0
    for flag in flags:
        true += flag == "true"
        false += flag == "false"
        if flag != "ignored":
            precision.append(true / (true + false))
            recall.append(true / instances)
    if definition == "thumos14":
        gains = [b > a for a, b in zip([0, *recall], recall, strict=False)]
        return sum(value for value, gain in zip(precision, gains, strict=True) if gain) / instances
    precision, recall = [0.0, *precision, 0.0], [0.0, *recall, 1.0]
    for index in range(len(precision) - 2, -1, -1):
        precision[index] = max(precision[index], precision[index + 1])
    return sum((recall[i] - recall[i - 1]) * precision[i] for i in range(1, len(recall)))


def random_case(seed):
    """Times on a coarse grid: equal scores, equal tIoU, zero length, empty videos and classes, copies all occur."""
    random = np.random.default_rng(seed)
    videos, classes = random.integers(1, 5), random.integers(1, 4)

    def rows(count):
        start = random.integers(0, 12, count) * 0.5
        end = start + random.integers(0, 8, count) * 0.5
        return [random.integers(0, videos, count), random.integers(0, classes, count), start, end]

    truth = np.stack(rows(random.integers(1, 15)), -1).tolist()
    count = random.integers(0, 60)
    found = np.stack([*rows(count), random.integers(0, 6, count) / 5], -1).tolist()
    video, _, start, end = rows(random.integers(0, 4))
    return truth, found, np.stack([video, start, end], -1).tolist(), videos, classes


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_a_slow_implementation(seed, definition):
    truth, found, ambiguous, videos, classes = random_case(seed)
    metrics = evaluate(truth_of(truth, videos, classes, ambiguous), found_of(found, videos, classes), TIOU, definition)
    labels = sorted({int(row[1]) for row in truth})
    slow = [[slow_ap(truth, found, label, at, definition, ambiguous) for at in TIOU] for label in labels]
    assert metrics.classes == tuple(f"c{label}" for label in labels)
    np.testing.assert_allclose(metrics.ap, slow, rtol=0, atol=1e-12)
    np.testing.assert_allclose(metrics.average_map, np.mean(slow), rtol=0, atol=1e-12)


def distinct_case(seed=0, count=300):
    """Instances that do not touch, and detections around them, with distinct scores."""
    random = np.random.default_rng(seed)
    truth = [
        [video, label, 10 * n + label, 10 * n + label + 6] for video in range(4) for label in range(3) for n in range(5)
    ]
    near = np.array(truth)[random.integers(0, len(truth), count)]
    times = np.sort(near[:, 2:] + random.normal(0, 1.5, (count, 2)), axis=1)
    scores = random.permutation(count) / count
    return truth, np.column_stack([near[:, :2], times, scores]).tolist()


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_ground_truth_as_detections_is_perfect(definition):
    truth, _ = distinct_case()
    metrics = evaluate(truth_of(truth, 4, 3), found_of([[*row, 1] for row in truth], 4, 3), FINE, definition)
    assert (metrics.ap == 1).all()


@pytest.mark.parametrize(("definition", "expected"), [("activitynet", 1.0), ("thumos14", 0.0)])
@pytest.mark.parametrize("tenths", [3, 5, 7])
def test_exactly_at_the_threshold(definition, expected, tenths):
    tiou = parse_tiou("0.1:0.9:0.1")[tenths - 1]
    metrics = evaluate(truth_of([[0, 0, 0, 10]], 1, 1), found_of([[0, 0, 0, tenths, 1]], 1, 1), [tiou], definition)
    assert metrics.average_map == expected


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_order_scale_and_shift_do_not_matter(definition):
    truth, found = distinct_case()
    before = evaluate(truth_of(truth, 4, 3), found_of(found, 4, 3), TIOU, definition).ap
    shuffled = np.random.default_rng(1).permutation(np.array(found))
    np.testing.assert_array_equal(
        evaluate(truth_of(truth, 4, 3), found_of(shuffled, 4, 3), TIOU, definition).ap, before
    )
    moved = [np.array(rows, dtype=float) for rows in (truth, found)]
    for rows in moved:
        rows[:, 2:4] = 64 + 0.25 * rows[:, 2:4]
    np.testing.assert_array_equal(
        evaluate(truth_of(moved[0], 4, 3), found_of(moved[1], 4, 3), TIOU, definition).ap, before
    )


def test_a_last_detection_after_full_recall_does_not_matter():
    truth, found = distinct_case()
    full = [[*row, 2.0] for row in truth] + found
    more = [*full, [0, 0, 0, 6, -1.0], [3, 1, 500, 600, -2.0]]
    np.testing.assert_array_equal(
        evaluate(truth_of(truth, 4, 3), found_of(more, 4, 3), TIOU).ap,
        evaluate(truth_of(truth, 4, 3), found_of(full, 4, 3), TIOU).ap,
    )


def test_interpolated_and_not():
    # Scores descending: hit, miss, hit of two instances. Precision 1, 1/2, 2/3.
    truth = truth_of([[0, 0, 0, 1], [0, 0, 5, 6]], 1, 1)
    found = found_of([[0, 0, 0, 1, 0.9], [0, 0, 20, 21, 0.8], [0, 0, 5, 6, 0.7]], 1, 1)
    assert evaluate(truth, found, [0.5]).average_map == pytest.approx((1 + 2 / 3) / 2, abs=1e-15)
    # Miss, hit: interpolation cannot help; hit after a miss and before a hit: it can.
    found = found_of([[0, 0, 20, 21, 0.9], [0, 0, 0, 1, 0.8], [0, 0, 5, 6, 0.7]], 1, 1)
    assert evaluate(truth, found, [0.5]).average_map == pytest.approx(2 / 3, abs=1e-15)
    assert evaluate(truth, found, [0.5], "thumos14").average_map == pytest.approx((1 / 2 + 2 / 3) / 2, abs=1e-15)


def test_second_best_instance_is_taken_when_the_best_is_gone():
    truth = truth_of([[0, 0, 0, 10], [0, 0, 2, 12]], 1, 1)
    found = found_of([[0, 0, 0, 10, 0.9], [0, 0, 0, 11, 0.8]], 1, 1)  # the second has tIoU 0.91 and 0.75
    assert evaluate(truth, found, [0.5]).average_map == 1
    assert evaluate(truth, found, [0.8]).average_map == 0.5


def test_who_chooses_tells_the_definitions_apart():
    truth = truth_of([[0, 0, 0, 10]], 1, 1)
    found = found_of([[0, 0, 0, 6, 0.9], [0, 0, 0, 9, 0.1]], 1, 1)
    assert evaluate(truth, found, [0.5]).average_map == 1  # the better-scored detection takes the instance
    assert evaluate(truth, found, [0.5], "thumos14").average_map == 0.5  # the instance takes the closer detection


def test_ambiguous_segments_excuse_only_in_the_challenge():
    truth = truth_of([[0, 0, 0, 1]], 2, 1, ambiguous=[[0, 5, 6]])
    found = found_of([[0, 0, 5.9, 9, 0.9], [0, 0, 0, 1, 0.5]], 2, 1)
    assert evaluate(truth, found, [0.5]).average_map == 0.5
    assert evaluate(truth, found, [0.5], "thumos14").average_map == 1
    elsewhere = found_of([[1, 0, 5.9, 9, 0.9], [0, 0, 0, 1, 0.5]], 2, 1)
    assert evaluate(truth, elsewhere, [0.5], "thumos14").average_map == 0.5


def test_means_are_over_classes_with_instances():
    truth = truth_of([[0, 0, 0, 1], [1, 2, 0, 1]], 2, 3)
    found = found_of([[0, 0, 0, 1, 0.5], [0, 2, 0, 1, 0.9], [0, 1, 0, 1, 0.9]], 2, 3)
    metrics = evaluate(truth, found, [0.5])
    assert metrics.classes == ("c0", "c2")
    assert metrics.ap.tolist() == [[1], [0]]  # the detection of c2 is in a video without it
    assert (metrics.counts["detections"], metrics.counts["ignored_of_absent_classes"]) == (2, 1)


def test_two_segments_of_zero_length_do_not_match():
    for definition in DEFINITIONS:
        metrics = evaluate(truth_of([[0, 0, 3, 3]], 1, 1), found_of([[0, 0, 3, 3, 1]], 1, 1), [0.1], definition)
        assert metrics.average_map == 0
        assert metrics.counts["zero_length_instances"] == 1


def test_no_detections_at_all():
    metrics = evaluate(truth_of([[0, 0, 0, 1]], 2, 1), found_of([], 2, 1), TIOU)
    assert metrics.average_map == 0


def test_equal_scores_keep_their_order():
    truth = truth_of([[0, 0, 0, 1]], 1, 1)
    hit, miss = [0, 0, 0, 1, 0.5], [0, 0, 8, 9, 0.5]
    assert evaluate(truth, found_of([hit, miss], 1, 1), [0.5]).average_map == 1
    assert evaluate(truth, found_of([miss, hit], 1, 1), [0.5]).average_map == 0.5


def test_unknown_labels_are_refused_or_counted():
    truth, found = truth_of([[0, 0, 0, 1]], 1, 1), found_of([[0, 0, 0, 1, 0.5], [0, 1, 0, 1, 0.9]], 1, 2)
    with pytest.raises(ValueError, match="video 'v0': label 'c1' is not a class of ground truth"):
        evaluate(truth, found, TIOU)
    metrics = evaluate(truth, found, TIOU, unknown_labels="ignore")
    assert (metrics.average_map, metrics.counts["ignored_of_unknown_classes"]) == (1, 1)


@pytest.mark.parametrize("text", ["0:1:1e-9", "0.3:1e308:1e300", "0.5:1:1e-999999", "0.0005:1:0.0005"])
def test_too_many_thresholds_are_refused_at_once(text):
    began = time.process_time()
    with pytest.raises(ValueError, match=r"are too many; there should be 1000 at most"):
        parse_tiou(text)
    with pytest.raises(ValueError, match=r"1001 tIoU thresholds are too many"):
        check_tiou([1 / number for number in range(1, 1002)])
    assert time.process_time() - began < 0.5
    assert len(parse_tiou("0.001:1:0.001")) == 1000


def test_unknown_videos_are_refused():
    with pytest.raises(ValueError, match="detections: video 'v1' is not in ground truth"):
        evaluate(truth_of([[0, 0, 0, 1]], 1, 1), found_of([[1, 0, 0, 1, 0.5]], 2, 1), TIOU)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.3:0.7:0.1", TIOU),
        ("0.5:0.95:0.05", FINE),
        ("0.5", (0.5,)),
        ("0.5,0.75,0.95", (0.5, 0.75, 0.95)),
    ],
)
def test_thresholds_are_exact_decimals(text, expected):
    assert parse_tiou(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "0.3:0.7", "0.7:0.3:0.1", "0.3:0.7:0.3", "0.3:0.7:0", "0", "1.1", "0.5,0.5", "x", "nan", "0:nan:1", "0:inf:1"],
)
def test_wrong_thresholds(text):
    with pytest.raises(ValueError, match="should be"):
        parse_tiou(text)


def thumos14_sized():
    """200,000 detections, each near one of 3,358 instances of 20 classes in 212 videos."""
    random = np.random.default_rng(0)
    start = random.random(3358) * 200
    truth = np.column_stack([random.integers(0, 212, 3358), random.integers(0, 20, 3358), start, start + 5])
    near = truth[random.integers(0, 3358, 200_000)]
    times = np.sort(near[:, 2:] + random.normal(0, 1, (200_000, 2)), axis=1)
    found = np.column_stack([near[:, :2], times, random.random(200_000)])
    return truth_of(truth, 212, 20), found_of(found, 212, 20)


def test_large_enough_for_thumos14():
    truth, found = thumos14_sized()
    began = time.process_time()
    evaluate(truth, found, TIOU)
    assert time.process_time() - began < 3  # about 0.5 s on one core


def files(tmp_path):
    """Annotations with two subsets, and detections of both."""
    entry = {"label": "Run", "segment": ["0", "4"]}
    database = {
        "a": {"subset": "Test", "duration": 3, "annotations": [entry, {"label": "Run", "segment": [1, 1]}]},
        "b": {"subset": "training", "duration": 9, "annotations": [entry]},
    }
    result = {"label": "Run", "segment": [0, 4], "score": 0.1234567890123456}
    (tmp_path / "a.json").write_text(json.dumps({"database": database}))
    (tmp_path / "d.json").write_text(json.dumps({"results": {"a": [result], "b": [result]}}))
    return ["--annotations", str(tmp_path / "a.json"), "--detections", str(tmp_path / "d.json"), "--subset", "test"]


def test_command_prints_and_writes(tmp_path, capsys):
    about = '{"dataset":"toy","profile":"official","variant":"full","seed":3}'
    out = tmp_path / "m.json"
    assert main(["evaluate", *files(tmp_path), "--json", str(out), "--about", about, "--per-class"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1].split() == ["mAP", *["50.00"] * 6]
    assert printed.out.splitlines()[2].split() == ["Run", *["50.00"] * 6]
    assert "ignored detections: 1 in other subsets" in printed.out
    assert printed.err.count("\n") == 1
    assert "1 instances of zero length and 1 that end after their video" in printed.err
    metrics = json.loads(out.read_text())
    assert list(metrics) == [
        *("dataset", "profile", "variant", "seed"),
        *("definition", "subset", "counts", "per_tiou", "average_map", "per_class"),
    ]
    assert metrics["per_tiou"] == dict.fromkeys(map(str, TIOU), 0.5)
    assert metrics["per_class"] == {"Run": metrics["per_tiou"]}
    assert metrics["seed"] == 3


def test_groups_are_counted_where_an_evaluated_video_has_one():
    truth, found = truth_of([[0, 0, 0, 4]], 4, 1), found_of([], 4, 1)
    for groups, count in (({}, None), ({"elsewhere": "anna"}, None), ({"v1": "anna", "v3": "anna"}, 3)):
        assert evaluate(replace(truth, groups=groups), found).counts.get("groups") == count


def test_cfg_stands_for_definition_and_thresholds(tmp_path):
    out = tmp_path / "m.json"
    cfg = '{"evaluation":{"definition":"thumos14","tiou":[0.5,0.9]}}'
    assert main(["evaluate", *files(tmp_path), "--cfg", cfg, "--json", str(out)]) == 0
    metrics = json.loads(out.read_text())
    assert (metrics["definition"], list(metrics["per_tiou"])) == ("thumos14", ["0.5", "0.9"])


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--cfg", "{}", "--tiou", "0.5"], "leave out"),
        (["--about", '{"average_map": 1}'], "--about"),
        (["--about", "full"], "--about full is not valid JSON"),
        (["--about", '{"fold": 0}'], "fold = 0 should be a number from 1, or 'all'"),
    ],
)
def test_command_refuses(tmp_path, capsys, extra, message):
    assert main(["evaluate", *files(tmp_path), *extra]) == 1
    assert message in capsys.readouterr().err


def test_command_starts_without_heavy_libraries(tmp_path):
    code = (
        "import sys; from react_tad.cli import main; assert main(sys.argv[1:]) == 0; "
        "print({'torch', 'pandas', 'matplotlib', 'pydantic', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", *files(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"
