"""A model on new recordings: to the bit what the steps of the workflow say of the same recordings."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import react_tad
from react_tad.cli import main
from react_tad.data.annotations import read_annotations
from react_tad.detection.detections import read_detections
from react_tad.detection.detector import Detector
from react_tad.detection.recordings import RecordingError
from react_tad.files import read_json, write_json
from react_tad.training.model_folder import ModelError, write_description
from small import CLASSES, DIMENSION, PRESETS, split, write_model

OPTIONS = {"paper": {}, "released": {"inference.classes_per_query": 2, "soft_nms.class_wise": True}}


@pytest.fixture(scope="module", params=PRESETS)
def model(request, tiny, tmp_path_factory):
    """Folder of a model of each preset, with its own ways to detect and suppress."""
    return write_model(tiny, tmp_path_factory.mktemp("model"), request.param, OPTIONS[request.param])


def workflow(tiny, model, folder):
    """The file of detections that the steps make of the split ``test``."""
    cfg = json.dumps(read_json(model / "model.json")["parameters"])
    files = ["--windows", str(tiny / "windows/test.json"), "--features", str(tiny / "features/test.json")]
    files += ["--annotations", str(tiny / "annotations.json"), "--model", str(model), "--device", "cpu"]
    only = {key: json.loads(cfg)[key] for key in ("inference", "soft_nms", "fusion")}
    raw, out = str(folder / "raw.npz"), folder / "workflow.json"
    assert main(["detect", "--cfg", json.dumps(only), *files, "--out", raw]) == 0
    assert main(["suppress", "--cfg", json.dumps(only), "--raw", raw, "--out", str(out)]) == 0
    return out


def write_recordings(tiny, folder):
    """The recordings of the split ``test`` as a stranger has them: arrays, and their times beside them."""
    store, _ = split(tiny, "test")
    videos = read_annotations(tiny / "annotations.json").videos
    for name in store:
        folder.mkdir(exist_ok=True)
        np.save(folder / f"{name}.npy", store[name])
        info = store.info(name)
        times = {"seconds_per_snippet": info.seconds_per_snippet, "first_center_seconds": info.first_center_seconds}
        write_json(folder / f"{name}.json", times | {"duration": videos[name].duration})
    return folder


def test_together_the_files_are_equal(tiny, model, tmp_path):
    expected = workflow(tiny, model, tmp_path)
    found = Detector(model, device="cpu").predict_files(write_recordings(tiny, tmp_path / "new"))
    found.write(tmp_path / "predicted.json")
    same, other = read_json(expected), read_json(tmp_path / "predicted.json")
    assert other == same, "to the last bit, in the same order"
    assert list(other["results"]) == sorted(same["results"])
    assert sum(map(len, other["results"].values())) > 20


def test_alone_each_is_what_it_is_among_others(tiny, model, tmp_path):
    expected = read_json(workflow(tiny, model, tmp_path))["results"]
    detector = Detector(model, device="cpu")
    folder = write_recordings(tiny, tmp_path / "new")
    for name, detections in expected.items():
        found = detector.predict_files(folder / f"{name}.npy")
        assert found.json()["results"] == {name: detections}


def test_arrays_give_what_files_give(tiny, model, tmp_path):
    folder = write_recordings(tiny, tmp_path / "new")
    detector = react_tad.load(model, device="cpu")
    for path in folder.glob("*.npy"):
        times = read_json(path.with_suffix(".json"))
        found = detector.predict({path.stem: np.load(path).tolist()}, **times)
        assert found.json() == detector.predict_files([path]).json()


@pytest.mark.parametrize("at_a_time", [1, 3, 5, 100])
def test_how_many_are_detected_together_changes_nothing(tiny, tiny_model, tmp_path, monkeypatch, at_a_time):
    folder = write_recordings(tiny, tmp_path / "new")
    detector = Detector(tiny_model, device="cpu")
    expected = detector.predict_files(folder)
    monkeypatch.setattr("react_tad.detection.detector.WINDOWS_AT_A_TIME", at_a_time)
    found = detector.predict_files(folder)
    assert found.json() == expected.json()
    assert found.windows == expected.windows == len(split(tiny, "test")[1])


def test_what_a_model_says_of_itself(tiny_model):
    detector = react_tad.load(str(tiny_model), device="cpu")
    assert detector.classes == CLASSES
    assert detector.dimension == DIMENSION
    assert detector.metrics is None
    assert detector.description["variant"] == "full"
    assert repr(detector) == f"<Detector {tiny_model}: 3 classes, features [snippets, 6]>"


def test_limits(tiny_model):
    detector = react_tad.load(tiny_model, device="cpu")
    arrays = {name: np.random.default_rng(seed).normal(size=(40, 6)) for seed, name in enumerate("ab")}
    everything = detector.predict(arrays, seconds_per_snippet=0.5).table()
    best = detector.predict(arrays, seconds_per_snippet=0.5, top=3).table()
    assert best.equals(everything.groupby("video").head(3).reset_index(drop=True))
    more = detector.predict(arrays, seconds_per_snippet=0.5, top=10**6).table()
    assert len(more) >= len(everything)
    limit = float(everything["score"].median())
    found = detector.predict(arrays, seconds_per_snippet=0.5, min_score=limit).table()
    assert found.equals(everything[everything["score"] >= limit].reset_index(drop=True))
    assert 0 < len(found) < len(everything)
    none = detector.predict(arrays, seconds_per_snippet=0.5, min_score=1.0)
    assert len(none) == 0
    assert none.json()["results"] == {"a": [], "b": []}
    for wrong in ({"top": 0}, {"min_score": 2.0}, {"min_score": -1.0}):
        with pytest.raises(ValueError, match="should be"):
            detector.predict(arrays, seconds_per_snippet=0.5, **wrong)


def test_nothing_is_detected_outside_of_a_recording(tiny_model):
    detector = react_tad.load(tiny_model, device="cpu")
    features = np.random.default_rng(0).normal(size=(40, 6))
    table = detector.predict(features, seconds_per_snippet=0.5, duration=7.0).table()
    assert set(table["video"]) == {"recording"}
    assert table["start"].min() >= 0
    assert table["end"].max() <= 7.0
    assert detector.predict(features, duration=7.0).table()["end"].max() <= 7.0, "divided into equal parts"


def test_wrong_arrays_are_named(tiny_model):
    detector = react_tad.load(tiny_model, device="cpu")
    with pytest.raises(RecordingError, match=r"recording 'a': an array \[6, 40\]; .*transpose"):
        detector.predict({"a": np.zeros((6, 40))}, seconds_per_snippet=0.5)
    wrong = np.zeros((40, 6))
    wrong[7, 2] = np.nan
    with pytest.raises(RecordingError, match="recording 'b', snippet 7: a feature is nan; all must be finite"):
        detector.predict({"a": np.zeros((40, 6)), "b": wrong}, seconds_per_snippet=0.5)
    with pytest.raises(ValueError, match="predict: seconds_per_snippet = -1 should be above 0"):
        detector.predict(np.zeros((40, 6)), seconds_per_snippet=-1)


def test_no_recordings(tiny_model):
    found = react_tad.load(tiny_model, device="cpu").predict({})
    assert len(found) == 0
    assert found.json()["results"] == {}


def test_fusion_is_not_applied_and_said(tiny, tmp_path):
    fused = {"fusion.enabled": True, "fusion.scores": "scores.json"}
    detector = Detector(write_model(tiny, tmp_path, overrides=fused), device="cpu")
    found = detector.predict(np.zeros((40, 6)), seconds_per_snippet=0.5)
    assert len(found)
    assert "new recordings have no such scores" in found.notes[0]


class TestFolders:
    def test_that_of_a_training_is_refused(self, tiny_model):
        with pytest.raises(ModelError, match=r"training\.json: this folder of a training does not say all.*package"):
            react_tad.load(tiny_model.parent / "trained")

    def test_no_model(self, tmp_path):
        with pytest.raises(ModelError, match="is no folder of a model: it is empty"):
            react_tad.load(tmp_path)

    def test_weights_of_another_run(self, tiny_model, tmp_path):
        copied = shutil.copytree(tiny_model, tmp_path / "model")
        (copied / "model.safetensors").write_bytes(b"others")
        with pytest.raises(ModelError, match="cut short or those of another run"):
            react_tad.load(copied)

    def test_a_description_without_what_is_needed(self, tiny_model, tmp_path):
        copied = shutil.copytree(tiny_model, tmp_path / "model")
        said = read_json(copied / "model.json")
        del said["features"]["time"]
        write_description(copied, "model.json", said)
        with pytest.raises(ModelError, match=r"model\.json does not say features\.time"):
            react_tad.load(copied)


class TestVerb:
    def test_writes_prints_and_profiles(self, tiny, tiny_model, tmp_path, capsys):
        folder = write_recordings(tiny, tmp_path / "new")
        outputs = {name: tmp_path / name for name in ("out.json", "out.csv", "out.svg")}
        options = ["--out", outputs["out.json"], "--csv", outputs["out.csv"], "--timeline", outputs["out.svg"]]
        assert main(["predict", str(tiny_model), str(folder), *map(str, options), "--device", "cpu", "--profile"]) == 0
        printed = capsys.readouterr().out.splitlines()
        found = read_detections(outputs["out.json"])
        assert printed[0].split() == ["video", "start", "end", "label", "score"]
        best = np.argsort(-found.score, kind="stable")[:10]
        assert [float(line.split()[-1]) for line in printed[1:11]] == pytest.approx(found.score[best], abs=1e-4)
        assert printed[11] == f"{len(found)} detections in 3 recordings, the best 10 above"
        assert [line.split()[0] for line in printed[13:18]] == ["read", "network", "Soft-NMS", "write", "total"]
        assert "windows/s in the network" in printed[18] and "x real time" in printed[18]
        lines = outputs["out.csv"].read_text().splitlines()
        assert lines[0] == "video,start,end,label,score"
        assert len(lines) == len(found) + 1
        first = lines[1].split(",")
        assert (first[0], float(first[1]), float(first[4])) == ('"test_0"', found.start[0], found.score[0]), "unrounded"
        assert not outputs["out.svg"].exists()
        for video in found.videos:
            picture = (tmp_path / f"out-{video}.svg").read_text()
            own = found.video == found.videos.index(video)
            assert f"{video}: best {min(10, own.sum())} of {own.sum()} detections" in picture
            assert "instances" not in picture and "ground truth" not in picture

    def test_one_recording_is_one_picture(self, tiny_model, tmp_path):
        np.save(tmp_path / "a.npy", np.zeros((20, 6)))
        options = ["--timeline", str(tmp_path / "a.svg"), "--seconds-per-snippet", "0.5", "--device", "cpu"]
        assert main(["predict", str(tiny_model), str(tmp_path / "a.npy"), *options]) == 0
        assert (tmp_path / "a.svg").exists()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ([], "when were its snippets"),
            (["--duration", "nan"], "duration = nan should be a number of seconds"),
            (["--top", "0"], "top = 0 should be 1 at least"),
            (["--min-score", "3"], "min_score = 3.0 should be from 0 to 1"),
            (["--timeline", "a.pdf"], "a.pdf should end in .svg or .png"),
            (["--out", "x.json", "--csv", "x.json"], "x.json is given twice"),
            (["--out", "."], ". is a folder"),
        ],
    )
    def test_errors_are_one_message(self, tiny_model, tmp_path, capsys, options, message, monkeypatch):
        monkeypatch.chdir(tmp_path)
        np.save("a.npy", np.zeros((20, 6)))
        assert main(["predict", str(tiny_model), "a.npy", "--device", "cpu", *options]) == 1
        assert message in capsys.readouterr().err
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy"]

    def test_nothing_is_computed_if_one_file_is_wrong(self, tiny_model, tmp_path, capsys):
        for name, array in {"a": np.zeros((20, 6)), "b": np.zeros((6, 20)), "c": np.zeros((20, 5))}.items():
            np.save(tmp_path / f"{name}.npy", array)
        out = tmp_path / "out.json"
        options = ["--out", str(out), "--seconds-per-snippet", "0.5", "--device", "cpu"]
        assert main(["predict", str(tiny_model), str(tmp_path), *options]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 2
        assert "b.npy" in lines[0] and "transpose it" in lines[0]
        assert "c.npy" in lines[1]
        assert not out.exists()


def test_importing_the_package_is_light():
    """Neither torch nor NumPy, until a model is loaded."""
    code = "import sys, react_tad; print(callable(react_tad.load), {'torch', 'numpy', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True set()"
