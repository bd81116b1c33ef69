"""Parameters as JSON or in a file."""

import json

import pytest

from react_tad.arguments import json_text
from react_tad.cli import main


def test_json_is_taken_as_it_is_given():
    for text in ("{}", ' {"a": 1}', "[]", "null", "{"):  # what is wrong with the last three says whoever reads them
        assert json_text(text) == text


def test_a_file_is_read(tmp_path):
    (tmp_path / "cfg.json").write_text('{"a": "ü"}\n', encoding="utf-8")
    assert json.loads(json_text(str(tmp_path / "cfg.json"))) == {"a": "ü"}


@pytest.mark.parametrize("given", ["none.json", "", "x" * 5000, "a\0b", "none"])
def test_what_is_neither_is_said(given, capsys, tmp_path):
    """By the parser where it must be a file, and else by the verb, which reads it as JSON."""
    try:
        code = main(["suppress", "--cfg", given, "--raw", "raw.npz", "--out", "out.json"])
    except SystemExit as ended:
        code = ended.code
    assert code in (1, 2)
    assert "--cfg" in capsys.readouterr().err


def test_a_file_that_is_no_text_is_named(capsys, tmp_path):
    (tmp_path / "cfg.json").write_bytes(b"\xff\xfe")
    with pytest.raises(SystemExit):
        main(["suppress", "--cfg", str(tmp_path / "cfg.json"), "--raw", "raw.npz", "--out", "out.json"])
    assert "cfg.json" in capsys.readouterr().err


def test_a_step_gets_the_same_from_a_file(tmp_path, capsys):
    cfg = '{"soft_nms": {"sigma": "wide"}}'
    (tmp_path / "cfg.json").write_text(cfg)
    said = []
    for given in (cfg, str(tmp_path / "cfg.json")):
        assert main(["suppress", "--cfg", given, "--raw", "none.npz", "--out", "out.json"]) == 1
        said.append(capsys.readouterr().err)
    assert said[0] == said[1] and "sigma = 'wide'" in said[0]
