"""Films given to a model: which they are, and that their features are those that the model wants."""

import json

import numpy as np
import pytest

from films import numbered, tiny_backbone, write_film
from react_tad.data.video_files import VideoError
from react_tad.detection.films import FilmError, check_extraction, extracted, films_among
from react_tad.detection.recordings import KINDS
from react_tad.extraction.backbone import BackboneError, load_backbone
from react_tad.extraction.clips import make_clips
from react_tad.extraction.description import Extraction
from react_tad.extraction.extract import extract_video


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny_backbone(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def source(network):
    """What ``model.json`` says of the features."""
    how = Extraction(backbone=load_backbone(network).description, clips=make_clips(frames=8, stride_seconds=0.5))
    return {"extraction": how.model_dump(mode="json")}


def test_a_folder_is_of_features_or_else_of_films(tmp_path):
    for name in ("deep/b.MKV", "a.mp4", "notes.txt", ".c.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert films_among(tmp_path, KINDS) == [tmp_path / "a.mp4", tmp_path / "deep/b.MKV"]
    assert films_among(tmp_path / "a.mp4", KINDS) == [tmp_path / "a.mp4"]
    assert films_among(tmp_path / "notes.txt", KINDS) == [] == films_among(tmp_path / "gone.mp4", KINDS)
    (tmp_path / "a.npy").touch()
    assert films_among(tmp_path, KINDS) == []


def test_features_are_those_of_training_and_failures_are_named(tmp_path, network, source):
    write_film(tmp_path / "films/a.mp4", numbered(30), fps=10)
    write_film(tmp_path / "films/short.mp4", numbered(3), fps=10)
    (tmp_path / "bad.mov").write_text("no film")
    given = [tmp_path / "x.npy", tmp_path / "bad.mov", tmp_path / "films"]
    with extracted(given, KINDS, source, where="the model") as made:
        x, array = made.paths
        assert x == tmp_path / "x.npy" and made.films[array] == tmp_path / "films/a.mp4"
        clips = make_clips(frames=8, stride_seconds=0.5)
        expected, times = extract_video(made.films[array], load_backbone(network), clips, progress=False)
        np.testing.assert_array_equal(np.load(array), expected)
        assert json.loads(array.with_suffix(".json").read_text())["duration"] == times.duration == 3.0
        assert [line.split(" ")[0] for line in made.failed] == [
            str(tmp_path / "bad.mov"),
            f"{tmp_path}/films/short.mp4:",
        ]
    assert not array.exists()
    with extracted(given[:2], KINDS, source, where="the model") as made:
        assert made.paths == given[:1], "and bad.mov is named"
    with (
        pytest.raises(FilmError, match=r"bad\.mov cannot be opened"),
        extracted([tmp_path / "bad.mov"], KINDS, source, where="the model"),
    ):
        pass


def test_what_the_model_does_not_know_is_refused(tmp_path, network, source):
    film = write_film(tmp_path / "a.mp4", numbered(30), fps=10)
    other = tiny_backbone(tmp_path / "other", seed=1)
    for kind, message, changed, more in (
        (FilmError, "the model m was not trained on features that 'react-tad extract' made", {}, {}),
        (BackboneError, "sha256 is .*--backbone FOLDER", source, {"backbone": other}),
        (BackboneError, "gone is not there.*--backbone FOLDER", source, {"backbone": "/gone"}),
    ):
        with pytest.raises(kind, match=message), extracted([film], KINDS, changed, where="the model m", **more):
            pass
    second = write_film(tmp_path / "deep/a.mkv", numbered(30), fps=10)
    with pytest.raises(VideoError, match="called 'a'"), extracted([film, second], KINDS, source, where="the model"):
        pass


def test_features_that_were_extracted_otherwise_are_refused(tmp_path, source):
    beside = tmp_path / "a.json"
    check_extraction(beside, source, "a.npy")  # nothing is known of them
    how = json.loads(json.dumps(source["extraction"]))
    how["backbone"] |= {"name": "elsewhere", "precision": "float16"}
    beside.write_text(json.dumps({"extraction": how}))
    check_extraction(beside, source, "a.npy")
    how["clips"]["stride_seconds"] = 0.25
    beside.write_text(json.dumps({"extraction": how}))
    check_extraction(beside, {}, "a.npy")  # nothing is known of the model's
    with pytest.raises(
        FilmError, match=r"a\.npy: .*a\.json says: clips\.stride_seconds is 0\.25 and 0\.5 in the model"
    ):
        check_extraction(beside, source, "a.npy")
