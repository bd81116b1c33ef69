import errno
import gzip
import hashlib
import html
import json
import math
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from markdown_it import MarkdownIt

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


def writer(target, letter, times):
    """What a process of the next test does: write a megabyte of one letter, again and again."""
    for _ in range(times):
        with files.whole(target) as temporary, open(temporary, "wb") as handle:
            for _ in range(16):
                handle.write(letter * 65536)
                time.sleep(0.0005)


def test_several_writers_of_one_file_do_not_mix(tmp_path):
    """Whoever reads in between finds one writer's file, whole."""
    target = tmp_path / "weights.bin"
    target.write_bytes(b"0" * (1 << 20))
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=writer, args=(target, letter, 25)) for letter in (b"a", b"b", b"c")]
    for process in writers:
        process.start()
    seen = set()
    while any(process.is_alive() for process in writers):
        content = target.read_bytes()
        assert len(content) == 1 << 20
        assert len(set(content)) == 1
        seen.add(content[:1])
    assert [process.exitcode for process in writers] == [0, 0, 0]
    assert len(seen) > 1
    assert list(tmp_path.iterdir()) == [target], "no litter"


def test_two_writers_at_once_have_two_names(tmp_path):
    with files.whole(tmp_path / "a.json") as first, files.whole(tmp_path / "a.json") as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "a.json").read_text() == "first", "the last to end"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_writer_left_is_used_again(tmp_path):
    code = f"""
import os, signal
from react_tad.files import whole
with whole({str(tmp_path / "a.bin")!r}) as temporary:
    temporary.write_bytes(b"left " * 1000)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    (litter,) = tmp_path.iterdir()
    assert litter.name == ".a.part.bin"
    with files.whole(tmp_path / "a.bin") as temporary:
        assert temporary == litter
        assert temporary.read_bytes() == b""
        temporary.write_bytes(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_new_file_has_the_mode_of_new_files(tmp_path):
    (tmp_path / "plain").touch()
    files.write_text(tmp_path / "text", "text")
    assert (tmp_path / "text").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_name_that_is_as_long_as_names_can_be(tmp_path):
    files.write_text(tmp_path / f"{'n' * 250}.json", "text")
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


def test_a_full_disk_is_said_with_the_files_name(tmp_path):
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.bin'"), files.whole(tmp_path / "a.bin"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_other_errors_keep_their_names(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"elsewhere"), files.whole(tmp_path / "a.bin"):
        open(tmp_path / "elsewhere")  # noqa: SIM115


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
        gzip.compress(TEXT.encode(), mtime=0),
        gzip.compress(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), mtime=0),
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


NAMES = ["<script>alert(1)</script>", "a|b", "[x](javascript:alert(1))", "*bold* _em_ __x__", "`code`", "a_b_c",
         "~~gone~~", "a & b", "&lt;b&gt;", "back\\slash|", "two\nlines", "![i](http://x/y.png)", "1.5"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_a_name_as_it_stands(name):
    """Read by an independent renderer, in a cell of a table."""
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(
        "\n".join(
            [files.markdown_row(["name", "n"]), "|---|---|", files.markdown_row([files.markdown_text(name), "1"])]
        )
    )
    cells = re.findall(r"<td>(.*?)</td>", rendered)
    assert [html.unescape(cell) for cell in cells] == [" ".join(name.split()), "1"]
    assert all("<" not in cell for cell in cells)
