"""Whatever stands in ``params.yaml``: an experiment, or an error that a reader can mend; never another exception."""

import copy
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from react_tad.params.experiment import Experiment
from react_tad.params.section import ParameterError
from react_tad.params.yaml_files import read_yaml

PARAMS = Path(__file__).parents[2] / "params.yaml"
TEXT = PARAMS.read_text(encoding="utf-8")
FILE = read_yaml(PARAMS)
# The studies with many rows are the bulk of the file, and alike.
FILE["studies"] = {name: FILE["studies"][name] for name in ("table4_ace_dec", "figure5a")}

ADDED = ["", ":", "\t", "- ", "[", "{", "&a *a", "!!set ", "\x00", "\ufeff", "'", "5: "]
SMALL = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
ODD = st.one_of(
    st.sampled_from([None, True, False, 0, 5, -1, 2**70, 0.5, float("nan"), float("inf")]),
    st.sampled_from(["", "5", "on", "full", "paper", "\ud800", "a.b", date(2026, 1, 2), b"bytes", {1, 2}]),
    st.sampled_from([[], [0], [[]], ["a"], {}, {"a": 1}, {5: 1}, {None: {}}, {"preset": "paper"}, {"": {}}]),
    st.sampled_from([{"model.dim": {}}, {"model": {"dim": 8}, "model.dim": 8}]),
)


def places(value, path=()):
    """Every place in a nested document."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


PLACES = [path for path in places(FILE) if path]


@st.composite
def documents(draw):
    """``params.yaml`` with up to three places replaced, removed or renamed."""
    document = copy.deepcopy(FILE)
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from(PLACES))
        node = document
        try:
            for key in parents:
                node = node[key]
            action = draw(st.sampled_from(["replace", "replace", "remove", "rename", "itself"]))
            if action == "replace":
                node[last] = draw(ODD)
            elif action == "itself":
                node[last] = document
            elif action == "rename" and isinstance(node, dict):
                node[draw(st.sampled_from(["", "x", 5, None, "model.dim", "preset", f"{last}s"]))] = node.pop(last)
            else:
                del node[last]
        except (KeyError, IndexError, TypeError):  # an earlier change took that place away
            continue
    return document


def read(document, overrides=None):
    try:
        return Experiment(document, overrides=overrides)
    except ParameterError as error:
        assert str(error).startswith(("params.yaml", "command line", "overrides")), error
        assert len(str(error)) < 5000
        return None


@SMALL
@given(documents())
def test_documents(document):
    read(document)


@SMALL
@given(
    st.dictionaries(st.sampled_from(["dataset", "seeds", "preset", "study_seeds", "train", "train.lr", "x", 5]), ODD)
)
def test_command_lines(overrides):
    read(FILE, overrides)


@SMALL
@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.sampled_from(ADDED))
def test_texts(tmp_path_factory, place, removed, added):
    path = tmp_path_factory.mktemp("mutated") / "params.yaml"
    path.write_text(TEXT[:place] + added + TEXT[place + removed :], encoding="utf-8")
    try:
        read(read_yaml(path))
    except ParameterError as error:
        assert str(path) in str(error)
