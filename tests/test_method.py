"""docs/method.md names parameters that exist, and every difference between the presets."""

import re
from pathlib import Path

from react_tad.params import PRESETS, SECTIONS, known_keys

PAGE = (Path(__file__).parents[1] / "docs/method.md").read_text(encoding="utf-8")


def named(text):
    """The dotted parameters in backticks, without their values."""
    names = {name.partition(":")[0] for name in re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+(?:: \w+)?)`", text)}
    return {name for name in names if name.split(".")[0] in SECTIONS}


def test_every_parameter_that_is_named_exists():
    assert len(named(PAGE)) > 50
    assert named(PAGE) - set(known_keys()) == set()


def test_every_difference_is_in_the_table():
    _, _, table = PAGE.partition("## Where they part")
    assert set(PRESETS["released"]) <= named(table)


def test_what_is_no_difference_is_not_in_it():
    first, _, rest = PAGE.partition("## Where they part")
    table, _, _ = rest.partition("###")
    assert named(table) == set(PRESETS["released"])
    assert named(first) & set(PRESETS["released"]) == {"model.first_reference"}, "how it is made is the same"
