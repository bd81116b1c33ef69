"""Features that look like ``[dimension, snippets]``, told by the shapes of all videos."""

from collections import Counter
from collections.abc import Mapping

from react_tad.data.features import FeatureError
from react_tad.data.formats.streams import listed

ENOUGH = 3
"""Videos from which on equal lengths are no accident."""


def check_orientation(shapes: Mapping[str, tuple[int, int]], where: str) -> list[str]:
    """Refuse features whose first axis is the one that is the same in all videos, or in most.

    Args:
        shapes: of the features, by video.
        where: where they are, for messages.

    Returns:
        A line for the screen where the shapes do not say which axis is which, as all videos have the same.

    Raises:
        FeatureError: they, or those of some videos, look like ``[dimension, snippets]``.

    """
    if len(shapes) < ENOUGH:
        return []
    (first, times_first), (second, times_second) = (
        Counter(shape[axis] for shape in shapes.values()).most_common(1)[0] for axis in (0, 1)
    )
    if times_second == len(shapes):
        # Rescaled features have fewer snippets than features in all that is published.
        if times_first == len(shapes) and first > second > 1:
            return [
                f"all {len(shapes)} videos have the shape [{first}, {second}]: read as {first} snippets of {second} "
                "features; is it not the other way round?"
            ]
        return []
    if times_first >= ENOUGH and times_first > times_second:
        same = [video for video, shape in shapes.items() if shape[0] == first]
        other = sorted({shapes[video][1] for video in same})
        raise FeatureError(
            f"{where}: the first axis is {first} in {times_first} of {len(shapes)} videos, and "
            f"the second between {other[0]} and {other[-1]}: they look like [dimension, snippets]; transpose them "
            "(array.T)"
        )
    turned = [video for video, shape in shapes.items() if shape[1] != second and shape[0] == second]
    if turned:
        raise FeatureError(
            f"{where}: the second axis is {second} in {times_second} of {len(shapes)} videos, and the first in "
            f"{listed(turned)}, which look like [dimension, snippets]; transpose those (array.T)"
        )
    return []
