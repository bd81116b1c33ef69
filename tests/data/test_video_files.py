"""Which files of a folder are videos, and what they are called."""

import pytest

from react_tad.data.video_files import VideoError, find_videos


def test_videos_are_found_by_name(tmp_path):
    for name in ("b.mp4", "deep/er/a.MKV", "notes.txt", ".hidden.mp4", "deep/c.d.webm"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_videos([tmp_path, tmp_path / "b.mp4"])
    assert {name: str(path.relative_to(tmp_path)) for name, path in found.items()} == {
        "a": "deep/er/a.MKV",
        "b": "b.mp4",
        "c.d": "deep/c.d.webm",
    }
    assert list(find_videos([tmp_path / "notes.txt"])) == ["notes"], "a file that is named is taken"


def test_two_videos_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("x.mp4", "a/x.mkv"):
        (tmp_path / name).touch()
    with pytest.raises(VideoError, match=r"x.mp4.*would both be called 'x'|x.mkv.*would both be called 'x'"):
        find_videos([tmp_path])


def test_what_is_not_there_is_named(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(VideoError, match="no video in it, among 1 files"):
        find_videos([tmp_path])
    with pytest.raises(VideoError, match=r"gone.mp4 is not there"):
        find_videos([tmp_path / "gone.mp4"])


def test_a_prefix_is_no_part_of_a_name(tmp_path):
    for name in ("v_b.mp4", "deep/v_a.MKV", "c.mp4", "v_.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(find_videos([tmp_path], prefix="v_")) == ["a", "b"]
    with pytest.raises(VideoError, match=r"c.mp4: its name should be 'v_' and that of a video"):
        find_videos([tmp_path / "c.mp4"], prefix="v_")
    with pytest.raises(VideoError, match="none of its 4 videos has a name that begins with 'w_'"):
        find_videos([tmp_path], prefix="w_")
