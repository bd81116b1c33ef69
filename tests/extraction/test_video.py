"""Decoding of videos whose frames carry their number; what cannot be used is named."""

from fractions import Fraction

import av
import numpy as np
import pytest

from films import number_of, numbered, write_film, write_sound
from react_tad.data.video_files import VideoError
from react_tad.extraction.clips import cut, make_clips
from react_tad.extraction.video import Video, upright

CONTAINERS = {
    "film.mp4": ("libx264", 25),
    "film.mkv": ("libx264", Fraction(30000, 1001)),
    "film.avi": ("mpeg4", 12),
    "film.webm": ("libvpx-vp9", 30),
    "film.mov": ("mpeg4", 16),
}


def read(path, threads=1):
    """When each frame is shown, and its number."""
    with Video(path, threads) as video:
        return [(item.since, item.until, number_of(upright(item.frame)[0])) for item in video.shown()]


def noise(count, size=64):
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (size, size, 3)).astype(np.uint8) for _ in range(count)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", CONTAINERS)
def test_every_frame_in_its_order_at_its_time(tmp_path, name, threads):
    codec, fps = CONTAINERS[name]
    found = read(write_film(tmp_path / name, numbered(60), fps=fps, codec=codec), threads)
    assert [number for *_, number in found] == list(range(60))
    np.testing.assert_allclose([float(since) for since, *_ in found], np.arange(60) / float(fps), atol=0.0006)
    np.testing.assert_allclose([float(until) for _, until, _ in found], np.arange(1, 61) / float(fps), atol=0.0012)


@pytest.mark.parametrize("name", CONTAINERS)
def test_clips_see_exactly_their_frames(tmp_path, name):
    codec, fps = CONTAINERS[name]
    write_film(tmp_path / name, numbered(60), fps=fps, codec=codec)
    clips = make_clips(frames=8, step=2, stride_frames=5)
    with Video(tmp_path / name) as video:
        found = [frames for _, frames in cut(video.shown(), clips, video.rate, lambda f: number_of(upright(f)[0]))]
    assert found == [[5 * k + 2 * j for j in range(8)] for k in range(10)]


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_a_variable_rate(tmp_path, name):
    """25 frames a second, then 10: what is shown at each instant is known from the stamps."""
    stamps = [*range(0, 800, 40), *range(800, 2800, 100)]
    write_film(tmp_path / name, numbered(40), stamps=stamps)
    assert [1000 * since for since, *_ in read(tmp_path / name)] == stamps
    clips = make_clips(frames=4, fps=10, stride_seconds=0.2)
    with Video(tmp_path / name) as video:
        found = [frames for _, frames in cut(video.shown(), clips, video.rate, lambda f: number_of(upright(f)[0]))]
        early = 500 / video.rate
    looked = [[200 * k + 100 * j for j in range(4)] for k in range(len(found))]
    assert found == [[max(n for n in range(40) if stamps[n] - early < at) for at in clip] for clip in looked]
    assert len(found) == 13


def test_times_are_the_players(tmp_path):
    """Pictures that begin a second after the sound begin at 1 s."""
    path = write_film(tmp_path / "late.mp4", numbered(30), stamps=[1000 + 40 * n for n in range(30)], audio_seconds=2)
    assert read(path)[0][0] == 1


@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_pictures_are_turned_as_the_file_says(tmp_path, turn):
    """The left quarter is dark; turned by 90 degrees counterclockwise it is below."""
    picture = np.full((32, 48, 3), 200, np.uint8)
    picture[:, :12] = 0
    path = write_film(tmp_path / "turned.mp4", [picture] * 5, turn=turn)
    with Video(path) as video:
        found, aspect = upright(next(video.shown()).frame, 2.0)
    assert found.shape[:2] == ((48, 32) if turn % 180 else (32, 48))
    assert aspect == (0.5 if turn % 180 else 2.0)
    dark = {0: np.s_[:, :12], 90: np.s_[36:], 180: np.s_[:, 36:], -90: np.s_[:12]}[turn]
    assert found[dark].mean() < 10 and found.mean() > 140


def test_pixels_that_are_not_square(tmp_path):
    with Video(write_film(tmp_path / "wide.mp4", numbered(3), aspect=Fraction(4, 3))) as video:
        assert video.pixel_aspect == pytest.approx(4 / 3)


def refusal(path):
    with pytest.raises(VideoError) as caught:
        read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def damaged(path):
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = np.random.default_rng(1).bytes(2000)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("x.mp4", "libx264"), ("x.mkv", "ffv1"), ("x.avi", "mpeg4"), ("x.webm", "libvpx-vp9")]
)
def test_a_damaged_middle_is_an_error(tmp_path, name, codec):
    path = write_film(tmp_path / name, noise(75), codec=codec)
    assert len(read(path)) == 75
    message = refusal(damaged(path))
    assert "is damaged" in message or "cannot be decoded" in message or "cut off" in message


@pytest.mark.parametrize("sound", [0, 3])
def test_a_file_that_was_cut_off_is_an_error(tmp_path, sound):
    path = write_film(tmp_path / "cut.mkv", noise(75), audio_seconds=sound)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "and the file says 3.00 s; it seems to be cut off" in refusal(path)


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").write_bytes(b"")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        write_sound(container, container.add_stream("aac", rate=16000, layout="mono"), 2)
    assert "cannot be opened as a video" in refusal(tmp_path / "text.mp4")
    assert "cannot be opened as a video" in refusal(tmp_path / "empty.mp4")
    assert "has no pictures; there is audio in it" in refusal(tmp_path / "sound.mp4")


def test_a_file_cannot_make_others_be_fetched(tmp_path):
    """A playlist under a video's name names an address."""
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/film.ts\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.m3u8").write_text(playlist)
    refusal(tmp_path / "list.m3u8")
