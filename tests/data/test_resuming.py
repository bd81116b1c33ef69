"""Resuming where no checksum is published; where one is, see test_download.py."""

import pytest
from web_server import CONTENT, serving

from react_tad.data.download import DownloadError, Published, obtain


@pytest.fixture
def server():
    with serving() as server:
        server.etag = '"edition 1"'
        yield server


@pytest.fixture
def published(server):
    return Published(name="data.zip", url=f"http://127.0.0.1:{server.server_port}/data.zip")


def broken_off(folder, server, published):
    server.break_after = 200_000
    with pytest.raises(DownloadError, match=r"archive\.part: \d+ of 524288 bytes from .*data\.zip: .*again"):
        obtain(folder / "archive", [published])
    server.break_after = None
    return (folder / "archive.part").stat().st_size


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_goes_on_with_the_same_file(tmp_path, server, published):
    have = broken_off(tmp_path, server, published)
    obtain(tmp_path / "archive", [published])
    assert server.asked == [None, f"bytes={have}-"]
    assert (tmp_path / "archive").read_bytes() == CONTENT
    assert left(tmp_path) == ["archive", "checksums.json"]


def test_does_not_mix_two_versions(tmp_path, server, published):
    broken_off(tmp_path, server, published)
    server.etag, server.content = '"edition 2"', CONTENT[::-1]
    obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT[::-1]


def test_starts_anew_where_the_server_does_not_say_which_version_it_sends(tmp_path, server, published):
    server.etag = None
    broken_off(tmp_path, server, published)
    obtain(tmp_path / "archive", [published])
    assert server.asked == [None, None]
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_an_interrupted_last_step_is_noticed(tmp_path, server, published):
    (tmp_path / "archive.part").write_bytes(CONTENT)
    (tmp_path / "archive.part.version").write_text(server.etag)
    obtain(tmp_path / "archive", [published])
    assert server.asked == [f"bytes={len(CONTENT)}-"]
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_without_length_and_checksum_nothing_can_be_told_to_be_whole(tmp_path, server, published):
    server.says_length = False
    with pytest.raises(DownloadError, match="does not say how long it is, so that it cannot be told to be whole"):
        obtain(tmp_path / "archive", [published])
    assert not (tmp_path / "archive").exists()


class TestAServerThatSendsMore:
    """Sixty mebibytes for a published hundred bytes: nothing of it is kept, and most of it is not even received."""

    @pytest.fixture
    def hundred(self, server):
        server.content = bytes(60 << 20)
        return Published(name="data.zip", url=f"http://127.0.0.1:{server.server_port}/data.zip", bytes=100)

    def test_that_says_so(self, tmp_path, hundred):
        with pytest.raises(DownloadError, match=r"sends 62914560 bytes, and the published file has 100: another"):
            obtain(tmp_path / "archive", [hundred])
        assert left(tmp_path) == []

    def test_that_does_not_say_how_much(self, tmp_path, server, hundred):
        server.says_length = False
        with pytest.raises(
            DownloadError, match=r"sends \d{3,6} bytes or more, and the published file has 100: another"
        ):
            obtain(tmp_path / "archive", [hundred])
        assert left(tmp_path) == []
