"""What is probably wrong with data that can be used: said before hours of training, each time with the numbers.

A doubt is a sentence, not an error: what seems odd may be right. Whatever is published and used here raises none.
"""

from collections.abc import Iterator, Mapping, Sequence

from react_tad.data.annotations import SUBSETS, Video
from react_tad.data.class_counts import count
from react_tad.data.datasets import Recording
from react_tad.data.doubts.durations import doubtful_durations
from react_tad.data.doubts.labels import alike, scarce
from react_tad.data.doubts.segment_units import doubtful_segments
from react_tad.data.doubts.shared_groups import shared

WARNING = "warning: "
"""What a doubt begins with on the screen."""


def doubts(
    videos: Mapping[str, Video], recordings: Sequence[Recording], classes: Sequence[str], splits: Sequence[str]
) -> Iterator[str]:
    """Sentences on some splits.

    Those on classes and groups concern all splits at once, and are told with training's.

    Args:
        videos: annotated ones of all splits.
        recordings: those of ``splits`` that have features.
        classes: that there are, if that is known.
        splits: that are asked for.

    """
    if SUBSETS[0] in splits:
        counts = count(videos.values(), classes)
        yield from alike(counts)
        yield from scarce(counts)
        yield from shared(videos)
    for split in splits:
        of_split = [item for item in recordings if item.subset == split]
        annotated = {name: video for name, video in videos.items() if video.subset == split}
        snippets = {item.video: len(item.features) for item in of_split}
        seconds = {item.video: item.seconds_per_snippet for item in of_split}
        yield from (f"{split}: {doubt}" for doubt in doubtful_segments(annotated, snippets, seconds))
        yield from (f"{split}: {doubt}" for doubt in doubtful_durations(of_split))
