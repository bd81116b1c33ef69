"""Frames and frame rate of each THUMOS14 video: CSV with columns ``video``, ``fps`` and ``count``, as AFSD has it."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

from react_tad.data.problems import Problem
from react_tad.files import read_text


class VideoInfo(NamedTuple):
    """The length of one video."""

    fps: float
    frames: int

    @property
    def duration(self) -> float:
        """In seconds."""
        return self.frames / self.fps


def read_video_info(path: str | Path) -> tuple[dict[str, VideoInfo], list[Problem]]:
    """Read one file; columns that are not needed are ignored.

    Returns:
        The videos in the order of the file, and rows that could not be read.

    """
    videos, problems = {}, []
    with io.StringIO(read_text(path), newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            try:
                info = VideoInfo(float(row["fps"]), int(float(row["count"])))
                name = row["video"]
                if not (name and 0 < info.fps < float("inf") and info.frames > 0):
                    raise ValueError
            except (KeyError, TypeError, ValueError, OverflowError):
                expected = "video, fps and count, both above 0"
                problems.append(Problem(f"{path}, line {number}", str(row.get("video")), f"{dict(row)}", expected))
                continue
            videos[name] = info
    return videos, problems
