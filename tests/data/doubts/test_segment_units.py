"""Annotations in seconds, turned into other units: each is named, and seconds are silent."""

from dataclasses import replace

import numpy as np
import pytest

from react_tad.data.annotations import Instance, Video
from react_tad.data.doubts.segment_units import doubtful_segments

SECONDS = 0.5


def made(count=20, *, seed=0, whole=False, longest=60.0):
    """Videos of 20 to 60 s with three instances each, the last of which ends near the end."""
    random = np.random.default_rng(seed)
    videos = {}
    for number in range(count):
        duration = float(random.integers(20, int(longest)))
        edges = np.sort(random.uniform(0, duration, 6))
        edges[5] = duration * random.uniform(0.85, 1)
        if whole:
            edges = np.floor(edges)
        instances = tuple(Instance("nod", *map(float, edges[2 * n : 2 * n + 2])) for n in range(3))
        videos[f"v{number}"] = Video("training", duration, instances)
    return videos


def converted(videos, factor, *, fps=None, whole=True):
    """Segments multiplied by a factor, and whole if asked for."""

    def change(time):
        return float(np.floor(time * factor)) if whole else time * factor

    return {
        name: replace(
            video,
            fps=fps,
            instances=tuple(Instance(label, change(start), change(end)) for label, start, end in video.instances),
        )
        for name, video in videos.items()
    }


def doubts(videos, seconds=SECONDS, of=None):
    """Sentences; snippets divide the durations."""
    of = videos if of is None else of
    snippets = {name: int(video.duration / seconds) for name, video in of.items()}
    return list(doubtful_segments(videos, snippets, dict.fromkeys(of, seconds)))


@pytest.mark.parametrize("count", [1, 2, 5, 20])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seconds", [0.1, 0.5, 4.0])
def test_seconds_are_silent(count, whole, seconds):
    assert doubts(made(count, whole=whole), seconds) == []


def test_nothing_annotated_is_silent():
    assert doubts({"a": Video("training", 9.0, ())}) == []


def test_a_few_segments_past_the_end_are_silent():
    videos = made(40)
    for name in ("v1", "v2"):
        videos[name] = replace(videos[name], instances=(Instance("nod", 1.0, videos[name].duration * 4),))
    assert doubts(videos) == []


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_frames(fps):
    (found,) = doubts(converted(made(), fps))
    assert found.startswith("in 20 of 20 videos segments end after the video: the last at ")
    assert "and all are whole numbers: are they frames (of at least " in found and "should be seconds" in found
    assert fps * 0.85 <= float(found.split("of at least ")[1].split()[0]) <= fps


def test_frames_at_a_known_rate():
    (found,) = doubts(converted(made(), 10, fps=10.0, whole=False))
    assert "are they frames (all are below duration times fps, which is 10)" in found


@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.5])
def test_snippets(seconds):
    (found,) = doubts(converted(made(), 1 / seconds), seconds)
    assert "are they snippets (none is more than its video has)" in found and "frames" not in found


def test_frames_that_are_snippets_are_both():
    (found,) = doubts(converted(made(), 25), 0.04)
    assert "are they frames (of at least 25 a second) or snippets" in found


def test_snippets_of_seconds_each_end_long_before_the_end():
    (found,) = doubts(converted(made(), 1 / 2), 2.0)
    assert "whole numbers in the first 50% of their video" in found and "are they snippets?" in found
    assert "multiplied by the seconds a snippet (2)" in found


def test_milliseconds():
    (found,) = doubts(converted(made(), 1000))
    assert "are they milliseconds?" in found


def test_what_fits_nothing_says_the_numbers():
    (found,) = doubts(converted(made(), 6, whole=False))
    assert "is one of the two in another unit?" in found


def test_shares_of_the_duration():
    videos = {
        name: replace(
            video,
            instances=tuple(Instance("nod", s / video.duration, e / video.duration) for _, s, e in video.instances),
        )
        for name, video in made().items()
    }
    (found,) = doubts(videos)
    assert "are they shares of the duration?" in found


@pytest.mark.parametrize(
    ("factor", "cause"), [(25, "durations numbers of frames"), (60, "segments minutes"), (1000, "milliseconds")]
)
def test_durations_that_are_too_large(factor, cause):
    videos = {name: replace(video, duration=video.duration * factor) for name, video in made().items()}
    (found,) = doubts(videos)
    assert found.startswith("all segments of 20 videos end in the first ") and cause in found
    assert 0.85 <= float(found.split("the first ")[1].split("%")[0]) / 100 * factor <= 1.05


def test_labels_of_whole_videos():
    videos = {name: Video("training", v.duration, (Instance("nod", 0.0, v.duration),)) for name, v in made().items()}
    (found,) = doubts(videos)
    assert found.startswith("20 of 20 instances are as long as their video")
    videos |= made(5, seed=1)
    assert doubts(videos) == [], "15 of 65 are not"


def test_features_need_not_be_there():
    (found,) = doubts(converted(made(), 25), of={})
    assert "frames" in found and "snippets" not in found


def test_one_wrong_duration_in_a_small_split_is_said():
    videos = made(8)
    videos["v0"] = replace(videos["v0"], duration=1.5)
    (found,) = doubts(videos)
    assert found.startswith("in 1 of 8 videos")
