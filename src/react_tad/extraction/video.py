"""Videos: decoding one frame after the other with the time at which each is shown.

Times are presentation time stamps, in seconds from the start of the file as players count them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from react_tad.data.video_files import VideoError
from react_tad.extraction import video_library

if TYPE_CHECKING:
    import av

ENDS_EARLY_SECONDS = 1.0
"""Pictures that end this long before the file says are a file that was cut off."""


@dataclass(frozen=True)
class Shown:
    """A decoded frame, and from when until when it is shown, in seconds."""

    since: Fraction
    until: Fraction
    frame: "av.VideoFrame"


class Video:
    """One video file. After :attr:`shown` has been gone through, :attr:`end` and :attr:`count` are known.

    Args:
        path: the file.
        threads: to decode on.

    Raises:
        VideoError: it cannot be opened, has no pictures, or no frame rate.

    """

    def __init__(self, path: str | Path, threads: int = 1):
        av = video_library("av")
        self.path = Path(path)
        self.count = 0
        self.end = Fraction(0)
        # A file can name others, as a playlist does; nothing but files is opened.
        options = {"protocol_whitelist": "file"}
        try:
            self._container = av.open(f"file:{self.path}", metadata_errors="replace", options=options)
        except av.FFmpegError as error:
            raise VideoError(f"{self.path} cannot be opened as a video: {error.strerror}") from error
        try:
            self._stream = self._pictures()
            self.rate = self._rate()
        except BaseException:
            self.close()
            raise
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = threads

    def _pictures(self) -> "av.VideoStream":
        cover = video_library("av").stream.Disposition.attached_pic
        streams = [stream for stream in self._container.streams.video if not stream.disposition & cover]
        if not streams:
            kinds = ", ".join(sorted({stream.type for stream in self._container.streams})) or "nothing"
            raise VideoError(f"{self.path} has no pictures; there is {kinds} in it")
        return streams[0]

    def _rate(self) -> Fraction:
        rate = self._stream.average_rate or self._stream.guessed_rate
        if not rate:
            raise VideoError(f"{self.path} does not say how many frames it has a second; write it anew with ffmpeg")
        return Fraction(rate)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pixel_aspect(self) -> float:
        """Width of a pixel over its height."""
        return float(self._stream.sample_aspect_ratio or 1)

    @property
    def declared_end(self) -> Fraction | None:
        """When the pictures end, as the file says; None if it does not."""
        stream = self._stream
        if stream.duration:
            return self._seconds(stream.duration + (stream.start_time or 0))
        tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))  # as Matroska has it
        if tag:
            return int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])
        if self._container.duration and len(self._container.streams) == 1:
            return Fraction(self._container.duration, 1_000_000)
        return None

    def _seconds(self, stamp: int) -> Fraction:
        return stamp * Fraction(self._stream.time_base) - Fraction(self._container.start_time or 0, 1_000_000)

    def shown(self) -> Iterator[Shown]:
        """All frames in order.

        Raises:
            VideoError: a frame cannot be decoded, has no time or one before the last frame's, or the pictures end
                more than a second before the file says.

        """
        last: tuple[Fraction, av.VideoFrame] | None = None
        for frame in self._decoded():
            since = self._seconds(frame.pts)
            if last:
                if since < last[0]:
                    raise self._broken(f"goes back in time, from {float(last[0]):.3f} s to {float(since):.3f} s")
                yield Shown(last[0], since, last[1])
            last = since, frame
            self.count += 1
            self.end = since + self._stays(frame)
        if last:
            yield Shown(last[0], self.end, last[1])
        self._check_end()

    def _decoded(self) -> Iterator["av.VideoFrame"]:
        av = video_library("av")
        try:
            for frame in self._container.decode(self._stream):
                if frame.is_corrupt:
                    raise self._broken("is damaged")
                if frame.pts is None:
                    raise self._broken("has no time")
                yield frame
        except av.FFmpegError as error:
            raise self._broken(f"cannot be decoded: {error.strerror}") from error

    def _broken(self, what: str) -> VideoError:
        return VideoError(
            f"{self.path}: frame {self.count} {what}, {float(self.end):.2f} s from the start; get the file anew, or "
            f"repair it: ffmpeg -i IN OUT writes what can be read"
        )

    def _stays(self, frame: "av.VideoFrame") -> Fraction:
        return frame.duration * Fraction(self._stream.time_base) if frame.duration else 1 / self.rate

    def _check_end(self) -> None:
        declared = self.declared_end
        if declared is not None and self.end < declared - ENDS_EARLY_SECONDS:
            raise VideoError(
                f"{self.path}: the pictures end at {float(self.end):.2f} s, and the file says {float(declared):.2f} s; "
                f"it seems to be cut off; get it anew, or repair it: ffmpeg -i IN OUT writes what can be read"
            )


def upright(frame: "av.VideoFrame", pixel_aspect: float = 1.0) -> tuple[np.ndarray, float]:
    """The picture as it is to be looked at: turned as the file's metadata say.

    Args:
        frame: as it was decoded.
        pixel_aspect: width of a pixel over its height, of the frame.

    Returns:
        uint8 ``[height, width, 3]`` in RGB, and the same of the picture.

    """
    turns = round(frame.rotation / 90) % 4
    return np.rot90(frame.to_ndarray(format="rgb24"), turns), 1 / pixel_aspect if turns % 2 else pixel_aspect
