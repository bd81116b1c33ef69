import hashlib
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


def test_json_with_a_key_twice_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"database": {"film": 1, "film": 2}}')
    with pytest.raises(ValueError, match=r"a\.json.*'film'.*twice"):
        files.read_json(tmp_path / "a.json")


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()
