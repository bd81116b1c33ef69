"""The script that makes features up as those of THUMOS14 are published."""

import importlib.util
import json
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from react_tad.data.annotation_formats.json_database import read_json_database
from react_tad.data.datasets import thumos14
from react_tad.data.windows import window_starts
from react_tad.params.windows import Windows

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared/data/thumos14/thumos14.json"
spec = importlib.util.spec_from_file_location("thumos14_like", ROOT / "benchmarks/thumos14_like.py")
thumos14_like = importlib.util.module_from_spec(spec)
spec.loader.exec_module(thumos14_like)

OPTIONS = thumos14.Options(annotations="actionformer")


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """Two short videos of each half, and what the script makes of them."""
    folder = tmp_path_factory.mktemp("like")
    database = {
        f"video_{part}_000000{number}": {
            "subset": part.capitalize(),
            "duration": 4.0,
            "fps": 25.0 if number == 1 else 30.0,
            "annotations": [{"label": "Diving", "segment": [1.0, 3.0], "label_id": 7}],
        }
        for part in ("validation", "test")
        for number in (1, 2)
    }
    (folder / "thumos14.json").write_text(json.dumps({"version": "like", "database": database}))
    thumos14_like.write(folder, folder / "mirror", OPTIONS)
    return folder / "mirror"


def test_the_pipeline_finds_nothing_wrong_but_the_counts(mirror):
    files = {name: mirror / versions[-1].name for name, versions in thumos14.published(OPTIONS).items()}
    examined = thumos14.examine(files, OPTIONS)
    assert {problem.file for problem in examined.problems} == {"annotations (actionformer)"}
    assert {item.video: item.features.shape for item in examined.recordings} == {
        f"video_{part}_000000{number}": (length, 2048)
        for part in ("validation", "test")
        for number, length in ((1, 20), (2, 24))  # ceil(96 / 5), ceil(116 / 5)
    }


def test_an_instance_moves_the_features_by_its_class(mirror):
    with h5py.File(mirror / "rgb_val.h5") as rgb, h5py.File(mirror / "flow_val.h5") as flow:
        frames = rgb["video_validation_0000001"][:]
        other = flow["video_validation_0000001"][:]
    assert frames.dtype == np.float32
    pattern = thumos14_like.pattern("Diving", "rgb")
    inside = frames @ pattern > pattern @ pattern / 2
    assert inside.tolist() == [25 <= frame < 75 for frame in range(96)]
    assert abs(np.corrcoef(frames[0], other[0])[0, 1]) < 0.2


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"TH14_Temporal_annotations_validation\.zip.*val_video_info\.csv"):
        thumos14_like.write(tmp_path, tmp_path / "mirror", thumos14.Options())
    assert not (tmp_path / "mirror").exists()


def test_its_help_says_what_it_is_for(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["thumos14_like.py", "--help"])
    with pytest.raises(SystemExit, match="0"):
        thumos14_like.main()
    assert "nothing about" in capsys.readouterr().out


@pytest.mark.skipif(not REAL.exists(), reason="the annotations of THUMOS14 are not here")
def test_windows_of_the_real_videos_are_those_that_others_count():
    videos, _ = read_json_database(REAL, thumos14.CLASSES)
    cut = Windows()
    for subset, count, windows in (("validation", 200, 3331), ("test", 212, 3682)):
        frames = [thumos14_like.frames(video) for video in videos.values() if video.subset == subset]
        assert len(frames) == count
        lengths = [-(-number // 5) for number in frames]
        assert sum(len(window_starts(length, length=cut.length, stride=cut.stride)) for length in lengths) == windows
