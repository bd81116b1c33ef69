"""The annotations of several folds in one file: what is tested in one fold or another, each recording once."""

from collections.abc import Sequence
from pathlib import Path

from react_tad.data.annotations import AnnotationError, Video, read_annotations, write_annotations
from react_tad.files import read_json


def pool_annotations(paths: Sequence[Path], out: Path) -> int:
    """Write all recordings of some annotation files, file after file, and give their number.

    Raises:
        AnnotationError: a recording is in two of them, or their classes differ; names the files.

    """
    parts = [read_annotations(path) for path in paths]
    videos: dict[str, Video] = {}
    source: dict[str, Path] = {}
    for path, part in zip(paths, parts, strict=True):
        if part.classes != parts[0].classes:
            raise AnnotationError(
                f"{path}: classes {', '.join(part.classes)}, and {', '.join(parts[0].classes)} in {paths[0]}; they "
                "should be the same"
            )
        for video, entry in part.videos.items():
            if video in videos:
                raise AnnotationError(f"{path}: video '{video}' is in {source[video]} too; it should be in one of them")
            videos[video], source[video] = entry, path
    write_annotations(out, videos, parts[0].classes, version=str(read_json(paths[0]).get("version", "")))
    return len(videos)
