"""Many videos to a folder of features: ``VIDEO.npy`` and, beside it, ``VIDEO.json``.

The JSON says when the snippets were (``seconds_per_snippet``, ``first_center_seconds``, ``duration``), how they were
extracted (:class:`~react_tad.extraction.description.Extraction`) and of which file. What is there and was made of the
same file (sha256) in the same way is kept; anything else is made anew. Files appear whole, the JSON last.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from react_tad.data.finite import FeatureError
from react_tad.data.video_files import VideoError
from react_tad.extraction import video_library
from react_tad.extraction.backbone import Backbone
from react_tad.extraction.description import Extraction
from react_tad.extraction.extract import Times, extract_video, stored
from react_tad.files import read_json, sha256, whole, write_json
from react_tad.params.section import validated


class ExtractionError(ValueError):
    """Videos that gave no features; a line each."""


def extract_folder(
    videos: Mapping[str, Path],
    backbone: Backbone,
    how: Extraction,
    folder: str | Path,
    *,
    say: Callable[[str], None] = print,
    **options: Any,
) -> dict[str, Times]:
    """Extract the features of videos, one after the other; what fails is left out until the end.

    Args:
        videos: by name.
        backbone: the network.
        how: the description of what is made; its backbone is the one given.
        folder: where to write.
        say: takes a line about a video that was kept or failed.
        options: of :func:`~react_tad.extraction.extract.extract_video`.

    Returns:
        When the snippets of each video were.

    Raises:
        ExtractionError: some videos gave no features. Those of the others are written.

    """
    times, faults = extract_each(videos, backbone, how, folder, say=say, **options)
    if faults:
        raise ExtractionError(f"{len(faults)} of {len(videos)} videos gave no features:\n" + "\n".join(faults))
    return times


def extract_each(
    videos: Mapping[str, Path],
    backbone: Backbone,
    how: Extraction,
    folder: str | Path,
    *,
    say: Callable[[str], None] = lambda line: None,
    **options: Any,
) -> tuple[dict[str, Times], list[str]]:
    """The same; gives the times of the videos that gave features, and a line on each of the others."""
    folder, times, faults = Path(folder), {}, []
    for name, path in videos.items():
        try:
            source = {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}
            kept = read_kept(folder, name, how, source["sha256"])
            if kept:
                say(f"{name}: kept")
            times[name] = kept or _extract(name, path, source, backbone, how, folder, options)
        except (VideoError, FeatureError, OSError) as error:
            say(f"{name}: FAILED: {error}")
            faults.append(str(error))
    return times, faults


def _extract(
    name: str,
    path: Path,
    source: dict[str, Any],
    backbone: Backbone,
    how: Extraction,
    folder: Path,
    options: Mapping[str, Any],
) -> Times:
    features, times = extract_video(path, backbone, how.clips, **options)
    target = folder / f"{name}.npy"
    with whole(target) as temporary:
        np.save(temporary, stored(features, how.dtype, path))
    sidecar = {
        "video": name,
        **asdict(times),
        "dimension": features.shape[1],
        "sha256": sha256(target),
        "source": source,
        "extraction": how.model_dump(mode="json"),
        "made_with": {library: video_library(library).__version__ for library in ("torch", "transformers", "av")},
    }
    write_json(folder / f"{name}.json", sidecar)
    return times


def read_kept(folder: Path, name: str, how: Extraction, source: str) -> Times | None:
    """Times of features that are there already and would be made the same; None if there are none such.

    Args:
        folder: of the features.
        name: of the video.
        how: they have to be extracted.
        source: sha256 of the video.

    """
    array, sidecar = folder / f"{name}.npy", folder / f"{name}.json"
    if not (array.is_file() and sidecar.is_file()):
        return None
    try:
        found = read_json(sidecar)
        made = validated(Extraction, found["extraction"], f"{sidecar}: extraction")
        times = Times(**{key: found[key] for key in Times.__dataclass_fields__})
        same = found["source"]["sha256"] == source and found["sha256"] == sha256(array)
    except (ValueError, KeyError, TypeError):  # nothing is lost: it is made anew
        return None
    return times if same and not made.differences(how) else None


def summary(times: Mapping[str, Times], how: Extraction, folder: str | Path) -> str:
    """What was made, and the options that tell the data set ``custom`` where it is and when the snippets were."""
    count = sum(item.snippets for item in times.values())
    return (
        f"{len(times)} videos in {folder}: {count} snippets of {how.backbone.dimension} numbers, {how.dtype}\n"
        f"options: {{features: {folder}, time: sidecar}}"
    )
