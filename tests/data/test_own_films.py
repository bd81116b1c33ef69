"""Options of films, the digest of a network's folder, and what was extracted against what is there."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from react_tad.data import own_films
from react_tad.data.datasets import custom, parse_options
from react_tad.data.own_files import OwnFileError
from react_tad.files import sha256

FILMS = {"videos": "own/films", "backbone": "own/network"}


def parsed(**options):
    return parse_options(custom, options, "here")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (FILMS | {"features": "own"}, "videos = own/films and features = own: "),
        ({"videos": "own/films"}, "videos is given, and backbone is not"),
        ({"backbone": "own/network"}, "backbone is given, and videos is not"),
        ({"half": True}, "half is given, and videos is not"),
        (FILMS | {"time": "spread"}, "time is spread, and videos is given"),
        (FILMS | {"stride_frames": 4, "stride_seconds": 1}, "stride_frames = 4 and stride_seconds = 1; give one"),
        (FILMS | {"stride_frames": 4.5}, "stride_frames = 4.5 should be a whole number"),
        (FILMS | {"seconds_per_snippet": 1}, "seconds_per_snippet is given, and time is sidecar"),
        (FILMS | {"rescale": 100}, "rescale is given, and time is sidecar"),
        ({"features": None}, "features is null"),
        ({"features": ["a", "b"], "time": "sidecar"}, "time is sidecar, and features are several streams"),
        ({"time": "sidecar", "fps": 25}, "fps is given, and time is sidecar"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^here: {message}"):
        parsed(**options)


def test_what_the_command_line_says():
    assert own_films.command_line(parsed(**FILMS)) == ["--step", "1", "--dtype", "float32"]
    options = parsed(**FILMS, features=None, frames=8, fps=12, stride_frames=4, dtype="float16", half=True)
    assert options.time == "sidecar"
    assert own_films.command_line(options) == [
        *("--frames", "8", "--step", "1", "--fps", "12.0", "--dtype", "float16", "--stride-frames", "4", "--half")
    ]
    assert parsed().time == "spread" and parsed().features == "own/features"


@pytest.fixture
def network(tmp_path):
    folder = tmp_path / "network"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "preprocessor_config.json", "README.md"):
        (folder / name).write_text(name)
    return folder


def digest(tmp_path, backbone):
    return own_films.examine({}, SimpleNamespace(backbone=str(backbone)), tmp_path / "memory", "here")[1]


def test_what_is_in_a_network_decides_and_not_where_it_is(tmp_path, network):
    before = digest(tmp_path, network)
    (network / "README.md").write_text("another")
    network.rename(tmp_path / "moved")
    assert digest(tmp_path, tmp_path / "moved") == before
    (tmp_path / "moved/preprocessor_config.json").write_text("another")
    assert digest(tmp_path, tmp_path / "moved") != before


def test_a_network_is_a_folder_or_a_name_on_the_hub(tmp_path, network, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert digest(tmp_path, "MCG-NJU/videomae-base") != digest(tmp_path, "MCG-NJU/videomae-large")
    (network / "config.json").unlink()
    for backbone in ("network", "network/gone", "/gone", "./gone", "a/b/c"):
        with pytest.raises(OwnFileError, match=f"here.backbone = {backbone}"):
            digest(tmp_path, backbone)


def test_what_was_extracted_is_of_the_films_that_are_there(tmp_path):
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", np.full((4, 3), ord(name), np.float32))
        content = {"seconds_per_snippet": 0.5, "sha256": sha256(tmp_path / f"{name}.npy"), "source": {"sha256": name}}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    listing = {name: {"sha256": name, "bytes": 1} for name in "abc"}
    assert own_films.read_extracted(tmp_path, listing)["b"]["first_center_seconds"] == 0.25
    features = own_films.open_extracted(tmp_path, "ca")
    assert list(features) == ["c", "a"] and features["a"].shape == (4, 3)
    np.testing.assert_array_equal(features["a"], np.full((4, 3), ord("a")))
    np.save(tmp_path / "a.npy", np.zeros((4, 3), np.float32))
    with pytest.raises(OwnFileError, match=r"a\.npy: sha256 .*, where the file beside it says"):
        np.asarray(features["a"])
    (tmp_path / "b.npy").unlink()
    listing["c"] = {"sha256": "another", "bytes": 1}
    with pytest.raises(OwnFileError, match=r"(?s)nothing was extracted from 1 video \('b'\).*1 video \('c'\) changed"):
        own_films.read_extracted(tmp_path, listing)
