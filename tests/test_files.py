import gzip
import hashlib
import json
import math

import pytest

from react_tad import files


class Interruption(Exception):
    """What stops a writer half-way in these tests."""


def test_a_whole_file_takes_its_name_at_the_end(tmp_path):
    target = tmp_path / "new" / "folder" / "weights.bin"
    with files.whole(target) as temporary:
        temporary.write_bytes(b"weights")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == ".bin"
    assert target.read_bytes() == b"weights"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("before", [None, b"old"], ids=["new file", "old file"])
def test_a_failed_writer_changes_nothing(tmp_path, before):
    target = tmp_path / "weights.bin"
    if before:
        target.write_bytes(before)
    with pytest.raises(Interruption), files.whole(target) as temporary:
        temporary.write_bytes(b"half of the wei")
        raise Interruption
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([before] if before else [])


def test_json_goes_round(tmp_path):
    value = {"name": "Übung", "numbers": [1, 2.5, 1e-30, None, True]}
    files.write_json(tmp_path / "a.json", value)
    assert files.read_json(tmp_path / "a.json") == value
    assert "Übung" in (tmp_path / "a.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_json_has_no_numbers_that_are_none(tmp_path, number):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "a.json", {"loss": number})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": ', "is not valid JSON"),
        (b"\xff\xfe\x00", "is not UTF-8: line 1 has a byte 0xff .UTF-16"),
        (b" ", "is empty"),
    ],
)
def test_broken_json_is_named(tmp_path, content, message):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"broken\.json.* {message}"):
        files.read_json(path)


TEXT = '{"a": "Übung",\n "b": 1.5}\n'


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        gzip.compress(TEXT.encode()),
        gzip.compress(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()),
    ],
    ids=["plain", "BOM", "CRLF", "gzip", "all"],
)
def test_json_in_many_forms(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    assert files.read_json(tmp_path / "a.json") == {"a": "Übung", "b": 1.5}


def test_what_is_compressed_is_the_same_each_time_and_is_read(tmp_path):
    for folder in ("a", "b"):
        files.write_json(tmp_path / folder / "x.json.gz", {"a": [1, 2.5]})
    content = (tmp_path / "a" / "x.json.gz").read_bytes()
    assert content == (tmp_path / "b" / "x.json.gz").read_bytes()
    assert content[3:8] == bytes(5), "neither a name nor a date"
    assert json.loads(gzip.decompress(content)) == files.read_json(tmp_path / "a" / "x.json.gz") == {"a": [1, 2.5]}
    (tmp_path / "cut.json").write_bytes(content[:-5])
    with pytest.raises(ValueError, match=r"cut\.json is compressed .* and damaged"):
        files.read_json(tmp_path / "cut.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1, {"b": NaN}]}', "a / 1 / b = nan should be a finite number"),
        ('{"a": -Infinity}', "a = -inf should be a finite number"),
        ("[1, 1e400]", "1 = inf should be a finite number"),
        ("[1" + "0" * 400 + "]", "0 = a whole number of 401 digits should be a finite number"),
        ("[1" + "0" * 5000 + "]", "a number has thousands of digits"),
        (r'{"a": "x\ud83d"}', "half of a surrogate pair"),
        (r'{"\udc00": 1}', "half of a surrogate pair"),
        ("[" * 101 + "]" * 101, "nested more than 100 deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested more than 100 deep"),
        ("[" * 100_000, "nested more than 100 deep"),
        ("video,start,end,label\n", r"is not valid JSON: .*\. The name of a table should end in \.csv"),
    ],
    ids=range(11),
)
def test_json_that_cannot_be_worked_with_is_named(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=rf"a\.json.*{message}"):
        files.read_json(tmp_path / "a.json")


def test_a_name_that_no_file_has():
    with pytest.raises(ValueError, match=r"'a\\x00b' cannot be the name of a file"):
        files.read_json("a\0b")


def test_json_at_the_edge_is_fine(tmp_path):
    deep = "[" * 100 + "]" * 100
    text = '{"deep": ' + deep[1:-1] + r', "whole": "\ud83d\ude00", "large": 1e308, "whole number": ' + "9" * 300 + "}"
    value = files.parse_json(text, "it")
    assert value["whole"] == "\U0001f600" and value["large"] == 1e308 and value["whole number"] == 10**300 - 1
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        files.parse_json('{"deep": ' + deep + "}", "it")


def test_json_with_a_key_twice_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"database": {"film": 1, "film": 2}}')
    with pytest.raises(ValueError, match=r"a\.json.*'film'.*twice"):
        files.read_json(tmp_path / "a.json")


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()
