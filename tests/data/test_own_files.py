import os
import re

import pytest

from react_tad import files
from react_tad.data import own_files
from react_tad.data.own_files import OwnFileError, check, checksums, digest, recorded, summary
from react_tad.files import write_json


@pytest.fixture
def own(tmp_path):
    """Two files of the user's."""
    paths = {"annotations": tmp_path / "a.json", "features/Öl": tmp_path / "Öl.npy"}
    for name, path in paths.items():
        path.write_text(name)
    return paths


@pytest.fixture
def read(monkeypatch):
    """Names of the files whose content was read for a checksum."""
    seen = []
    monkeypatch.setattr(own_files, "sha256", lambda path: seen.append(path.name) or files.sha256(path))
    return seen


def test_a_file_is_read_once_and_again_when_it_was_changed(tmp_path, own, read):
    first = checksums(own, tmp_path / "memory")
    assert first == {n: {"sha256": files.sha256(p), "bytes": len(n.encode())} for n, p in own.items()}
    assert sorted(read) == ["a.json", "Öl.npy"]
    read.clear()
    assert checksums(own, tmp_path / "memory") == first and read == []
    stat = own["annotations"].stat()
    own["annotations"].write_text("Annotations")  # of the same size, and its old date put back
    os.utime(own["annotations"], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = checksums(own, tmp_path / "memory")
    assert read == ["a.json"]
    assert second["annotations"] != first["annotations"] and second["features/Öl"] == first["features/Öl"]


def test_another_date_changes_no_digest(tmp_path, own, read):
    before = digest(checksums(own, tmp_path / "memory"))
    os.utime(own["annotations"], (0, 0))
    assert digest(checksums(own, tmp_path / "memory")) == before
    assert read.count("a.json") == 2


@pytest.mark.parametrize("change", ["edit", "rename", "add", "remove"])
def test_content_and_names_change_the_digest(tmp_path, own, change):
    before = digest(checksums(own, tmp_path))
    if change == "edit":
        own["annotations"].write_text("other")
    if change in ("rename", "remove"):
        path = own.pop("features/Öl")
    if change == "rename":
        own["features/Oil"] = path
    if change == "add":
        own["more"] = own["annotations"]
    assert digest(checksums(own, tmp_path)) != before


def test_a_damaged_memory_is_made_anew(tmp_path, own):
    first = checksums(own, tmp_path)
    (tmp_path / own_files.MEMORY).write_text("{")
    assert checksums(own, tmp_path) == first


def test_a_file_that_is_not_there_is_named(tmp_path, own):
    own["annotations"].unlink()
    with pytest.raises(OwnFileError, match=r"a\.json is not there; it should be the annotations of the own data"):
        checksums(own, tmp_path)


def test_a_file_that_is_not_the_recorded_one_is_refused(tmp_path, own):
    write_json(tmp_path / "manifest.json", {"own_files": checksums(own, tmp_path)})
    listing = recorded(tmp_path)
    for name, path in own.items():
        check(name, path, listing)
    own["annotations"].write_text("other")
    with pytest.raises(OwnFileError, match=re.escape(files.sha256(own["annotations"]))):
        check("annotations", own["annotations"], listing)
    with pytest.raises(OwnFileError, match="was added since 'react-tad fetch'"):
        check("new", own["annotations"], listing)


def test_a_folder_without_a_record_says_what_to_run(tmp_path):
    with pytest.raises(OwnFileError, match=r"manifest\.json does not list .* run 'react-tad fetch' first"):
        recorded(tmp_path)
    write_json(tmp_path / "manifest.json", {"files": []})
    with pytest.raises(OwnFileError, match="run 'react-tad fetch' first"):
        recorded(tmp_path)


def test_a_summary_counts(tmp_path, own):
    listing = checksums(own, tmp_path)
    assert summary(listing) == {"own_files": 2, "bytes": 11 + 12, "sha256": digest(listing)}
