import hashlib
import json

import pytest
from web_server import CONTENT, serving

from react_tad.data.download import DownloadError, Published, obtain

SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def published(server):
    return Published(name="data.zip", url=f"http://127.0.0.1:{server.server_port}/data.zip")


def recorded(folder):
    return json.loads((folder / "checksums.json").read_text())


def test_the_checksum_of_the_first_use_is_recorded(tmp_path, published):
    record = obtain(tmp_path / "archive", [published])
    assert record == {
        "name": "archive",
        "source": published.url,
        "sha256": SHA256,
        "bytes": len(CONTENT),
        "recorded_on_first_use": True,
    }
    assert recorded(tmp_path) == {"data.zip": {"sha256": SHA256, "bytes": len(CONTENT), "source": published.url}}
    assert obtain(tmp_path / "archive", [published]) == record, "the same on later uses"


def test_what_came_over_plain_http_is_said_once_to_be_trusted_on_first_use(tmp_path, published, capsys):
    obtain(tmp_path / "archive", [published])
    said = capsys.readouterr().err
    assert f"{tmp_path / 'archive'}: came over plain http and no checksum is published" in said
    assert SHA256 in said
    obtain(tmp_path / "archive", [published])
    (tmp_path / "archive").unlink()
    obtain(tmp_path / "archive", [published])
    assert "plain http" not in capsys.readouterr().err


def test_a_published_checksum_needs_no_such_word(tmp_path, published, capsys):
    obtain(tmp_path / "archive", [Published(name="data.zip", url=published.url, sha256=SHA256)])
    assert "plain http" not in capsys.readouterr().err


def test_another_length_later_says_where_the_first_is_recorded(tmp_path, server, published):
    obtain(tmp_path / "archive", [published])
    (tmp_path / "archive").unlink()
    server.content = CONTENT * 2
    with pytest.raises(DownloadError, match=r"the published file has 524288.*recorded on first use in"):
        obtain(tmp_path / "archive", [published])


def test_another_download_later_is_refused_and_the_record_kept(tmp_path, server, published):
    obtain(tmp_path / "archive", [published])
    (tmp_path / "archive").unlink()
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(
        DownloadError, match=r"sent another file .*recorded on first use in .*checksums\.json: remove 'd"
    ):
        obtain(tmp_path / "archive", [published])
    assert recorded(tmp_path)["data.zip"]["sha256"] == SHA256
    assert not (tmp_path / "archive").exists()


def test_a_file_that_changed_since_is_fetched_again(tmp_path, published):
    obtain(tmp_path / "archive", [published])
    (tmp_path / "archive").write_bytes(CONTENT[:-1] + b"?")
    obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_a_mirror_has_to_agree_with_the_first_use(tmp_path, published):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "data.zip").write_bytes(CONTENT)
    obtain(tmp_path / "raw" / "archive", [published], mirror=tmp_path / "mirror")
    assert recorded(tmp_path / "raw")["data.zip"]["sha256"] == SHA256
    (tmp_path / "raw" / "archive").unlink()
    (tmp_path / "mirror" / "data.zip").write_bytes(CONTENT + b"more")
    with pytest.raises(DownloadError, match=rf"mirror/data\.zip: sha256 \w+, expected {SHA256}.*recorded on first use"):
        obtain(tmp_path / "raw" / "archive", [published], mirror=tmp_path / "mirror")


def test_a_file_put_there_by_hand_is_taken_once_and_has_to_stay_the_same(tmp_path):
    by_hand = Published(name="rgb.h5", url="https://example.org/folder", by_hand="needs an account")
    (tmp_path / "rgb").write_bytes(b"content")
    assert obtain(tmp_path / "rgb", [by_hand])["bytes"] == 7
    (tmp_path / "rgb").write_bytes(b"another")
    with pytest.raises(DownloadError, match=r"rgb is there and is not the right file.*by hand.*recorded on first use"):
        obtain(tmp_path / "rgb", [by_hand])
    assert (tmp_path / "rgb").read_bytes() == b"another", "what a person put there is not removed"


def test_a_removed_record_is_a_first_use_again(tmp_path, server, published):
    obtain(tmp_path / "archive", [published])
    (tmp_path / "archive").unlink()
    (tmp_path / "checksums.json").write_text("{}")
    server.content = b"a new edition"
    assert obtain(tmp_path / "archive", [published])["bytes"] == 13
    assert recorded(tmp_path)["data.zip"]["bytes"] == 13


def test_a_published_checksum_is_not_recorded(tmp_path, published):
    obtain(tmp_path / "archive", [Published(name="data.zip", url=published.url, sha256=SHA256)])
    assert not (tmp_path / "checksums.json").exists()


def test_of_several_versions_one_with_a_checksum_is_recognised_first(tmp_path, published):
    known = Published(name="copy.tar", sha256=SHA256)
    (tmp_path / "archive").write_bytes(CONTENT)
    assert obtain(tmp_path / "archive", [published, known])["source"] == "copy.tar"
    assert not (tmp_path / "checksums.json").exists()
