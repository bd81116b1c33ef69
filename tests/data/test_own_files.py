import os
import re

import pytest

from react_tad import files
from react_tad.data import own_files
from react_tad.data.own_files import OwnFileError, check, digest, remembered


@pytest.fixture
def own(tmp_path):
    """Two files of the user's."""
    paths = {"annotations": tmp_path / "a.json", "Öl": tmp_path / "Öl.npy"}
    for name, path in paths.items():
        path.write_text(name)
    return paths


@pytest.fixture
def look():
    """Something that reads a file, and remembers which it read."""

    def read(name, path):
        read.seen.append(path.name)
        return {"name": name, "sha256": files.sha256(path)}

    read.seen = []
    return read


def test_a_file_is_read_once_and_again_when_it_was_changed(tmp_path, own, look):
    first = remembered(own, tmp_path / "memory", look)
    assert first == {name: {"name": name, "sha256": files.sha256(path)} for name, path in own.items()}
    assert sorted(look.seen) == ["a.json", "Öl.npy"]
    look.seen.clear()
    assert remembered(own, tmp_path / "memory", look) == first and look.seen == []
    stat = own["annotations"].stat()
    own["annotations"].write_text("Annotations")  # of the same size, and its old date put back
    os.utime(own["annotations"], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = remembered(own, tmp_path / "memory", look)
    assert look.seen == ["a.json"]
    assert second["annotations"] != first["annotations"] and second["Öl"] == first["Öl"]


def test_another_date_or_folder_changes_nothing_that_is_told(tmp_path, own, look):
    before = remembered(own, tmp_path / "memory", look)
    os.utime(own["annotations"], (0, 0))
    assert remembered(own, tmp_path / "memory", look) == before
    assert look.seen.count("a.json") == 2
    (tmp_path / "elsewhere").mkdir()
    moved = {name: path.rename(tmp_path / "elsewhere" / path.name) for name, path in own.items()}
    assert remembered(moved, tmp_path / "memory", look) == before


def test_a_file_under_another_name_is_looked_into_again(tmp_path, own, look):
    remembered(own, tmp_path / "memory", look)
    told = remembered({"other": own["annotations"]}, tmp_path / "memory", look)
    assert told["other"]["name"] == "other"


@pytest.mark.parametrize("damaged", ["{", "[]", '{"/a/path": {"sha256": "of an earlier version"}}'])
def test_a_damaged_memory_is_made_anew(tmp_path, own, look, damaged):
    first = remembered(own, tmp_path, look)
    (tmp_path / own_files.MEMORY).write_text(damaged)
    assert remembered(own, tmp_path, look) == first
    assert len(look.seen) == 4


def test_a_file_that_is_not_there_is_named(tmp_path, own, look):
    own["annotations"].unlink()
    with pytest.raises(OwnFileError, match=r"a\.json is not there; it should be the annotations of the own data"):
        remembered(own, tmp_path, look)


def test_files_that_cannot_be_used_are_named_all_at_once_and_the_others_are_remembered(tmp_path, own, look):
    own |= {name: own["annotations"].with_name(name) for name in ("bad", "worse")}
    for name in ("bad", "worse"):
        own[name].write_text(name)

    def picky(name, path):
        if name in ("bad", "worse"):
            raise ValueError(f"{path}: {name}")
        return look(name, path)

    with pytest.raises(OwnFileError, match=r"bad: bad\n.*worse: worse"):
        remembered(own, tmp_path / "memory", picky)
    look.seen.clear()
    remembered(own, tmp_path / "memory", look)
    assert look.seen == ["bad", "worse"]


def test_a_file_that_is_not_the_recorded_one_is_refused(own):
    recorded = files.sha256(own["annotations"])
    check(own["annotations"], recorded)
    own["annotations"].write_text("other")
    found = files.sha256(own["annotations"])
    with pytest.raises(OwnFileError, match=re.escape(f"a.json: sha256 {found}, and {recorded} when")):
        check(own["annotations"], recorded)
    own["annotations"].unlink()
    with pytest.raises(OwnFileError, match="is not there"):
        check(own["annotations"], recorded)


def test_a_digest_is_of_the_content_not_of_the_order_of_its_names():
    assert digest({"a": 1, "b": [2, "ö"]}) == digest({"b": [2, "ö"], "a": 1})
    assert len({digest(content) for content in ({"a": 1}, {"a": 2}, {"b": 1}, [["a", 1]])}) == 4
