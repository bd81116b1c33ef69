"""Features on disk: one memory-mapped array a split, and a manifest that says what is where.

``SPLIT.npy`` holds the snippets of all videos one after the other, float32 or float16 ``[sum of lengths, dimension]``;
``SPLIT.json`` beside it is the manifest ``{"dataset", "split", "dimension", "dtype", "source", "sha256", "videos":
[{"video", "offset", "length", "seconds_per_snippet", "first_center_seconds"}]}``. What is read is float32 in any case.
Where videos of the split have no features and stay in the ground truth, their names are listed under
``"without_features"``.

Time: snippet ``i`` of a video is centred at ``first_center_seconds + i * seconds_per_snippet``. Positions are measured
in snippets, with snippet ``i`` covering ``[i, i + 1]``, so that its centre is at ``i + 0.5``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

import numpy as np
from pydantic import Field
from tqdm import tqdm
from typing_extensions import TypedDict

from react_tad.data.datasets import Recording
from react_tad.data.finite import FeatureError, check_finite
from react_tad.files import read_json, sha256, whole, write_json
from react_tad.params.section import Count, Positive, checked

PositiveSeconds = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class VideoFeatures:
    """Where one video's snippets are in the array, and when they were."""

    video: str
    offset: int
    length: int
    seconds_per_snippet: float
    first_center_seconds: float

    def snippets(self, seconds: Any) -> Any:
        """Times in seconds (number or array) to positions in snippets."""
        return (seconds - self.first_center_seconds) / self.seconds_per_snippet + 0.5

    def seconds(self, snippets: Any) -> Any:
        """Positions in snippets (number or array) to times in seconds; the inverse of :meth:`snippets`."""
        return self.first_center_seconds + (snippets - 0.5) * self.seconds_per_snippet


class _Video(TypedDict):
    """A video in a manifest."""

    video: str
    offset: Count
    length: Positive
    seconds_per_snippet: PositiveSeconds
    first_center_seconds: float


class _Manifest(TypedDict):
    """What is read of a manifest; it may hold more."""

    split: str
    dataset: str
    dimension: Positive
    dtype: NotRequired[Literal["float32", "float16"]]
    source: dict[str, Any]
    sha256: str
    videos: list[_Video]
    without_features: NotRequired[list[str]]


def write_features(
    directory: str | Path,
    *,
    dataset: str,
    split: str,
    recordings: Sequence[Recording],
    source: dict[str, Any],
    without_features: Sequence[str] = (),
    dtype: str = "float32",
) -> Path:
    """Write ``SPLIT.npy`` and ``SPLIT.json``, each whole, and give the path of the manifest.

    One recording is in memory at a time: the file is written, not mapped, so that none of it stays in memory.

    Raises:
        FeatureError: an array that is not ``[snippets >= 1, dimension]``, recordings that differ in dimension, a number
            that is not finite or does not fit ``dtype``, a video twice, or no recordings at all.

    """
    manifest_path = Path(directory) / f"{split}.json"
    array_path = manifest_path.with_suffix(".npy")
    videos = _layout(recordings, array_path)
    shape = (sum(video.length for video in videos), recordings[0].features.shape[1])
    with whole(array_path) as temporary:
        bar = tqdm(zip(videos, recordings, strict=True), f"features of {split}", len(videos), unit="video", delay=2)
        with open(temporary, "wb") as handle:
            header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(handle, header)
            for video, recording in bar:
                features = np.asarray(recording.features, np.float32)
                check_finite(features, video.video, array_path)
                handle.write(_converted(features, dtype, video, array_path).tobytes())
        digest = sha256(temporary)
    manifest = {
        "dataset": dataset,
        "split": split,
        "dimension": shape[1],
        "dtype": dtype,
        "source": source,
        "sha256": digest,
        **({"without_features": list(without_features)} if without_features else {}),
        "videos": [asdict(video) for video in videos],
    }
    write_json(manifest_path, manifest)
    return manifest_path


def _layout(recordings: Sequence[Recording], where: Path) -> list[VideoFeatures]:
    """Place the recordings one after the other."""
    if not recordings:
        raise FeatureError(f"{where}: no recordings in this split; it needs at least one")
    dimension = np.shape(recordings[0].features)[-1]
    videos: dict[str, VideoFeatures] = {}
    offset = 0
    for recording in recordings:
        shape = np.shape(recording.features)
        if len(shape) != 2 or not shape[0] or shape[1] != dimension:
            raise FeatureError(
                f"{where}: features of video '{recording.video}' have shape {list(shape)}; "
                f"expected [snippets, {dimension}] with at least one snippet, as in the videos before"
            )
        if recording.video in videos:
            raise FeatureError(f"{where}: video '{recording.video}' is given twice; names have to be unique")
        videos[recording.video] = VideoFeatures(
            recording.video, offset, shape[0], recording.seconds_per_snippet, recording.first_center_seconds
        )
        offset += shape[0]
    return list(videos.values())


def _converted(features: np.ndarray, dtype: str, video: VideoFeatures, where: Path) -> np.ndarray:
    """Features as they are written; a number that is too large for ``dtype`` is an error."""
    if dtype == "float32":
        return features
    largest = np.abs(features).max()
    if largest > np.finfo(dtype).max:
        raise FeatureError(f"{where}: video '{video.video}': a feature of size {largest:g} does not fit {dtype}")
    return features.astype(dtype)


class FeatureStore:
    """The features of one split, read from disk only where they are asked for.

    ``store[video]`` is a float32 ``[length, dimension]``, not to be written to; iteration gives the names of videos.
    """

    def __init__(self, manifest_path: str | Path):
        """Open a split by its manifest.

        Raises:
            FeatureError: the array is not there, or its shape or type is not what the manifest says. Its content is
                checked by :meth:`verified` and :meth:`verify`, which have to read it all.

        """
        self.path = Path(manifest_path)
        self.array_path = self.path.with_suffix(".npy")
        try:
            manifest = checked(_Manifest, read_json(self.path), f"{self.path} is not a feature manifest")
            self.dtype = np.dtype(manifest.get("dtype", "float32"))
        except (ValueError, TypeError) as error:
            raise FeatureError(str(error)) from error
        self.split: str = manifest["split"]
        self.dataset: str = manifest["dataset"]
        self.dimension: int = manifest["dimension"]
        self.source: dict[str, Any] = manifest["source"]
        self.sha256: str = manifest["sha256"]
        self.videos = {entry["video"]: VideoFeatures(**entry) for entry in manifest["videos"]}
        self.without_features = frozenset(manifest.get("without_features", ()))
        if len(self.videos) < len(manifest["videos"]):
            raise FeatureError(f"{self.path}: a video is listed twice; names have to be unique")
        offset = 0
        for video in self.videos.values():
            if video.offset != offset:
                raise FeatureError(f"{self.path}: video '{video.video}': offset = {video.offset} should be {offset}")
            offset += video.length
        self._array = self._open()

    @classmethod
    def verified(cls, manifest_path: str | Path) -> "FeatureStore":
        """Open a split, and read its array once: it is the one that the manifest describes, or an error."""
        store = cls(manifest_path)
        store.verify_checksum()
        return store

    def _open(self) -> np.ndarray:
        try:
            array = np.load(self.array_path, mmap_mode="r")
        except (ValueError, EOFError) as error:
            raise FeatureError(
                f"{self.array_path} is not a whole .npy file ({error}); make the features anew"
            ) from error
        expected = (sum(video.length for video in self.videos.values()), self.dimension)
        if array.shape != expected or array.dtype != self.dtype:
            raise FeatureError(
                f"{self.array_path}: {array.dtype} {list(array.shape)}; its manifest says {self.dtype} {list(expected)}"
            )
        return array

    def __len__(self) -> int:
        """Give the number of videos."""
        return len(self.videos)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the videos."""
        return iter(self.videos)

    def __contains__(self, video: object) -> bool:
        """Tell whether ``video`` has features here."""
        return video in self.videos

    def __getitem__(self, video: str) -> np.ndarray:
        """Give all snippets of ``video``, float32 ``[length, dimension]``."""
        return self.slice(video, 0, self.info(video).length)

    def info(self, video: str) -> VideoFeatures:
        """Place and time of a video's snippets."""
        if video not in self.videos:
            raise FeatureError(f"{self.path}: no features of video '{video}'")
        return self.videos[video]

    def slice(self, video: str, first: int, length: int) -> np.ndarray:
        """Give snippets ``first`` to ``first + length - 1`` of ``video``, float32 ``[length, dimension]``."""
        info = self.info(video)
        if first < 0 or length < 0 or first + length > info.length:
            raise FeatureError(
                f"{self.path}: video '{video}': snippets {first} to {first + length} asked for, there are {info.length}"
            )
        return np.asanyarray(self._array[info.offset + first : info.offset + first + length], np.float32)

    def snippets(self, video: str, seconds: Any) -> Any:
        """Times of ``video`` in seconds (number or array) to positions in snippets."""
        return self.info(video).snippets(seconds)

    def seconds(self, video: str, snippets: Any) -> Any:
        """Positions in snippets of ``video`` (number or array) to times in seconds."""
        return self.info(video).seconds(snippets)

    def verify(self) -> None:
        """Read everything: each number has to be finite, and the file to be the one that the manifest describes."""
        with open(self.array_path, "rb") as handle:  # read, not mapped: one video in memory at a time
            handle.seek(self._array.offset)
            for video in tqdm(self.videos.values(), f"checking {self.array_path.name}", unit="video", delay=2):
                numbers = np.fromfile(handle, self.dtype, video.length * self.dimension)
                check_finite(numbers.reshape(video.length, self.dimension), video.video, self.array_path)
        self.verify_checksum()

    def verify_checksum(self) -> None:
        """The array is the file that its manifest describes; one that was changed or cut short is an error."""
        found = sha256(self.array_path)
        if found != self.sha256:
            raise FeatureError(
                f"{self.array_path}: sha256 {found}, where its manifest says {self.sha256}: it was changed since it "
                "was written; remove it to have it made anew"
            )
