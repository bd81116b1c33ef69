"""docs/method.md names parameters that exist, and every difference between the presets."""

import re
from pathlib import Path

from react_tad.data.datasets import thumos14
from react_tad.params.experiment import SECTIONS, Params
from react_tad.params.presets import PRESETS
from react_tad.params.section import known_keys
from react_tad.params.yaml_files import read_yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/method.md").read_text(encoding="utf-8")
FILES = (".py", ".md", ".yaml")


def dotted(text):
    """What has dots and stands in backticks, without values; files are left out."""
    names = {name.partition(":")[0] for name in re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+(?:: \w+)?)`", text)}
    return {name for name in names if not name.endswith(FILES)}


def named(text):
    """The dotted parameters in backticks, without their values."""
    return {name for name in dotted(text) if name.split(".")[0] in SECTIONS}


def code_named(text):
    """The files in backticks."""
    return {name for name in re.findall(r"`([a-z_0-9/]+\.py)`", text)}


def test_every_parameter_that_is_named_exists():
    options = {f"options.{name}" for name in thumos14.OPTIONS.model_fields}
    assert len(named(PAGE)) > 50
    assert dotted(PAGE) - set(known_keys(Params)) - options == set()


def test_every_difference_is_in_the_table():
    _, _, table = PAGE.partition("## Where they part")
    assert set(PRESETS["released"]) <= named(table)


def test_what_is_no_difference_is_not_in_it():
    first, _, rest = PAGE.partition("## Where they part")
    table, _, _ = rest.partition("###")
    assert named(table) == set(PRESETS["released"])
    assert named(first) & set(PRESETS["released"]) == {"model.first_reference"}, "how it is made is the same"


def test_every_file_of_the_code_is_there():
    files = code_named(PAGE.partition("## Where it is")[2])
    assert len(files) > 10
    assert [name for name in sorted(files) if not (ROOT / "src/react_tad" / name).is_file()] == []


def test_every_row_that_a_judgement_points_to_is_a_row_of_a_study():
    """ "The row `x`" and "the rows `x` and `y`"."""
    rows = {row for study in read_yaml(ROOT / "params.yaml")["studies"].values() for row in study.get("rows", {})}
    pointed = re.findall(r"[Tt]he rows? (`\w+`(?: and `\w+`)?)", PAGE)
    found = {name for group in pointed for name in re.findall(r"\w+", group.replace(" and ", " "))}
    assert len(found) > 10
    assert found - rows == set()
