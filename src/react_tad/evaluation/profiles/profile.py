"""One profile: what it leaves out of the annotated instances of a subset, and how many videos and instances remain.

Detections in a video that is left out are ignored and counted. Where only the instances of one class of a video are
left out, detections of that class there stay what they are, false positives: so it is in the code that these pairs come
from, which removes instances and nothing else.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.params.section import Section


class Counts(Section):
    """What a profile leaves."""

    videos: Annotated[int, Field(gt=0)]
    """Videos that are evaluated, those without instances included."""
    instances: Annotated[int, Field(gt=0)]


class LeaveOut(Section):
    """What a profile leaves out."""

    videos: tuple[str, ...] = ()
    """Whole videos."""
    pairs: tuple[tuple[str, str], ...] = ()
    """(video, class): all instances of the class in the video."""
    starts_past_end: bool = False
    """Instances that start after the end of their video. Needs the duration of every video."""
    without_features: bool = False
    """Videos that there are no features for. Needs the names of those that have some."""


class Profile(Section):
    """A profile as its file gives it."""

    used_by: str
    """Who reports numbers under it."""
    origin: str
    """Where it comes from."""
    leave_out: LeaveOut = LeaveOut()
    counts: Counts | None = None
    """What has to remain; None where that depends on which videos somebody has."""


class DoesNotFit(ValueError):
    """Annotations that a profile cannot be applied to."""


def apply(
    profile: Profile, name: str, ground_truth: GroundTruth, with_features: Collection[str] | None = None
) -> GroundTruth:
    """What ``profile`` leaves of ``ground_truth``, whose field ``profile`` is then ``name``.

    ``with_features`` names the videos that there are features for; only a profile that leaves out the others needs it.
    Raises DoesNotFit that shows expected and found counts if these differ, or names the video whose duration is missing
    where it is needed. Raises ValueError if a profile without counts names a video that the annotations do not have.
    """
    out = profile.leave_out
    if profile.counts is None:
        _check_known(out, name, ground_truth)
    kept = without_videos(ground_truth, out.videos)
    if out.without_features:
        if with_features is None:
            raise DoesNotFit(f"profile '{name}' needs the names of the videos with features, and none were given")
        kept = only_videos(kept, with_features)
    stays = ~_of_pairs(kept, out.pairs)
    if out.starts_past_end:
        stays &= ~_starts_past_end(kept, name)
    kept = replace(
        kept, video=kept.video[stays], label=kept.label[stays], start_end=kept.start_end[stays], profile=name
    )
    expected, found = profile.counts, (len(kept.videos), len(kept.label))
    if expected and found != (expected.videos, expected.instances):
        raise DoesNotFit(
            f"{ground_truth.source}, subset '{ground_truth.subset}': profile '{name}' should leave {expected.videos} "
            f"videos and {expected.instances} instances; of these annotations it leaves {found[0]} and {found[1]}"
        )
    return kept


def without_videos(ground_truth: GroundTruth, videos: Iterable[str]) -> GroundTruth:
    """The same subset without some videos. It may not have them: detections there are ignored all the same."""
    names = set(videos)
    stays = np.array([video not in names for video in ground_truth.videos], dtype=bool)
    number = np.cumsum(stays) - 1
    instances, ambiguous = stays[ground_truth.video], stays[ground_truth.ambiguous_video]
    return replace(
        ground_truth,
        videos=tuple(video for video in ground_truth.videos if video not in names),
        durations=ground_truth.durations[stays],
        video=number[ground_truth.video[instances]],
        label=ground_truth.label[instances],
        start_end=ground_truth.start_end[instances],
        ambiguous_video=number[ground_truth.ambiguous_video[ambiguous]],
        ambiguous_start_end=ground_truth.ambiguous_start_end[ambiguous],
        left_out_videos=ground_truth.left_out_videos | names,
    )


def only_videos(ground_truth: GroundTruth, videos: Iterable[str]) -> GroundTruth:
    """The same subset, only of those of its videos that are among ``videos``.

    Raises ValueError if none is.
    """
    rest = set(ground_truth.videos) - set(videos)
    if len(rest) == len(ground_truth.videos):
        raise ValueError(f"{ground_truth.source}: none of the given videos is in subset '{ground_truth.subset}'")
    return without_videos(ground_truth, rest)


def _of_pairs(ground_truth: GroundTruth, pairs: Iterable[tuple[str, str]]) -> np.ndarray:
    """Whether each instance is of one of the (video, class) pairs, [G] booleans."""
    video = {name: number for number, name in enumerate(ground_truth.videos)}
    label = {name: number for number, name in enumerate(ground_truth.classes)}
    found = np.zeros(len(ground_truth.label), dtype=bool)
    for of_video, of_class in pairs:
        found |= (ground_truth.video == video.get(of_video, -1)) & (ground_truth.label == label.get(of_class, -1))
    return found


def _starts_past_end(ground_truth: GroundTruth, name: str) -> np.ndarray:
    """Whether each instance starts after the end of its video, [G] booleans."""
    missing = np.flatnonzero(np.isnan(ground_truth.durations))
    if missing.size:
        raise DoesNotFit(
            f"{ground_truth.source}: video '{ground_truth.videos[missing[0]]}' has no duration; profile '{name}' needs "
            "that of every video, to leave out what starts after its end"
        )
    return ground_truth.start_end[:, 0] > ground_truth.durations[ground_truth.video]


def _check_known(out: LeaveOut, name: str, ground_truth: GroundTruth) -> None:
    """Refuse a misspelt video, which nothing else would show."""
    known = {*ground_truth.videos, *ground_truth.other_videos, *ground_truth.left_out_videos}
    for video in (*out.videos, *(video for video, _ in out.pairs)):
        if video not in known:
            raise ValueError(f"profile '{name}' leaves out video '{video}', which {ground_truth.source} does not have")
