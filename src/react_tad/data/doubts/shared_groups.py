"""Groups (people, venues) that are on two sides of a split: what is measured then is not how well others are known."""

from collections.abc import Iterator, Mapping

from react_tad.data.annotations import SUBSETS, Video
from react_tad.data.formats.streams import listed
from react_tad.data.readable_names import readable


def shared(videos: Mapping[str, Video]) -> Iterator[str]:
    """A sentence, if recordings of one group are of several subsets; new ones, which nothing measures, do not count."""
    subsets: dict[str, set[str]] = {}
    for video in videos.values():
        if video.group is not None and video.subset in SUBSETS:
            subsets.setdefault(video.group, set()).add(video.subset)
    both = {group: found for group, found in subsets.items() if len(found) > 1}
    if both:
        first = min(both)
        names = " and ".join(subset for subset in SUBSETS if subset in both[first])
        yield (
            f"{listed(both, 'group')} with recordings in several subsets: those of '{readable(first)}' are in {names}. "
            "Recordings of one group are alike, so that the network seems better than it is; give them one subset"
        )
