import os
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from react_tad.pictures.viewer.videos import find_videos, relative_url


def folder_of(tmp_path, *names):
    for name in names:
        (tmp_path / name).touch()
    return tmp_path


def test_a_file_whose_stem_is_the_recording(tmp_path):
    folder = folder_of(tmp_path, "a.mp4", "b.c.WEBM", "d.txt", "e.mp4")
    (folder / "g.mp4").mkdir()
    found = find_videos(folder, ["b.c", "a", "d", "f", "g"])
    assert {name: path.name for name, path in found.items()} == {"b.c": "b.c.WEBM", "a": "a.mp4"}


def test_of_two_files_the_one_that_browsers_play(tmp_path):
    folder = folder_of(tmp_path, "a.avi", "a.mkv", "a.webm", "a.mov")
    assert find_videos(folder, ["a"])["a"].name == "a.webm"


@pytest.mark.parametrize(("names", "holds"), [((), "no video"), (("x.mp4", "y.mp4"), "x.mp4 and 1 more")])
def test_a_folder_of_other_videos_is_refused(tmp_path, names, holds):
    with pytest.raises(ValueError, match=f"no video of any of 2 recordings; it holds {holds}.*'one'"):
        find_videos(folder_of(tmp_path, *names), ["one", "two"])


@pytest.mark.parametrize(
    "name", ["a b.mp4", "50%.mp4", "a#b?c.mp4", "a:b.mp4", "中文.mp4", '"<i>.mp4', "..mp4", "&amp;.mp4"]
)
def test_an_address_leads_back_to_the_file(tmp_path, name):
    video, page = tmp_path / "film: 1" / name, tmp_path / "pages" / "deep" / "p.html"
    url = relative_url(video, page)
    assert url.isascii() and not set(url) & set(" \"'<>#?:&")
    assert unquote(urlsplit(urljoin(page.as_uri(), url)).path) == str(video)


def test_names_that_are_not_utf8(tmp_path):
    assert relative_url(tmp_path / os.fsdecode(b"\xff.mp4"), tmp_path / "p.html") == "%FF.mp4"


def test_a_page_beside_its_videos_can_be_moved_with_them(tmp_path):
    assert relative_url(tmp_path / "videos" / "a.mp4", tmp_path / "p.html") == "videos/a.mp4"
