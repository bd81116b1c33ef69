"""``react-tad extract``: what is written, kept, made anew and refused."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from films import numbered, tiny_backbone, write_film
from react_tad.cli import main
from react_tad.data.formats import feature_folder
from react_tad.extraction import MissingVideoExtra
from react_tad.extraction.description import Extraction
from react_tad.files import read_json, sha256
from react_tad.params.section import validated


@pytest.fixture
def films(tmp_path):
    for number, name in enumerate(("a.mp4", "b.mkv", "c d.mp4")):
        write_film(tmp_path / "films" / name, numbered(40 + number), fps=10)
    return tmp_path / "films"


@pytest.fixture
def extract(films, backbone_folder, tmp_path):
    """Run the command on the films."""

    def run(*more, videos=films, backbone=backbone_folder):
        return main(["extract", str(videos), "--backbone", str(backbone), "--out", str(tmp_path / "features"), *more])

    return run


def written(folder):
    return {path.name: (sha256(path), path.stat().st_mtime_ns) for path in sorted((folder / "features").iterdir())}


def test_arrays_and_what_is_to_be_known_of_them(extract, films, backbone, tmp_path, capsys):
    assert extract("--stride-seconds", "0.4") == 0
    assert list(written(tmp_path)) == ["a.json", "a.npy", "b.json", "b.npy", "c d.json", "c d.npy"]
    found = read_json(tmp_path / "features/c d.json")
    array = np.load(tmp_path / "features/c d.npy")
    assert array.shape == (9, 24) and array.dtype == np.float32
    assert (found["seconds_per_snippet"], found["first_center_seconds"], found["duration"]) == (0.4, 0.4, 4.2)
    assert found["source"] == {
        "file": "c d.mp4",
        "bytes": (films / "c d.mp4").stat().st_size,
        "sha256": sha256(films / "c d.mp4"),
    }
    how = validated(Extraction, found["extraction"], "c d.json")
    assert how.backbone == backbone.description and how.clips.frames == 8
    assert list(feature_folder.files(tmp_path / "features").videos) == ["a", "b", "c d"], (
        "as the data set custom reads them"
    )
    output = capsys.readouterr()
    assert "3 videos in" in output.out and "27 snippets of 24 numbers, float32" in output.out
    assert f"options: {{features: {tmp_path / 'features'}, time: sidecar}}" in output.out
    assert "c d: 100%" in output.err and "9/9" in output.err


def test_the_same_twice(extract, tmp_path):
    assert extract() == 0
    before = written(tmp_path)
    (tmp_path / "features").rename(tmp_path / "first")
    assert extract() == 0
    assert {name: digest for name, (digest, _) in written(tmp_path).items()} == {
        name: digest for name, (digest, _) in before.items()
    }


def test_what_is_there_is_kept_and_what_differs_is_made_anew(extract, films, tmp_path, capsys):
    assert extract() == 0
    before = written(tmp_path)

    def made_anew(*more, **options):
        nonlocal before
        assert extract(*more, **options) == 0
        after = written(tmp_path)
        names = {name.split(".")[0] for name in after if after[name][1] != before[name][1]}
        before = after
        return names

    assert made_anew() == set()
    assert capsys.readouterr().out.count(": kept") == 3
    assert made_anew("--batch-size", "3", "--threads", "1") == set(), "does not change what comes out"
    os.utime(films / "a.mp4")
    assert made_anew() == set(), "another date, the same content"
    write_film(films / "a.mp4", numbered(39), fps=10)
    assert made_anew() == {"a"}
    assert made_anew("--stride-frames", "5") == {"a", "b", "c d"}
    assert made_anew("--stride-frames", "5", "--dtype", "float16") == {"a", "b", "c d"}
    assert np.load(tmp_path / "features/a.npy").dtype == np.float16
    assert made_anew("--stride-frames", "5", "--dtype", "float16") == set()
    (tmp_path / "features/b.json").write_text("{")
    assert made_anew("--stride-frames", "5", "--dtype", "float16") == {"b"}
    np.save(tmp_path / "features/b.npy", np.zeros((1, 1)))
    before = written(tmp_path)
    assert made_anew("--stride-frames", "5", "--dtype", "float16") == {"b"}
    other = tiny_backbone(tmp_path / "other", seed=1)
    assert made_anew("--stride-frames", "5", "--dtype", "float16", backbone=other) == {"a", "b", "c d"}


def test_after_a_kill_the_same_command_goes_on(extract, films, backbone_folder, tmp_path):
    for number in range(12):
        write_film(films / f"long {number:02}.mp4", numbered(60), fps=10)
    command = [sys.executable, "-m", "react_tad.cli", "extract", str(films), "--backbone", str(backbone_folder)]
    killed = subprocess.Popen([*command, "--out", str(tmp_path / "features"), "--stride-frames", "1"])
    try:
        deadline = time.monotonic() + 60
        while len(list((tmp_path / "features").glob("[!.]*.json"))) < 5:
            assert killed.poll() is None and time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    before = written(tmp_path)
    done = {name for name in before if name.endswith(".json") and not name.startswith(".")}
    assert 5 <= len(done) < 15
    assert extract("--stride-frames", "1") == 0
    after = written(tmp_path)
    assert sum(name.endswith(".json") for name in after) == 15 and not any(name.startswith(".") for name in after)
    assert all(after[name] == before[name] for name in done)
    (tmp_path / "features").rename(tmp_path / "gone on")
    assert extract("--stride-frames", "1") == 0
    assert {name: digest for name, (digest, _) in written(tmp_path).items()} == {
        name: digest for name, (digest, _) in after.items()
    }


def test_videos_that_fail_are_named_and_the_others_go_on(extract, films, tmp_path, capsys):
    (films / "0 text.mp4").write_text("no video")
    write_film(films / "aa short.mp4", numbered(5), fps=10)
    content = (films / "b.mkv").read_bytes()
    (films / "b.mkv").write_bytes(content[: len(content) // 3])
    assert extract() == 1
    output = capsys.readouterr()
    assert [path for path in written(tmp_path) if path.endswith("npy")] == ["a.npy", "c d.npy"]
    error = output.err.split("react-tad extract: ")[1]
    assert error.splitlines()[0] == "3 of 5 videos gave no features:"
    for line, (name, what) in zip(
        error.splitlines()[1:],
        [("0 text.mp4", "cannot be opened"), ("aa short.mp4", "0.50 s of pictures"), ("b.mkv", "cut off")],
        strict=True,
    ):
        assert str(films / name) in line and what in line


def test_what_is_wrong_from_the_start_stops_before_anything_is_written(extract, films, tmp_path, capsys):
    write_film(films / "sub/a.mkv", numbered(20))
    assert extract() == 1
    assert "would both be called 'a'" in capsys.readouterr().err
    assert extract(videos=films / "gone.mp4") == 1
    assert "gone.mp4 is not there" in capsys.readouterr().err
    assert extract("--frames", "16", videos=films / "a.mp4") == 1
    assert "takes clips of 8 frames, not 16" in capsys.readouterr().err
    assert extract("--frames", "0", videos=films / "a.mp4") == 1
    assert "clips: frames = 0" in capsys.readouterr().err
    assert extract("--half", "--device", "cpu", videos=films / "a.mp4") == 1
    assert "float16 needs a GPU" in capsys.readouterr().err
    assert not (tmp_path / "features").exists()


def test_videos_of_several_rates_have_their_own_times(extract, films, tmp_path):
    write_film(films / "fast.mp4", numbered(60), fps=20)
    assert extract() == 0
    found = {name: read_json(tmp_path / f"features/{name}.json")["seconds_per_snippet"] for name in ("a", "fast")}
    assert found == {"a": 0.4, "fast": 0.2}


def test_without_the_extra_it_says_how_to_get_it(extract, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert extract() == 1
    assert "'transformers', which is not installed; pip install -e '.[video]' gets it" in capsys.readouterr().err
    assert issubclass(MissingVideoExtra, ValueError)


def test_the_json_is_json(extract, tmp_path):
    assert extract() == 0
    json.loads((tmp_path / "features/a.json").read_text(), parse_constant=lambda name: pytest.fail(name))
