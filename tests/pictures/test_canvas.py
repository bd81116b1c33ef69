"""Names in pictures: whatever they are, they are drawn as they stand, or a line says what is missing."""

import json
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font

from react_tad.cli import main
from react_tad.pictures.canvas import USUAL_FONT, save, shown

HOSTILE = [
    "clip_$1_$2", r"a$\frac$", "$$", r"\$5 or $6", "nul\0in it", "two\nlines", "bell\a", "half \ud800", "last\uffff",
    "--> & <b>", "走る", "مرحبا", "é", "🏃", "%s {0}",
]  # fmt: skip


def figure(name):
    made = Figure(layout="constrained")
    axes = made.add_subplot()
    axes.plot([0, 1], [0, 1], label=shown(name))
    axes.set_xticks([0, 1], [shown(name), "b"])
    axes.set_yticks([0], [shown(name)])
    axes.set_title(shown(name))
    made.suptitle(shown(name))
    made.legend()
    return made


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_any_name_makes_a_whole_picture(tmp_path, name, suffix):
    path = tmp_path / f"figure{suffix}"
    save(figure(name), path)
    if suffix == ".svg":
        ElementTree.parse(path)
    else:
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")


def test_a_dollar_is_drawn_as_a_dollar(tmp_path):
    """The SVG says in a comment what each group of shapes is."""
    save(figure("clip_$1_$2"), tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").read_text().count("<!-- clip_$1_$2 -->") == 5


def test_what_cannot_be_printed_is_replaced_one_by_one():
    assert shown("a\0b\n\ud800c d\xa0e") == "a\ufffdb\ufffd\ufffdc d\xa0e"


def charmap(name):
    return {code for entry in fontManager.ttflist if entry.name == name for code in get_font(entry.fname).get_charmap()}


def test_another_font_is_taken_where_it_has_the_letter(tmp_path, capsys, recwarn):
    letter = chr(min(code for code in charmap("STIXGeneral") - charmap(USUAL_FONT) if chr(code).isprintable()))
    save(figure(letter), tmp_path / "figure.svg")
    assert capsys.readouterr().err == ""
    assert not recwarn.list, "Matplotlib warns of each letter that it has no glyph for"


def test_letters_that_no_font_has_are_named(tmp_path, capsys, recwarn):
    rare = "\U00013000\U00013001"  # hieroglyphs
    assert not any(set(map(ord, rare)) & charmap(entry.name) for entry in fontManager.ttflist
                   if not entry.name.startswith("Last Resort"))  # fmt: skip
    save(figure(f"walk {rare}"), tmp_path / "figure.svg")
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path / 'figure.svg'}: no installed font has {rare}, drawn as boxes; install")
    assert said.count("\n") == 1
    assert not recwarn.list


@pytest.mark.parametrize("name", [name for name in HOSTILE if "\ud800" not in name])
def test_a_timeline_of_such_names(tmp_path, name):
    entry = {"label": name, "segment": [1, 4]}
    database = {name: {"subset": "test", "duration": 20, "annotations": [entry]}}
    (tmp_path / "a.json").write_text(json.dumps({"database": database}))
    (tmp_path / "d.json").write_text(json.dumps({"results": {name: [entry | {"score": 0.5}]}}))
    files = ["--annotations", str(tmp_path / "a.json"), "--detections", str(tmp_path / "d.json")]
    assert main(["plot", "timeline", *files, "--video", "auto", "--out", str(tmp_path / "t.svg")]) == 0
    ElementTree.parse(tmp_path / "t.svg")
