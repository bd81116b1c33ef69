"""One video through a network: features of its clips, and when they were.

Memory does not grow with the video, but for the features themselves: frames are dropped as soon as no clip needs them.
While the network computes on one batch of clips, the next is decoded.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from react_tad.data.finite import FeatureError, check_finite
from react_tad.data.video_files import VideoError
from react_tad.extraction.backbone import Backbone
from react_tad.extraction.clips import Clips, Grid, cut
from react_tad.extraction.scaling import ScalingError
from react_tad.extraction.video import Video, upright

Item = TypeVar("Item")


@dataclass(frozen=True)
class Times:
    """When the clips of a video were, in seconds."""

    seconds_per_snippet: float
    first_center_seconds: float
    duration: float
    """When the last picture ends."""
    fps: float
    """Frames a second of the video, on average."""
    frames: int
    """Frames of the video."""
    snippets: int

    @property
    def centers(self) -> np.ndarray:
        """The middle of each clip, float64 ``[snippets]``."""
        return self.first_center_seconds + np.arange(self.snippets) * self.seconds_per_snippet


def extract_video(
    path: str | Path,
    backbone: Backbone,
    clips: Clips,
    *,
    batch_size: int = 8,
    threads: int = 1,
    progress: bool = True,
) -> tuple[np.ndarray, Times]:
    """Features of one video.

    Args:
        path: the video.
        backbone: the network.
        clips: which clips it sees.
        batch_size: clips at a time.
        threads: to decode on.
        progress: show a bar with the video's name.

    Returns:
        Features, float32 ``[snippets, dimension]``, and when the snippets were.

    Raises:
        VideoError: the video cannot be decoded, has no pictures, or is shorter than a clip.
        FeatureError: a feature is not finite.
        BackboneError: the network does not take such clips.

    """
    if batch_size < 1:
        raise ValueError(f"--batch-size {batch_size}: a batch has at least 1 clip")
    path = Path(path)
    backbone.check_frames(clips.frames)
    features: list[np.ndarray] = []
    grid: Grid | None = None
    with Video(path, threads) as video:
        bar = tqdm(desc=path.stem, total=_expected(video, clips), unit="clip", disable=not progress, mininterval=0.5)
        with bar, closing(_ahead(_batches(video, backbone, clips, batch_size))) as batches:
            for grid, batch in batches:  # noqa: B007
                features.append(backbone(batch))
                bar.update(len(batch))
            bar.total = bar.n
        if grid is None:
            raise _too_short(video, clips)
        found = np.concatenate(features)
        check_finite(found, path.stem, path)
        times = Times(
            seconds_per_snippet=float(grid.stride),
            first_center_seconds=float(grid.first_center),
            duration=float(video.end),
            fps=float(video.rate),
            frames=video.count,
            snippets=len(found),
        )
    return found, times


def _batches(video: Video, backbone: Backbone, clips: Clips, size: int) -> Iterator[tuple[Grid, np.ndarray]]:
    """Clips in batches, float32 ``[clips, frames, 3, height, width]``."""

    def see(frame: Any) -> np.ndarray:
        try:
            return backbone.description.scaling(*upright(frame, video.pixel_aspect))
        except ScalingError as error:
            raise VideoError(f"{video.path}: {error}") from error

    found = cut(video.shown(), clips, video.rate, see)
    while batch := list(islice(found, size)):
        yield batch[0][0], np.stack([np.stack(pictures) for _, pictures in batch])


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items; while one is worked on, the next is made in another thread."""
    end = object()
    with closing(items), ThreadPoolExecutor(1) as worker:  # the thread has ended before the items are closed
        coming = worker.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = worker.submit(next, items, end)
            yield item


def _expected(video: Video, clips: Clips) -> int | None:
    """Clips that the file seems to have, for the bar."""
    if not video.declared_end:
        return None
    grid = Grid.of(clips, video.rate * 0, video.rate)
    return max(0, int((video.declared_end - grid.length) / grid.stride) + 1)


def _too_short(video: Video, clips: Clips) -> VideoError:
    grid = Grid.of(clips, video.rate * 0, video.rate)
    return VideoError(
        f"{video.path}: {float(video.end):.2f} s of pictures ({video.count} frames); a clip takes "
        f"{float(grid.length):.2f} s ({clips.frames} frames at {float(1 / grid.step):.4g} a second)"
    )


def stored(features: np.ndarray, dtype: str, path: Path) -> np.ndarray:
    """Features as they are stored.

    Raises:
        FeatureError: a number is too large for ``dtype``.

    """
    largest = np.abs(features).max()
    if largest > np.finfo(dtype).max:
        raise FeatureError(f"{path}: a feature of size {largest:g} does not fit {dtype}; --dtype float32 holds it")
    return features.astype(dtype)
