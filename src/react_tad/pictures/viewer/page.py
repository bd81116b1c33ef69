"""The page of ``react-tad view``: template, style, script, Plotly and the data in one file.

What it shows are data of others, so nothing in it becomes HTML or script. The data are one block of JSON without a
``<``; ``viewer.js`` puts names into the page as text and gives Plotly numbers and colours only, since Plotly reads some
HTML in its texts. Beyond that the page's content security policy lets run the two scripts whose sha256 it names and
nothing else, and load nothing but video files. The same input makes the same bytes.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from plotly.offline import get_plotlyjs

from react_tad.data.annotations import Annotations
from react_tad.detection.detections import Detections
from react_tad.files import write_text
from react_tad.pictures.canvas import COLOURS
from react_tad.pictures.viewer.videos import relative_url

SEEN = tuple(colour for colour in COLOURS if colour != "#F0E442")
"""Colours of classes, in turn. Without the yellow: faint on white it is not seen."""


@dataclass(frozen=True)
class Shown:
    """What a page shows, for a line on the screen."""

    recordings: int
    detections: int
    annotations: int
    videos: int


def write_page(
    path: Path,
    detections: Detections,
    annotations: Annotations | None = None,
    *,
    videos: Mapping[str, Path] | None = None,
    min_score: float | None = None,
    top: int | None = None,
    title: str = "Detections",
) -> Shown:
    """Write the page whole; recordings are those of ``detections``, in its order.

    Args:
        path: the ``.html`` to write.
        detections: what to show.
        annotations: shown beside the detections of the same recording; other recordings are left out.
        videos: the video file of a recording, see :mod:`react_tad.pictures.viewer.videos`.
        min_score: detections below it are left out of the file.
        top: only this many of the best detections of a recording are kept.
        title: of the page.

    Raises:
        ValueError: there is no recording, or none of the annotations' recordings is among them.

    """
    data = page_data(detections, annotations, min_score=min_score, top=top)
    addresses = {name: relative_url(file, path) for name, file in (videos or {}).items()}
    urls = [addresses.get(name) for name in detections.videos]
    write_text(path, page_text(data | {"title": title, "videos": urls}))
    return Shown(
        recordings=len(data["recordings"]),
        detections=len(data["detections"]["score"]),
        annotations=len(data["annotations"]["start"]) if annotations else 0,
        videos=len(addresses),
    )


def page_data(
    detections: Detections,
    annotations: Annotations | None = None,
    *,
    min_score: float | None = None,
    top: int | None = None,
) -> dict[str, Any]:
    """The data of a page as columns, in full precision: what :func:`write_page` writes, without title and videos.

    ``detections`` and ``annotations`` have the columns ``start``, ``end``, ``label`` (position in ``classes``) and, of
    detections, ``score``; rows stand by recording, ``first[i]`` to ``first[i + 1]`` being those of recording i, the
    best detections first. ``durations`` has nothing where there are no annotations.
    """
    recordings = detections.videos
    if not recordings:
        raise ValueError(f"{detections.source} has no recording: there is nothing to show")
    known = annotations.videos if annotations else {}
    if annotations and not any(name in known for name in recordings):
        raise ValueError(
            f"{annotations.where} annotates none of the {len(recordings)} recordings of {detections.source}: "
            f"'{recordings[0]}' is not there; the two files should be of the same recordings"
        )
    entries = [known.get(name) for name in recordings]
    instances = [(*entry.instances, *entry.ambiguous) if entry else () for entry in entries]
    flat = [instance for own in instances for instance in own]
    classes = sorted({*detections.classes, *(instance.label for instance in flat)})
    position = {name: number for number, name in enumerate(classes)}
    number = np.array([position[name] for name in detections.classes], dtype=int)

    order = np.lexsort((-detections.score, detections.video))
    first = np.searchsorted(detections.video[order], np.arange(len(recordings) + 1))
    rank = np.arange(len(order)) - first[detections.video[order]]
    kept = rank < (len(order) if top is None else top)
    kept &= detections.score[order] >= (-np.inf if min_score is None else min_score)
    order = order[kept]
    return {
        "recordings": list(recordings),
        "durations": [entry.duration if entry else None for entry in entries] if annotations else [],
        "classes": classes,
        "colours": list(SEEN),
        "detections": {
            "first": np.searchsorted(detections.video[order], np.arange(len(recordings) + 1)).tolist(),
            "start": detections.start[order].tolist(),
            "end": detections.end[order].tolist(),
            "label": number[detections.label[order]].tolist(),
            "score": detections.score[order].tolist(),
        },
        "annotations": {
            "first": np.cumsum([0, *map(len, instances)]).tolist(),
            "start": [instance.start for instance in flat],
            "end": [instance.end for instance in flat],
            "label": [position[instance.label] for instance in flat],
        },
    }


def page_text(data: Mapping[str, Any]) -> str:
    """The page of data (:func:`page_data`, with ``title`` and ``videos``) as HTML."""
    package = files(__package__)
    template, style, script = (
        package.joinpath(name).read_text(encoding="utf-8") for name in ("template.html", "viewer.css", "viewer.js")
    )
    plotly = get_plotlyjs()
    return Template(template).substitute(
        title=html.escape(data["title"]),
        policy=f"script-src {_source(plotly)} {_source(script)}",
        style=style,
        plotly=plotly,
        data=json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
        script=script,
    )


def _source(script: str) -> str:
    """How a content security policy names a script: by its sha256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
