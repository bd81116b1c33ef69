"""The detections of several folds in one file: of each recording those of the one fold that tested it."""

from collections.abc import Sequence

import numpy as np

from react_tad.detection.detections import Detections


def pool(parts: Sequence[Detections]) -> Detections:
    """All detections, part after part, each with the order that it has.

    Raises:
        ValueError: a recording is in two parts; names it and both files.

    """
    source: dict[str, str] = {}
    for part in parts:
        for video in part.videos:
            if video in source:
                raise ValueError(
                    f"{part.source}: video '{video}' is in {source[video]} too; every recording should be detected in "
                    "by one fold only"
                )
            source[video] = part.source
    classes = sorted({name for part in parts for name in part.classes})
    position = {name: place for place, name in enumerate(classes)}
    first = np.cumsum([0, *(len(part.videos) for part in parts)])
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("start", "end", "score")}
    labels = [np.array([position[name] for name in part.classes], dtype=np.int32)[part.label] for part in parts]
    return Detections(
        videos=tuple(source),
        classes=tuple(classes),
        video=np.concatenate([part.video + offset for part, offset in zip(parts, first[:-1], strict=True)]),
        label=np.concatenate(labels),
        **joined,
        source=", ".join(part.source for part in parts),
    )
