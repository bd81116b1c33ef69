import hashlib
import json
import shutil
import subprocess

import pytest
from web_server import CONTENT, serving

from react_tad.cli import main
from react_tad.data.download import DownloadError, Published, obtain, obtain_all, verify_raw
from react_tad.files import write_json


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def published(server):
    return Published(
        name="data.zip",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
        url=f"http://127.0.0.1:{server.server_port}/data.zip",
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_downloads_checks_and_records(tmp_path, published):
    record = obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT
    assert names(tmp_path) == ["archive"]
    assert record == {
        "name": "archive",
        "source": published.url,
        "sha256": published.sha256,
        "bytes": len(CONTENT),
    }


def test_a_file_that_is_right_already_is_not_downloaded_again(tmp_path, server, published):
    first = obtain(tmp_path / "archive", [published])
    assert obtain(tmp_path / "archive", [published]) == first
    assert len(server.asked) == 1


def test_a_file_that_is_wrong_is_replaced(tmp_path, published):
    (tmp_path / "archive").write_bytes(CONTENT[:-1] + b"?")
    obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT


@pytest.mark.parametrize("says_length", [True, False])
def test_goes_on_after_the_server_broke_off(tmp_path, server, published, says_length):
    server.break_after, server.says_length = 200_000, says_length
    with pytest.raises(DownloadError, match=r"archive\.part: \d+ of 524288 bytes from .*data\.zip: .*again"):
        obtain(tmp_path / "archive", [published])
    assert names(tmp_path) == ["archive.part"], "what has arrived is kept, under another name"
    have = (tmp_path / "archive.part").stat().st_size
    assert 0 < have <= 200_000

    server.break_after = None
    obtain(tmp_path / "archive", [published])
    assert server.asked == [None, f"bytes={have}-"], "the rest only"
    assert (tmp_path / "archive").read_bytes() == CONTENT
    assert names(tmp_path) == ["archive"]


def test_a_server_without_ranges_sends_everything_again(tmp_path, server, published):
    server.ranges = False
    (tmp_path / "archive.part").write_bytes(CONTENT[:100_000])
    obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_an_interrupted_last_step_needs_no_server(tmp_path, server, published):
    (tmp_path / "archive.part").write_bytes(CONTENT)
    obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT
    assert not server.asked


@pytest.mark.parametrize("in_part", [False, True])
def test_a_flipped_byte_is_an_error_that_the_next_run_gets_over(tmp_path, server, published, in_part):
    flipped = CONTENT[:1000] + bytes([CONTENT[1000] ^ 1]) + CONTENT[1001:]
    if in_part:
        (tmp_path / "archive.part").write_bytes(flipped[:100_000])
    else:
        server.content = flipped
    with pytest.raises(DownloadError, match=r"archive: http.*data\.zip sent another file than was published"):
        obtain(tmp_path / "archive", [published])
    assert names(tmp_path) == []

    server.content = CONTENT
    obtain(tmp_path / "archive", [published])
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_a_file_that_is_shorter_or_longer_than_published_is_an_error(tmp_path, server, published):
    server.content = CONTENT[:-10]
    for _ in range(3):  # also when there is nothing left to ask for
        with pytest.raises(DownloadError, match=r"the published file has 524288"):
            obtain(tmp_path / "archive", [published])
    server.content = CONTENT + b"more"
    with pytest.raises(DownloadError, match=r"the published file has 524288"):
        obtain(tmp_path / "longer", [published])
    server.content = CONTENT
    for name in ("archive", "longer"):
        obtain(tmp_path / name, [published])
    assert names(tmp_path) == ["archive", "longer"]


def test_a_refusal_names_status_and_address(tmp_path, server, published):
    server.status = 404
    with pytest.raises(DownloadError, match=r"archive\.part: 0 of 524288 bytes from http.*: 404"):
        obtain(tmp_path / "archive", [published])
    assert names(tmp_path) == []


def test_no_connection_names_the_address(tmp_path, server, published):
    server.server_close()
    with pytest.raises(DownloadError, match=published.url):
        obtain(tmp_path / "archive", [published])


def test_a_full_disk_is_an_error_that_the_next_run_gets_over(tmp_path, published):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs is not permitted")
    try:
        with pytest.raises(DownloadError, match=r"archive\.part: \d+ of 524288 bytes .*cannot write: No space left"):
            obtain(disk / "archive", [published])
        assert "archive" not in names(disk)
        subprocess.run(["mount", "-o", "remount,size=2m", str(disk)], check=True)
        obtain(disk / "archive", [published])
        assert (disk / "archive").read_bytes() == CONTENT
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("subfolder", [".", "hapt"])
def test_a_mirror_takes_the_place_of_the_download(tmp_path, server, published, subfolder):
    (tmp_path / "mirror" / subfolder).mkdir(parents=True)
    (tmp_path / "mirror" / subfolder / "data.zip").write_bytes(CONTENT)
    record = obtain(tmp_path / "archive", [published], mirror=tmp_path / "mirror", folder="hapt")
    assert (tmp_path / "archive").read_bytes() == CONTENT
    assert not server.asked
    assert record == obtain(tmp_path / "raw" / "archive", [published]), "the same record wherever it came from"


def test_a_mirror_may_have_another_version(tmp_path, published):
    copy = Published(name="data.tar.xz", sha256=hashlib.sha256(b"smaller").hexdigest(), bytes=7)
    (tmp_path / "data.tar.xz").write_bytes(b"smaller")
    record = obtain(tmp_path / "raw" / "archive", [published, copy], mirror=tmp_path, folder="hapt")
    assert record == {"name": "archive", "source": "data.tar.xz", "sha256": copy.sha256, "bytes": 7}


def test_a_mirror_without_the_file_says_where_it_looked(tmp_path, server, published):
    with pytest.raises(DownloadError) as caught:
        obtain(tmp_path / "archive", [published], mirror=tmp_path, folder="hapt")
    assert str(tmp_path / "data.zip") in str(caught.value)
    assert str(tmp_path / "hapt" / "data.zip") in str(caught.value)
    assert not server.asked


def test_a_damaged_file_in_the_mirror_is_named(tmp_path, published):
    (tmp_path / "data.zip").write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadError, match=rf"{tmp_path}/data\.zip: sha256 \w+, expected {published.sha256}"):
        obtain(tmp_path / "raw" / "archive", [published], mirror=tmp_path)
    assert names(tmp_path / "raw") == []


def test_a_published_md5_is_checked(tmp_path, server, published):
    right = Published(name="data.zip", url=published.url, md5=hashlib.md5(CONTENT).hexdigest())
    record = obtain(tmp_path / "archive", [right])
    assert (record["sha256"], record["bytes"]) == (published.sha256, len(CONTENT))
    wrong = Published(name="data.zip", url=published.url, md5=hashlib.md5(b"other").hexdigest())
    with pytest.raises(DownloadError, match=r"archive: http.*data\.zip sent another file than was published"):
        obtain(tmp_path / "other" / "archive", [wrong])
    assert names(tmp_path / "other") == []
    (tmp_path / "data.zip").write_bytes(CONTENT)
    with pytest.raises(DownloadError, match=rf"data\.zip: md5 \w+, expected {wrong.md5}: damaged or another version"):
        obtain(tmp_path / "other" / "archive", [wrong], mirror=tmp_path)


def test_a_published_size_is_checked_where_there_is_no_checksum(tmp_path, server, published):
    short = Published(name="data.zip", url=published.url, bytes=len(CONTENT) - 1)
    with pytest.raises(DownloadError, match=r"sends 524288 bytes, and the published file has 524287"):
        obtain(tmp_path / "archive", [short])
    assert names(tmp_path) == []
    (tmp_path / "data.zip").write_bytes(CONTENT)
    with pytest.raises(DownloadError, match=r"data\.zip: 524288 bytes, expected 524287"):
        obtain(tmp_path / "archive", [short], mirror=tmp_path)
    (tmp_path / "archive").write_bytes(b"wrong size")
    right = Published(name="data.zip", url=published.url, bytes=len(CONTENT))
    assert obtain(tmp_path / "archive", [right])["sha256"] == published.sha256


BY_HAND = Published(name="rgb.h5", url="https://example.org/folder", by_hand="needs an account")


def test_a_file_to_be_fetched_by_hand_says_where_from_and_where_to(tmp_path):
    wanted = rf"rgb\.h5 .*fetched by hand: get 'rgb\.h5' from {BY_HAND.url} \(needs an account\).*into {tmp_path}"
    with pytest.raises(DownloadError, match=wanted):
        obtain(tmp_path / "rgb.h5", [BY_HAND])
    with pytest.raises(DownloadError, match=rf"searched {tmp_path}/none/rgb\.h5.*get 'rgb\.h5' from {BY_HAND.url}"):
        obtain(tmp_path / "rgb.h5", [BY_HAND], mirror=tmp_path / "none")
    assert not (tmp_path / "rgb.h5").exists()


def test_a_folder_of_google_drive_is_by_hand_without_saying_so(tmp_path):
    folder = "https://drive.google.com/drive/folders/10PGPMJ9JaTZ18uakPgl58nu7yuKo8M_k"
    with pytest.raises(DownloadError, match=rf"from {folder} \(a folder of Google Drive\)"):
        obtain(tmp_path / "rgb.h5", [Published(name="rgb.h5", url=folder)])


def test_everything_that_cannot_be_had_is_said_at_once_after_the_rest_was_got(tmp_path, published):
    files = {"rgb": [BY_HAND], "archive": [published], "flow": [Published(name="flow.h5")]}
    with pytest.raises(DownloadError) as caught:
        obtain_all(tmp_path, files)
    assert names(tmp_path) == ["archive"]
    assert "get 'rgb.h5'" in str(caught.value) and "get 'flow.h5' from whoever has it" in str(caught.value)
    (tmp_path / "rgb").write_bytes(b"by hand")
    (tmp_path / "flow").write_bytes(b"by hand")
    records = obtain_all(tmp_path, files)
    assert [record["name"] for record in records] == ["rgb", "archive", "flow"]
    assert [record.get("recorded_on_first_use", False) for record in records] == [True, False, True]


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "archive").write_bytes(CONTENT)
    record = {"name": "archive", "sha256": hashlib.sha256(CONTENT).hexdigest(), "bytes": len(CONTENT), "source": "x"}
    write_json(tmp_path / "manifest.json", {"dataset": "hapt", "files": [record]})
    return tmp_path


def test_raw_files_are_checked_against_their_manifest(raw):
    assert [record["name"] for record in verify_raw(raw, "hapt", ("archive",))] == ["archive"]
    assert verify_raw(raw / "nowhere", "toy", ()) == []
    with pytest.raises(DownloadError, match=r"manifest\.json belongs to data set 'hapt', not to 'other'"):
        verify_raw(raw, "other", ("archive",))
    with pytest.raises(DownloadError, match=r"labels is missing; run 'react-tad fetch' again"):
        verify_raw(raw, "hapt", ("archive", "labels"))
    (raw / "archive").write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadError, match=r"archive: sha256 \w+, expected"):
        verify_raw(raw, "hapt", ("archive",))
    shutil.rmtree(raw)
    with pytest.raises(DownloadError, match=r"manifest\.json does not exist; run 'react-tad fetch' first"):
        verify_raw(raw, "hapt", ("archive",))


def test_the_verb_takes_the_mirror_from_the_environment(tmp_path, monkeypatch, capsys):
    cfg = json.dumps({"dataset": "hapt", "options": {}})
    monkeypatch.setenv("REACT_TAD_MIRROR", str(tmp_path / "mirror"))
    assert main(["fetch", "--cfg", cfg, "--to", str(tmp_path / "raw")]) == 1
    assert str(tmp_path / "mirror" / "hapt" / "hapt_rawdata.tar.xz") in capsys.readouterr().err
    assert not (tmp_path / "raw" / "manifest.json").exists()
