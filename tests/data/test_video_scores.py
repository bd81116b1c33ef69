import json

import numpy as np
import pytest

from react_tad.data.video_scores import UCF101_NUMBERS, read_video_scores
from react_tad.params.fusion import Fusion


def read(path, **settings):
    return read_video_scores(Fusion(scores=str(path), **settings))


def write(folder, document):
    path = folder / "scores.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def table(found):
    return {video: dict(zip(found.classes, row.tolist(), strict=True)) for video, row in found.scores.items()}


def test_both_forms_of_cuhk_are_read_alike(tmp_path):
    arrays = write(tmp_path, {"class": ["Surfing", "Diving"], "results": {"a": [0.25, 0.75], "b": [0.5, 0]}})
    expected = {"a": {"Diving": 0.75, "Surfing": 0.25}, "b": {"Diving": 0, "Surfing": 0.5}}
    assert table(read(arrays)) == expected
    pairs = {"a": {"Diving": 0.75, "Surfing": 0.25}, "b": {"Surfing": 0.5}}
    listed = {video: [{"label": label, "score": score} for label, score in own.items()] for video, own in pairs.items()}
    assert table(read(write(tmp_path, {"version": "VERSION 1.3", "results": listed}))) == expected


def test_scores_of_some_classes(tmp_path):
    found = read(write(tmp_path, {"class": ["c", "a", "b"], "results": {"v": [3, 1, 2]}}))
    assert found.of_classes(["a", "c"]).scores["v"].tolist() == [1, 3]
    with pytest.raises(ValueError, match=r"scores\.json has no scores of class 'd' \(1 of 2 classes are missing\)"):
        found.of_classes(["a", "d"])


def test_logits(tmp_path):
    path = write(tmp_path, {"class": ["a", "b", "c"], "results": {"v": [np.log(2), 0, np.log(5)]}})
    np.testing.assert_allclose(read(path, softmax=True).scores["v"], [2 / 8, 1 / 8, 5 / 8], rtol=1e-15)
    large = write(tmp_path, {"class": ["a", "b"], "results": {"v": [1000, -1000]}})
    assert read(large, softmax=True).scores["v"].tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"video 'v': score -1000\.0 of class 'b' should be .* say softmax"):
        read(large)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("[]", '"results"'),
        ({"class": ["a"], "results": {"v": [1, 2]}}, "video 'v' has scores of shape"),
        ({"class": ["a", "a"], "results": {}}, "none twice"),
        ({"class": ["a"], "results": {"v": ["high"]}}, "video 'v': scores should be numbers"),
        ({"class": ["a"], "results": {"v": [float("nan")]}}, r"results / v / 0 = nan should be a finite number"),
        ({"results": {"v": [0.5]}}, "video 'v' should be a list of"),
        ({"results": {"v": [{"label": "a", "score": 1}, {"label": "a", "score": 0}]}}, "video 'v' has a class twice"),
    ],
)
def test_wrong_files_are_named(tmp_path, document, message):
    with pytest.raises(ValueError, match=rf"scores\.json.*{message}"):
        read(write(tmp_path, document))


@pytest.fixture
def array(tmp_path):
    """Three rows; the score of class n of UCF101, from 1, in row r is r + n / 1000."""
    path = tmp_path / "uNet_test.npy"
    np.save(path, np.arange(3)[:, None] + np.arange(1, 102) / 1000)
    return path


def test_untrimmednet(array):
    found = read(array, source="untrimmednet")
    assert list(found.scores) == ["video_test_0000001", "video_test_0000002", "video_test_0000003"]
    assert len(found.classes) == 20
    scores = table(found)["video_test_0000003"]
    assert (scores["BaseballPitch"], scores["Diving"], scores["VolleyballSpiking"]) == (2.007, 2.026, 2.097)


def test_untrimmednet_with_a_list_of_videos(array, tmp_path):
    names = tmp_path / "videos.txt"
    names.write_text("x\ny\nz\n")
    found = read(array, source="untrimmednet", video_list=str(names))
    assert table(found)["y"]["Billiards"] == 1.012
    names.write_text("x\ny\n")
    with pytest.raises(ValueError, match=r"videos\.txt: 2 names should be those of .*uNet_test\.npy, 3"):
        read(array, source="untrimmednet", video_list=str(names))


def test_any_array_with_names(tmp_path):
    np.save(tmp_path / "u.npy", np.array([[0.25, 0.5], [1, 0]], dtype=np.float32))
    (tmp_path / "videos.txt").write_text("v_a\nv_b\n")
    (tmp_path / "classes.txt").write_text("Polishing shoes\nSurfing\n")
    lists = {"video_list": str(tmp_path / "videos.txt"), "class_list": str(tmp_path / "classes.txt")}
    found = read(tmp_path / "u.npy", source="untrimmednet", **lists)
    assert table(found) == {
        "v_a": {"Polishing shoes": 0.25, "Surfing": 0.5},
        "v_b": {"Polishing shoes": 1, "Surfing": 0},
    }
    with pytest.raises(ValueError, match=r"u\.npy has 2 columns, not the 101 classes of UCF101"):
        read(tmp_path / "u.npy", source="untrimmednet", video_list=lists["video_list"])


def test_softmax_of_untrimmednet_is_over_all_classes(tmp_path):
    logits = np.zeros((1, 101))
    logits[0, 25] = np.log(100)  # Diving, class 26
    np.save(tmp_path / "u.npy", logits)
    scores = table(read(tmp_path / "u.npy", source="untrimmednet", softmax=True))["video_test_0000001"]
    assert scores["Diving"] == pytest.approx(0.5, abs=1e-15)
    assert scores["Billiards"] == pytest.approx(1 / 200, abs=1e-15)


def test_class_numbers_follow_the_alphabet():
    """UCF101 numbers its classes in alphabetical order."""
    assert list(UCF101_NUMBERS) == sorted(UCF101_NUMBERS, key=str.lower)
    assert list(UCF101_NUMBERS.values()) == sorted(UCF101_NUMBERS.values())


@pytest.mark.parametrize("wrong", [np.zeros((3, 20)), np.zeros(101), np.zeros((3, 101), dtype=object)])
def test_wrong_arrays(tmp_path, wrong):
    path = tmp_path / "u.npy"
    np.save(path, wrong, allow_pickle=True)
    with pytest.raises(ValueError, match=r"u\.npy"):
        read(path, source="untrimmednet")
