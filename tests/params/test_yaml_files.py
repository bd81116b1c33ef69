import time

import pytest

from react_tad.files import parse_yaml
from react_tad.params.section import ParameterError
from react_tad.params.yaml_files import read_yaml


def test_yaml_as_editors_write_it(tmp_path):
    (tmp_path / "p.yaml").write_bytes(b"\xef\xbb\xbfa: 1e-4\r\nb: on\r\n")
    assert read_yaml(tmp_path / "p.yaml") == {"a": 1e-4, "b": "on"}


BILLION = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 100_000 + "]" * 100_000, "nested more than 100 deep"),
        ("a: " + "[" * 101 + "]" * 101, "nested more than 100 deep"),
        ("a: &a [*a]", "nested more than 100 deep"),
        ("a: &a {b: *a}", "nested more than 100 deep"),
        (BILLION, "stands for more than 100,000 values"),
        ("a: .nan", "a = nan should be a finite number"),
        ("a: {b: [1, -.inf]}", "a / b / 1 = -inf should be a finite number"),
        ("a: 1" + "0" * 400, "a whole number of 401 digits should be a finite number"),
        ("a: [1", "is not valid YAML"),
        ("a: 1\na: 2", "is not valid YAML.*duplicate key"),
        ("a: 2026-13-45", "is not valid YAML"),
        ('a: "\\ud800"', "half of a surrogate pair"),
        ("- 1", "expected a mapping of parameters, found list"),
        ("a: !!python/object:os.system x", "is not valid YAML"),
    ],
    ids=range(14),
)
def test_yaml_that_is_none_is_named_at_once(tmp_path, text, message):
    (tmp_path / "p.yaml").write_text(text)
    began = time.process_time()
    with pytest.raises(ParameterError, match=rf"(?s)p\.yaml.*{message}"):
        read_yaml(tmp_path / "p.yaml")
    assert time.process_time() - began < 60  # under 1 s, by itself


def test_a_hundred_levels_are_fine():
    value = parse_yaml("[" * 100 + "]" * 100, "it")
    for _ in range(99):
        (value,) = value
    assert value == []
