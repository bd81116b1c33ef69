import json

import pytest
from markdown_it import MarkdownIt

from react_tad.training.model_card import differences, escape, model_card
from small import resolve

NASTY = [
    "plain",
    "<script>alert(1)</script>",
    "a|b",
    "*bold* _it_ `code` ~~no~~",
    "[link](http://example.org) ![x](y)",
    "# heading",
    "&amp; &lt;",
    "1. list",
    "12) list",
    "123456. list",
    "+ item",
    "=====",
    "---",
    "www.example.org http://example.org a@example.org",
    "$x^2$ {a} !b",
    "- item",
    "back\\slash\\",
    "tür 走る \U0001f3c3",
]
"""What Markdown and HTML would read in another way."""


def description(**changes):
    resolved = resolve("released", {"soft_nms.sigma": 0.7, "train.epochs": 3})
    parameters = json.loads(resolved.step("package")) | json.loads(resolved.step("train", seed=1))
    return {
        "parameters": parameters | {"dataset": "toy"},
        "variant": "full",
        "seed": 1,
        "classes": ["jump", "run"],
        "dimension": 6,
        "epoch": 3,
        "weights_sha256": "ab" * 32,
        "dataset": {"name": "toy", "licence": "MIT", "citation": "none"},
        "features": {
            "dimension": 6,
            "time": {"seconds_per_snippet": 0.5, "first_center_seconds": 0.25},
            "rescaled_to": None,
            "source": {"options": {"noise": 0.25}},
        },
        "metrics": {
            "subset": "test", "definition": "activitynet", "counts": {"videos": 3, "instances": 9},
            "per_tiou": {"0.3": 0.5, "0.5": 0.25}, "average_map": 0.375,
        },
        "code": {"commit": "c0ffee", "changed": []},
        "provenance": {"versions": {"torch": "2.13.0"}, "inputs": {"training features": "12"}},
    } | changes  # fmt: skip


def texts(markdown, kind="inline"):
    """What a reader of the rendered page sees, text by text."""
    found = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        if token.type == kind:
            assert {child.type for child in token.children or ()} <= {"text", "text_special", "code_inline"}, (
                token.content
            )
            found.append("".join(child.content for child in token.children or ()))
    return found


@pytest.mark.parametrize("text", NASTY)
def test_text_is_shown_as_it_stands(text):
    assert texts(escape(text)) == [text]
    assert texts(f"- {escape(text)}") == [text]
    table = f"| a | b |\n|---|---|\n| {escape(text)} | c |"
    assert texts(table) == ["a", "b", text, "c"]


def test_text_is_one_line_of_what_can_be_printed():
    assert escape("a\nb\t c\x00\u202e") == "a b c  "


def test_nothing_in_a_card_is_markup():
    nasty = description(classes=NASTY, dataset={"name": NASTY[1], "licence": NASTY[2], "citation": NASTY[4]})
    card = model_card(nasty)
    seen = texts(card)
    assert all(text in seen for text in NASTY)
    assert f"licence: {NASTY[2]}" in seen
    assert f"citation: {NASTY[4]}" in seen
    assert not [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(card) if "html" in token.type]


def test_a_card_says_what_it_is():
    seen = texts(model_card(description()))
    assert seen[0] == "ReAct on toy: full, seed 1"
    assert "6 numbers a snippet: an array [snippets, 6]" in seen
    assert "a snippet every 0.5 s, the first centred at 0.25 s, unless it is said otherwise" in seen
    start = seen.index("tIoU")
    assert seen[start : start + 8] == ["tIoU", "0.3", "0.5", "average", "mAP", "50.00", "25.00", "37.50"]
    assert "On the split test (3 recordings, 9 instances), definition activitynet; per cent." in seen
    assert "packaged at commit c0ffee" in seen
    assert "react-tad predict THIS_FOLDER recording.npy --out" in model_card(description())


def test_without_a_time_of_its_own_the_command_has_one():
    features = description()["features"] | {"time": None, "rescaled_to": 100}
    card = model_card(description(features=features))
    assert "recording.npy --seconds-per-snippet 0.5 --out" in card
    assert 'numpy.load("recording.npy"), seconds_per_snippet=0.5)' in card
    assert "every recording is rescaled to 100 snippets" in texts(card)


def test_parameters_that_are_not_the_presets():
    """The small model's sizes, and what was changed here."""
    found = {name: (value, preset) for name, value, preset in differences(description()["parameters"])}
    assert found["soft_nms.sigma"] == (0.7, 0.4)
    assert found["train.epochs"] == (3, 14)
    assert found["model.dim"] == (8, 256)
    assert "model.sampling" not in found, "as in the preset"
    seen = texts(model_card(description()))
    at = seen.index("soft_nms.sigma")
    assert seen[at : at + 3] == ["soft_nms.sigma", "0.7", "0.4"]


def test_fusion_is_said():
    parameters = description()["parameters"]
    fused = parameters | {"fusion": parameters["fusion"] | {"enabled": True}}
    assert "A new recording has no such scores" in model_card(description(parameters=fused))
    assert "no such scores" not in model_card(description())


def test_how_features_were_extracted_is_said():
    network = {"name": "./own/<b>net</b>", "type": "videomae", "sha256": "12ab"}
    source = {"extraction": {"backbone": network, "clips": {"frames": 8, "stride_seconds": 0.25, "fps": None}}}
    card = model_card(description(features=description()["features"] | {"source": source}))
    assert (
        "extracted from films by the network ./own/<b>net</b> (videomae, sha256 12ab), clips: frames = 8, "
        "stride_seconds = 0.25; react-tad predict extracts in the same way"
    ) in texts(card)
    assert "react-tad predict THIS_FOLDER film.mp4 --out" in card
