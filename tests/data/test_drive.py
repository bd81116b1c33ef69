"""Google Drive, with a stand-in for gdown at its boundary: no test goes to the network."""

import inspect
from pathlib import Path

import gdown
import pytest
import requests

from react_tad.data.download import DownloadError, Published, obtain
from react_tad.data.drive import is_folder, on_drive

FILE = Published(name="thumos.tar.gz", url="https://drive.google.com/file/d/1zt2eoldshf99vJMDuu8jqxda55dCyhZP/view")
REAL_DOWNLOAD = gdown.download


@pytest.fixture
def drive(monkeypatch):
    """Function that lets gdown write bytes, in pieces as it does, or fail after some; keeps how it was called."""
    calls = []

    def serve(content, error=None):
        def download(**arguments):
            inspect.signature(REAL_DOWNLOAD).bind(**arguments)
            calls.append(arguments)
            partial = Path(arguments["output"] + "x8zk1b2c.part")
            partial.write_bytes(content)
            arguments["progress"](len(content), None)
            if error:
                raise error
            return partial.rename(arguments["output"])

        monkeypatch.setattr(gdown, "download", download)
        return calls

    return serve


def test_addresses_are_told_apart():
    folder = "https://drive.google.com/drive/folders/10PGPMJ9JaTZ18uakPgl58nu7yuKo8M_k"
    assert on_drive(FILE.url) and on_drive(folder) and not on_drive("https://example.org/drive.google.com")
    assert is_folder(folder) and is_folder(f"{folder}?usp=sharing")
    assert not is_folder(FILE.url) and not is_folder("https://drive.google.com/uc?id=1zt2eoldshf99vJMDuu8jqxda55dCyhZP")


def test_a_file_is_downloaded_whole_with_resuming(tmp_path, drive):
    calls = drive(b"content")
    record = obtain(tmp_path / "archive", [FILE])
    assert (tmp_path / "archive").read_bytes() == b"content"
    assert (record["source"], record["bytes"], record["recorded_on_first_use"]) == (FILE.url, 7, True)
    assert calls[0]["url"] == FILE.url
    assert calls[0]["resume"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "checksums.json"]
    obtain(tmp_path / "archive", [FILE])
    assert len(calls) == 1, "what is there is not fetched again"


def test_what_has_arrived_is_kept_for_gdown_to_go_on(tmp_path, drive):
    drive(b"cont", gdown.exceptions.DownloadError("ended early"))
    with pytest.raises(DownloadError, match=rf"archive did not come whole from {FILE.url}: ended early.*browser"):
        obtain(tmp_path / "archive", [FILE])
    assert [path.name for path in tmp_path.iterdir()] == ["archive.drivex8zk1b2c.part"]


@pytest.mark.parametrize(
    "error", [gdown.exceptions.FileURLRetrievalError("too many users"), requests.ConnectionError("no route")]
)
def test_a_refusal_says_what_to_do(tmp_path, drive, error):
    drive(b"", error)
    with pytest.raises(
        DownloadError, match=rf"{error}\. Run the same command again.*put it, named archive, into {tmp_path}"
    ):
        obtain(tmp_path / "archive", [FILE])


def test_another_file_than_was_published_is_thrown_away(tmp_path, drive):
    drive(b"content")
    wrong = Published(name=FILE.name, url=FILE.url, md5="375f76ffbf7447af1035e694971ec9b2")
    with pytest.raises(DownloadError, match="sent another file than was published"):
        obtain(tmp_path / "archive", [wrong])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DownloadError, match="another file than was published: 7 bytes, expected 8"):
        obtain(tmp_path / "archive", [Published(name=FILE.name, url=FILE.url, bytes=8)])
    assert list(tmp_path.iterdir()) == []
