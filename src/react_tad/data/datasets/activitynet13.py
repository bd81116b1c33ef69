"""ActivityNet-1.3, video by video: 100 snippets each, 200 classes (Caba Heilbron et al. 2015).

Splits: the labels of the official test split are secret, so papers report on the official *validation* split, which is
``test`` here; a fixed tenth of the official training videos is held out as ``validation``, the rest is ``training``.
With ``train.include_validation: true`` all official training videos are trained on.

Features: BSN's ``csv_mean_100``, or an HDF5 file of any number of snippets a video, rescaled to 100 (section 4.1). The
100 snippets divide the video's duration into equal parts; those of ``csv_mean_100`` divide the frames that had
features, a whole number of times 16, which need not end where the video does.

Many videos are no longer to be had, so not all have features. They are left out of training and validation, counted
on the screen, and named in the feature manifests. In the test split they stay in the ground truth, where they count as
not detected, unless ``test_without_features: leave_out`` says that they do not: peers that report on 4,728 of the 4,926
videos do so.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from react_tad.data.annotations import SUBSETS, AnnotationError, Annotations, Video, parse_annotations
from react_tad.data.datasets import Examined, LazyFeatures, Prepared, Recording
from react_tad.data.features import FeatureError
from react_tad.data.formats import activitynet_csv, video_hdf5
from react_tad.data.formats.streams import cut_note
from react_tad.data.problems import Problem
from react_tad.data.published import Published
from react_tad.data.rescaling import rescaled
from react_tad.data.splits import use_subsets, with_all_splits
from react_tad.files import read_json
from react_tad.params.section import Section

CLASSES: tuple[str, ...] = ()
LICENCE = "annotations: as at http://activity-net.org; features: none stated"
CITATION = (
    "Caba Heilbron, Escorcia, Ghanem, Niebles: ActivityNet: A Large-Scale Video Benchmark for Human Activity "
    "Understanding. CVPR, 2015. Features of csv_mean_100: Lin, Zhao, Su, Wang, Yang: BSN. ECCV, 2018, with the "
    "networks of Xiong et al.: CUHK & ETHZ & SIAT Submission to ActivityNet Challenge 2016"
)

SNIPPETS = 100
TIME_BASE = f"the duration divided by {SNIPPETS}"
SUBSETS_HERE = {"validation": "test", "testing": "unused"}
"""What the official subsets are here."""

ANNOTATIONS = "annotations.json"
FEATURES = {"csv": "features.zip", "hdf5": "features.h5"}
"""Names in the raw folder."""

VERSIONS = {
    ANNOTATIONS: (
        Published(
            name="activity_net.v1-3.min.json",
            url="http://ec2-52-25-205-214.us-west-2.compute.amazonaws.com/files/activity_net.v1-3.min.json",
        ),
        Published(
            name="activity_net.v1-3.trainval.json",
            sha256="2208c35d315f50f6a30004c65a1d4cffa1d1406fe35ce84a12e0d69b85d495df",
            bytes=3_202_346,
        ),
    ),
    FEATURES["csv"]: (
        Published(
            name="csv_mean_100.zip",
            url="https://drive.google.com/file/d/1ISemndlSDS2FtqQOKL0t3Cjj9yk2yznF/view",
        ),
    ),
    FEATURES["hdf5"]: (Published(name="activitynet13_features.h5"),),
}
"""The published annotations, and a copy without the official test split for mirrors; features. HDF5 files are made by
many, so whoever has one puts it into the folder."""

EXPECTED_COUNTS = {
    "official training videos": 10_024,
    "official training instances": 15_410,
    "official validation videos": 4_926,
    "official validation instances": 7_654,
    "classes": 200,
}


class Options(Section):
    """Which features, and what becomes of videos without any."""

    features: Literal["csv", "hdf5"] = "csv"
    """``csv``: a zip archive of BSN's ``csv_mean_100``; ``hdf5``: one file with a data set ``VIDEO`` or ``v_VIDEO`` a
    video (or what else :mod:`react_tad.data.formats.video_hdf5` reads), rescaled to 100 snippets."""
    test_without_features: Literal["keep", "leave_out"] = "keep"
    """Whether test videos without features stay in the ground truth."""
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the official training videos that is held out for validation."""


OPTIONS = Options


def published(options: Options) -> dict[str, tuple[Published, ...]]:
    """The annotations and the chosen features."""
    return {name: VERSIONS[name] for name in (ANNOTATIONS, FEATURES[options.features])}


def expected_counts(options: Options) -> dict[str, int]:
    """The published counts."""
    return EXPECTED_COUNTS


def prepare(raw_directory: Path, options: Options) -> Prepared:
    """Read the annotations, check that they are complete, and pair them with the features there are."""
    path = Path(raw_directory) / ANNOTATIONS
    annotations = read_official(path)
    check_counts(annotations)
    annotations = with_all_splits(annotations, test_share=0, validation_share=options.validation_share)
    features = read_features(Path(raw_directory) / FEATURES[options.features], annotations.videos, options)
    missing = {split: sorted(name for name in annotations.subset(split) if name not in features) for split in SUBSETS}
    kept = missing["test"] if options.test_without_features == "keep" else []
    return Prepared(
        recordings=[
            make_recording(name, video, features[name])
            for name, video in annotations.videos.items()
            if name in features
        ],
        source={"rescaled_to": SNIPPETS, "without_features": missing},
        classes=annotations.classes,
        without_features={name: annotations.videos[name] for name in kept},
        notes=(
            *(
                f"{split}: {len(names)} of {len(annotations.subset(split))} videos without features"
                for split, names in missing.items()
            ),
            *cut_note(features.values()),
        ),
        time_base=TIME_BASE,
    )


def examine(files: Mapping[str, Path | None], options: Options) -> Examined:
    """Look at what is there, ``None`` standing for a missing file, and say all that is wrong.

    Videos without features are among it, though :func:`prepare` can do without them.
    """
    path, place = files[ANNOTATIONS], files[FEATURES[options.features]]
    if path is None:
        return Examined({}, [], [])
    annotations = read_official(path)
    problems = [
        Problem(str(path), "", f"{found} {name}", str(EXPECTED_COUNTS[name]))
        for name, found in wrong_counts(annotations).items()
    ]
    annotations = with_all_splits(annotations, test_share=0, validation_share=options.validation_share)
    if place is None:
        return Examined(annotations.videos, [], problems)
    try:
        features = read_features(place, annotations.videos, options)
    except FeatureError as error:
        return Examined(annotations.videos, [], [*problems, Problem(str(place), "", str(error), "features")])
    recordings = []
    for name, video in annotations.videos.items():
        if name in features:
            recordings.append(make_recording(name, video, features[name]))
        else:
            problems.append(Problem(str(place), name, "no features", "features of every annotated video"))
    return Examined(annotations.videos, recordings, problems, time_base=TIME_BASE)


def read_official(path: Path) -> Annotations:
    """The official annotations with this module's subsets, before any video is held out.

    The taxonomy is not looked at: every class has instances.
    """
    document, _ = use_subsets(read_json(path), SUBSETS_HERE, where=str(path))
    return parse_annotations({"database": document["database"]}, where=str(path))


def check_counts(annotations: Annotations) -> None:
    """Refuse annotations that are not the published ones, naming each count that differs."""
    wrong = [f"{name}: {found}, expected {EXPECTED_COUNTS[name]}" for name, found in wrong_counts(annotations).items()]
    if wrong:
        raise AnnotationError(f"{annotations.where} is not the published file: {'; '.join(wrong)}")


def wrong_counts(annotations: Annotations) -> dict[str, int]:
    """What was found in the place of each published count, where it differs."""
    training, test = annotations.subset("training"), annotations.subset("test")
    found = {
        "official training videos": len(training),
        "official training instances": sum(len(video.instances) for video in training.values()),
        "official validation videos": len(test),
        "official validation instances": sum(len(video.instances) for video in test.values()),
        "classes": len(annotations.classes),
    }
    return {name: count for name, count in found.items() if count != EXPECTED_COUNTS[name]}


def read_features(path: Path, videos: Mapping[str, Any], options: Options) -> dict[str, LazyFeatures]:
    """Features of those of ``videos`` that have any, ``[100, dimension]`` each."""
    if options.features == "csv":
        found = activitynet_csv.features(path)
        return {name: found[name] for name in videos if name in found}
    found = video_hdf5.features(path)
    own_name = {name: key for name in videos for key in (name, f"v_{name}") if key in found}
    return {name: rescaled(found[key], SNIPPETS) for name, key in own_name.items()}


def make_recording(name: str, video: Video, features: LazyFeatures) -> Recording:
    """One recording whose snippets divide its duration into equal parts."""
    return Recording(
        video=name,
        subset=video.subset,
        duration=video.duration,
        instances=video.instances,
        features=features,
        seconds_per_snippet=video.duration / SNIPPETS,
        first_center_seconds=video.duration / SNIPPETS / 2,
    )
