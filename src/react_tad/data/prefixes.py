"""What to say where the names of features are nearly those of the videos."""

from collections import Counter
from collections.abc import Collection

from react_tad.data.readable_names import readable


def advice(videos: Collection[str], found: Collection[str], prefix: str = "") -> str:
    """A sentence that says how many names would match, and how; empty if none would.

    Args:
        videos: names that have no features.
        found: names of features that have no video, without ``prefix``.
        prefix: the option as it is.

    """
    of_videos, of_features = set(videos), set(found)
    folded = {name.casefold() for name in found}
    ways = {
        "before": Counter(name[: -len(video)] for name in found for video in _ends(name, of_videos)),
        "lacking": Counter(video[: -len(name)] for video in videos for name in _ends(video, of_features)),
        "after": Counter(name[len(video) :] for name in found for video in _beginnings(name, of_videos)),
        "letters": Counter("" for video in videos if video.casefold() in folded),
    }
    counts = {way: found.most_common(1)[0] for way, found in ways.items() if found}
    if not counts:
        return ""
    way, (text, count) = max(counts.items(), key=lambda item: item[1][1])
    many = f"{count} of these {len(of_videos)} videos"
    if way == "before":
        return f"With the option prefix: '{readable(prefix + text)}', {many} would have some"
    if way == "lacking" and prefix.endswith(text):
        return f"With the option prefix: '{readable(prefix.removesuffix(text))}', {many} would have some"
    if way == "lacking":
        return f"Without '{readable(text)}' before their names, {many} would have some"
    if way == "after":
        return f"The names of features go on with '{readable(text)}' in {many}; rename them without it"
    return f"But for large and small letters, {many} would have some"


def _ends(name: str, among: set[str]) -> list[str]:
    """The longest proper end of a name that is among others."""
    return [name[start:] for start in range(1, len(name)) if name[start:] in among][:1]


def _beginnings(name: str, among: set[str]) -> list[str]:
    """The longest proper beginning of a name that is among others."""
    return [name[:end] for end in range(len(name) - 1, 0, -1) if name[:end] in among][:1]
