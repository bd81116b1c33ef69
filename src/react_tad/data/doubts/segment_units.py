"""Doubts about the unit of segments, which is the second: frames, snippets, milliseconds, shares of the duration.

What decides is where the last segment of each video ends, as a multiple of the video's duration. In ActivityNet-1.3,
whose annotations are not clean, it is more than 1.05 in 0.04 % of the videos, in THUMOS14 in 1.2 %.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from react_tad.data.annotations import Video

BEYOND = 1.05
"""Multiples of the duration after which an end is no matter of rounding."""
BEYOND_SHARE = 0.1
"""Of the videos."""
FAR_BEYOND = 10.0
"""A multiple that is said of a single video in ten, too."""
EARLY = 0.1
"""All ends lie in this share of their videos: the segments are too small, or the durations too large."""
ENOUGH_VIDEOS, ENOUGH_INSTANCES = 5, 10
"""Before these, that all are alike may be an accident."""
LONG_SNIPPET = 1.5
"""Seconds a snippet from which on numbers of snippets are told from seconds by what they leave empty."""
WHOLE = 0.98
"""Share of the duration that is as good as all of it."""
ALL_WHOLE = 0.9
"""Of the instances."""


def doubtful_segments(
    videos: Mapping[str, Video], snippets: Mapping[str, int], seconds_per_snippet: Mapping[str, float]
) -> Iterator[str]:
    """Sentences on one split.

    Args:
        videos: annotated ones.
        snippets: of those that have features.
        seconds_per_snippet: of the same.

    """
    videos = {name: video for name, video in videos.items() if video.instances}
    if not videos:
        return
    last = {name: max(item.end for item in video.instances) / video.duration for name, video in videos.items()}
    beyond = [name for name, multiple in last.items() if multiple > BEYOND]
    far = max(last.values()) > FAR_BEYOND
    if len(beyond) >= BEYOND_SHARE * len(last) and (len(beyond) >= min(3, len(last)) or far):
        yield _too_large(videos, last, len(beyond), snippets)
    elif _are_shares(videos):
        yield (
            f"no segment ends after {max(item.end for video in videos.values() for item in video.instances):g}, in "
            f"videos of {_range([video.duration for video in videos.values()])} s: are they shares of the duration? "
            "They should be seconds"
        )
    elif len(videos) >= ENOUGH_VIDEOS and max(last.values()) < EARLY:
        yield _too_small(last)
    elif _are_long_snippets(videos, snippets, seconds_per_snippet):
        yield (
            f"all segments are whole numbers in the first {1 / _smallest(seconds_per_snippet, videos):.0%} of their "
            "video, and none is more than its number of snippets: are they snippets? They should be seconds, so "
            f"multiplied by the seconds a snippet ({_range([seconds_per_snippet[name] for name in videos])})"
        )
    lengths = [
        (item.end - item.start) / video.duration for video in videos.values() for item in video.instances
    ]  # those that run past the end are whole, too
    whole = sum(length >= WHOLE for length in lengths)
    if not beyond and len(lengths) >= ENOUGH_INSTANCES and whole >= ALL_WHOLE * len(lengths):
        yield (
            f"{whole} of {len(lengths)} instances are as long as their video: nothing is left to be found in time. Are "
            "they labels of trimmed clips?"
        )


def _too_large(videos: Mapping[str, Video], last: Mapping[str, float], beyond: int, snippets: Mapping[str, int]) -> str:
    multiples = np.array(list(last.values()))
    largest = float(np.quantile(multiples, 0.95, method="higher"))  # not that of one wrong duration
    said = (
        f"in {beyond} of {len(last)} videos segments end after the video: the last at {np.median(multiples):.3g} times "
        f"the duration (median of all videos; 95th percentile {largest:.3g})"
    )
    if _all_integers(videos):
        said += ", and all are whole numbers"
    causes = []
    if _most_fit(videos, {name: video.duration * video.fps for name, video in videos.items() if video.fps}):
        fps = _range([video.fps for video in videos.values() if video.fps])
        causes.append(f"frames (all are below duration times fps, which is {fps})")
    elif 15 <= largest <= 125:
        causes.append(f"frames (of at least {largest:.0f} a second)")
    if _most_fit(videos, {name: snippets[name] + 1 for name in videos if name in snippets}):
        causes.append("snippets (none is more than its video has)")
    if 250 <= largest <= 1100:
        causes.append("milliseconds")
    if not causes:
        return f"{said}. They should be seconds, as the durations: is one of the two in another unit?"
    return f"{said}: are they {' or '.join(causes)}? They should be seconds"


def _most_fit(videos: Mapping[str, Video], limits: Mapping[str, float]) -> bool:
    """Whether hardly a segment ends after the limit of its video, with limits of most videos."""
    ends = [item.end <= 1.02 * limits[name] for name in limits for item in videos[name].instances]
    return 2 * len(limits) > len(videos) and sum(ends) >= 0.95 * len(ends)


def _too_small(last: Mapping[str, float]) -> str:
    largest = max(last.values())
    said = f"all segments of {len(last)} videos end in the first {largest:.2%} of the duration"
    if largest < 1 / 250:
        return f"{said}: are the durations milliseconds? They should be seconds, as the segments"
    return f"{said}: are the durations numbers of frames, or the segments minutes? Both should be seconds"


def _are_shares(videos: Mapping[str, Video]) -> bool:
    ends = [item.end for video in videos.values() for item in video.instances]
    enough = len(videos) >= ENOUGH_VIDEOS and len(ends) >= ENOUGH_INSTANCES
    return enough and 0.5 < max(ends) <= 1 and min(video.duration for video in videos.values()) >= 2


def _are_long_snippets(
    videos: Mapping[str, Video], snippets: Mapping[str, int], seconds_per_snippet: Mapping[str, float]
) -> bool:
    if len(videos) < 2 * ENOUGH_VIDEOS or not all(name in snippets for name in videos) or not _all_integers(videos):
        return False
    fits = all(item.end <= snippets[name] for name, video in videos.items() for item in video.instances)
    return fits and _smallest(seconds_per_snippet, videos) >= LONG_SNIPPET


def _all_integers(videos: Mapping[str, Video]) -> bool:
    times = [time for video in videos.values() for item in video.instances for time in (item.start, item.end)]
    return len(times) >= 2 * ENOUGH_INSTANCES and all(float(time).is_integer() for time in times)


def _smallest(seconds_per_snippet: Mapping[str, float], videos: Mapping[str, Video]) -> float:
    return min(seconds_per_snippet[name] for name in videos)


def _range(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
