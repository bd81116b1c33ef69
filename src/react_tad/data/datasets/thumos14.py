"""THUMOS14: 413 untrimmed sports videos with temporal annotations, 20 classes (Jiang et al. 2014, Idrees et al. 2017).

Features are published ones. ``tsn``, those of the paper: per frame, as G-TAD publishes them; every 5th frame (0, 5,
10, ...) stands for the 5 frames that it begins, RGB and flow side by side. ``i3d``: as ActionFormer publishes them, a
snippet of 16 frames every 4 frames. Time is frames over the video's own frame rate (24, 25, 29.97 or 30).

Annotations are the official ones by default. Every CliffDiving instance is also a Diving instance there, and both are
kept. ``Ambiguous`` segments stay in the annotation file for the official evaluation; nothing is trained on them.
``video_test_0001292`` has nothing else and is left out, as everywhere in the literature: 212 test videos.

Splits: the official test set; of the 200 official validation videos, which the field trains on, 40 are held out for our
validation split, and ``train.include_validation: true`` trains on all 200 as the paper does. The videos are numbered so
that ten in a row are of one class, and two last digits give two videos of each class: 1 and 5, with which the shares of
the classes' instances that are held out stay nearest to a fifth (5 % to 28 %, 17 % of all; other pairs are worse).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from react_tad.data.annotation_formats import AnnotatedVideo
from react_tad.data.annotation_formats.json_database import read_json_database
from react_tad.data.annotation_formats.official_text import read_official_text
from react_tad.data.annotation_formats.video_info import read_video_info
from react_tad.data.annotations import Video
from react_tad.data.datasets import Examined, LazyFeatures, Prepared, Recording
from react_tad.data.formats.npy_archive import open_npy_archive
from react_tad.data.formats.per_frame_hdf5 import open_per_frame
from react_tad.data.problems import DataError, Problem
from react_tad.data.published import Published
from react_tad.params.section import Positive, Section

CLASSES = (
    "BaseballPitch",
    "BasketballDunk",
    "Billiards",
    "CleanAndJerk",
    "CliffDiving",
    "CricketBowling",
    "CricketShot",
    "Diving",
    "FrisbeeCatch",
    "GolfSwing",
    "HammerThrow",
    "HighJump",
    "JavelinThrow",
    "LongJump",
    "PoleVault",
    "Shotput",
    "SoccerPenalty",
    "TennisSwing",
    "ThrowDiscus",
    "VolleyballSpiking",
)
LICENCE = "none is published with annotations and features; the videos are their uploaders' (YouTube). For research"
CITATION = (
    "Jiang, Liu, Roshan Zamir, Toderici, Laptev, Shah, Sukthankar: THUMOS Challenge: Action Recognition with a Large "
    "Number of Classes. http://crcv.ucf.edu/THUMOS14/, 2014. TSN features: Xu, Zhao, Rojas, Thabet, Ghanem: G-TAD, "
    "CVPR 2020. I3D features: Zhang, Wu, Li: ActionFormer, ECCV 2022. Frame counts: Lin et al.: AFSD, CVPR 2021"
)

_OFFICIAL = "http://crcv.ucf.edu/THUMOS14"
_GTAD = "https://raw.githubusercontent.com/frostinassiky/gtad/ba68778d976236bc9681aa45b76268ee9b677c1d"
_AFSD = (
    "https://raw.githubusercontent.com/TencentYoutuResearch/ActionDetection-AFSD/"
    "b29cd16376dca1b78193fa85f2d8ff3ed1cf0b25"
)
_TSN = "https://drive.google.com/drive/folders/10PGPMJ9JaTZ18uakPgl58nu7yuKo8M_k"

OFFICIAL_TEXT = (
    Published(
        name="TH14_Temporal_annotations_validation.zip",
        url=f"{_OFFICIAL}/Validation_set/TH14_Temporal_annotations_validation.zip",
    ),
    Published(
        name="TH14_Temporal_annotations_test.zip", url=f"{_OFFICIAL}/test_set/TH14_Temporal_annotations_test.zip"
    ),
)
VIDEO_INFO = tuple(
    Published(name=f"{part}_video_info.csv", url=f"{_AFSD}/thumos_annotations/{part}_video_info.csv")
    for part in ("val", "test")
)
GTAD_JSON = Published(name="thumos_gt.json", url=f"{_GTAD}/evaluation/thumos_gt.json")
TSN_FILES = tuple(
    Published(name=f"{stream}_{part}.h5", url=_TSN, by_hand="a folder of Google Drive")
    for part in ("val", "test")
    for stream in ("rgb", "flow")
)
ACTIONFORMER = Published(
    name="thumos.tar.gz",
    url="https://drive.google.com/file/d/1zt2eoldshf99vJMDuu8jqxda55dCyhZP/view",
    md5="375f76ffbf7447af1035e694971ec9b2",
)
ACTIONFORMER_JSON = Published(name="thumos14.json")
"""The annotations of ActionFormer's archive alone, for mirrors."""

HELD_OUT_DIGITS = frozenset("15")
LEFT_OUT = "video_test_0001292"

COUNTS = {"official validation videos": 200, "official validation instances": 3007, "test videos": 212}
EXPECTED = {
    "official": COUNTS | {"test instances": 3358, "ambiguous segments": 185},
    "actionformer": COUNTS | {"test instances": 3358, "ambiguous segments": 0},
    "gtad": COUNTS | {"test videos": 210, "test instances": 3311, "ambiguous segments": 0},
}
"""What is in the annotations; segments of the video that is left out are not counted."""

I3D_STRIDE_FRAMES = 4
I3D_SNIPPET_FRAMES = 16
LENGTH_TOLERANCE_SECONDS = 1.0
"""How much longer or shorter than its video the snippets of a video may be. The published durations and frame counts
differ from each other by up to half a second."""


class Options(Section):
    """Which published files are used, and how their features are stored."""

    features: Literal["tsn", "i3d"] = "tsn"
    annotations: Literal["official", "actionformer", "gtad"] = "official"
    step: Positive = 5
    """Frames from one snippet to the next (``tsn``)."""
    storage: Literal["float32", "float16"] = "float32"
    """Numbers on disk; ``float16`` takes half the space and rounds each to 11 binary digits."""


OPTIONS = Options


def published(options: Options) -> dict[str, Sequence[Published]]:
    """The files of the chosen annotations and features, under their published names."""
    versions: list[Sequence[Published]] = []
    if options.annotations == "official":
        versions += [[file] for file in OFFICIAL_TEXT]
    if options.annotations == "gtad":
        versions.append([GTAD_JSON])
    if options.annotations != "actionformer":
        versions += [[file] for file in VIDEO_INFO]
    if options.features == "i3d":
        versions.append([ACTIONFORMER])
    elif options.annotations == "actionformer":
        versions.append([ACTIONFORMER, ACTIONFORMER_JSON])
    if options.features == "tsn":
        versions += [[file] for file in TSN_FILES]
    return {own[0].name: own for own in versions}


def expected_counts(options: Options) -> dict[str, int]:
    """What the chosen annotations hold."""
    return EXPECTED[options.annotations]


def prepare(raw_directory: Path, options: Options) -> Prepared:
    """Put annotations, frame rates and features together.

    Raises:
        DataError: with all that is wrong: files that cannot be read, videos that miss in one of them, features whose
            length does not fit the video, other counts than were published.

    """
    examined = examine({name: Path(raw_directory) / name for name in published(options)}, options)
    if examined.problems:
        raise DataError(examined.problems)
    return Prepared(
        recordings=examined.recordings,
        source={"snippets": _grid(options).described, "left_out": [LEFT_OUT]},
        dtype=options.storage,
        time_base=examined.time_base,
    )


def examine(files: Mapping[str, Path | None], options: Options) -> Examined:
    """Look at what is there, ``None`` standing for a missing file, and say all that is wrong."""
    annotated, problems = _annotations(files, options)
    videos, of_lengths = _with_lengths(annotated, files)
    problems += of_lengths + _wrong_counts(annotated, options)
    features, of_features = _features(files, options)
    problems += of_features
    if features is None:
        return Examined(videos, [], problems)
    named = {problem.video for problem in of_features}
    unnamed = {name: video for name, video in videos.items() if name not in named}
    recordings, of_recordings = _recordings(unnamed, features, _grid(options), options.features)
    time_base = f"one every {_grid(options).stride} frames, at each video's frames a second"
    return Examined(videos, recordings, problems + of_recordings, time_base=time_base)


def _annotations(files: Mapping[str, Path | None], options: Options) -> tuple[dict[str, AnnotatedVideo], list[Problem]]:
    """All annotated videos but the one that is left out."""
    names = {
        "official": [file.name for file in OFFICIAL_TEXT],
        "actionformer": [ACTIONFORMER.name],
        "gtad": [GTAD_JSON.name],
    }[options.annotations]
    read = read_official_text if options.annotations == "official" else read_json_database
    videos: dict[str, AnnotatedVideo] = {}
    problems = []
    for name in names:
        if files[name] is not None:
            own, faults = read(files[name], CLASSES)
            videos |= own
            problems += faults
    videos.pop(LEFT_OUT, None)
    return videos, problems


def _with_lengths(
    annotated: Mapping[str, AnnotatedVideo], files: Mapping[str, Path | None]
) -> tuple[dict[str, Video], list[Problem]]:
    """The videos with duration and frame rate, from their annotations or from the tables of frame counts."""
    infos, problems = {}, []
    tables = [path for file in VIDEO_INFO if (path := files.get(file.name)) is not None]
    for path in tables:
        own, faults = read_video_info(path)
        infos |= own
        problems += faults
    videos = {}
    for name, video in annotated.items():
        info = infos.get(name)
        duration, fps = (info.duration, info.fps) if info else (video.duration, video.fps)
        if duration is None or fps is None:
            where = " and ".join(str(path) for path in tables) or "the annotations"
            problems.append(Problem(where, name, "no duration or frame rate", "both, for every annotated video"))
            continue
        videos[name] = Video(_split(name, video.subset), duration, video.instances, video.ambiguous, fps)
    return videos, problems


def _split(video: str, subset: str) -> str:
    """Our split of a video of the official ``validation`` or ``test`` set."""
    if subset == "test":
        return "test"
    return "validation" if video[-1] in HELD_OUT_DIGITS else "training"


def _wrong_counts(annotated: Mapping[str, AnnotatedVideo], options: Options) -> list[Problem]:
    if not annotated:
        return []
    by_subset = {
        subset: [video for video in annotated.values() if video.subset == subset] for subset in ("validation", "test")
    }
    found = {
        "official validation videos": len(by_subset["validation"]),
        "official validation instances": sum(len(video.instances) for video in by_subset["validation"]),
        "test videos": len(by_subset["test"]),
        "test instances": sum(len(video.instances) for video in by_subset["test"]),
        "ambiguous segments": sum(len(video.ambiguous) for video in annotated.values()),
    }
    where = f"annotations ({options.annotations})"
    return [
        Problem(where, "", f"{found[name]} {name}", str(count))
        for name, count in expected_counts(options).items()
        if found[name] != count
    ]


@dataclass(frozen=True)
class Grid:
    """Where snippets are in time, in frames."""

    stride: int
    """From one snippet to the next."""
    first_center: float
    """Centre of the first snippet."""
    covered: int
    """Frames of one snippet."""
    described: dict[str, Any]

    def duration(self, snippets: int, fps: float) -> float:
        """Seconds that so many snippets cover."""
        return ((snippets - 1) * self.stride + self.covered) / fps


def _grid(options: Options) -> Grid:
    if options.features == "tsn":
        step = options.step
        return Grid(
            step, step / 2, step, {"stride_frames": step, "frames": "first of each", "streams": ["rgb", "flow"]}
        )
    stride, frames = I3D_STRIDE_FRAMES, I3D_SNIPPET_FRAMES
    return Grid(stride, frames / 2, frames, {"stride_frames": stride, "frames": frames})


def _features(
    files: Mapping[str, Path | None], options: Options
) -> tuple[dict[str, LazyFeatures] | None, list[Problem]]:
    """Lazy features by video; ``None`` if files are missing."""
    if options.features == "i3d":
        archive = files[ACTIONFORMER.name]
        return open_npy_archive(archive) if archive is not None else (None, [])
    features, problems = {}, []
    for part in ("val", "test"):
        paths = [files[f"{stream}_{part}.h5"] for stream in ("rgb", "flow")]
        if None in paths:
            return None, []
        own, faults = open_per_frame(paths, step=options.step)
        features |= own
        problems += faults
    return features, problems


def _recordings(
    videos: Mapping[str, Video], features: Mapping[str, LazyFeatures], grid: Grid, kind: str
) -> tuple[list[Recording], list[Problem]]:
    """Annotated videos with their features, in the order of the features; features of other videos are not used."""
    where = f"features ({kind})"
    problems = [
        Problem(where, name, "no features", "features of every annotated video")
        for name in videos
        if name not in features
    ]
    recordings = []
    for name, numbers in features.items():
        if name not in videos:
            continue
        video = videos[name]
        covered = grid.duration(len(numbers), video.fps)
        if abs(covered - video.duration) > LENGTH_TOLERANCE_SECONDS:
            found = f"{len(numbers)} snippets, {covered:.2f} s at {video.fps:g} frames/s"
            problems.append(Problem(where, name, found, f"{video.duration:.2f} s"))
        recordings.append(
            Recording(
                video=name,
                subset=video.subset,
                duration=video.duration,
                instances=video.instances,
                ambiguous=video.ambiguous,
                fps=video.fps,
                features=numbers,
                seconds_per_snippet=grid.stride / video.fps,
                first_center_seconds=grid.first_center / video.fps,
            )
        )
    return recordings, problems
