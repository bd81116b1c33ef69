"""Ground truth and the best detections of one video on a common time axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from react_tad.detection.detections import Detections
from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.pictures.canvas import COLOURS, save, shown

FEWEST_DETECTIONS = 10
"""At least this many detections are drawn; otherwise twice as many as there are instances."""
DETECTIONS = "detections"
"""Tick label below the instances of a class."""
FAINTEST = 0.15
"""Opacity of a score of 0; the video's best score is opaque."""


def choose_video(ground_truth: GroundTruth, detections: Detections) -> str:
    """A video worth a look: of those with detections the one with most classes, then with nearest to ten instances."""
    detected = {detections.videos[index] for index in np.unique(detections.video)}
    candidates = []
    for index, name in enumerate(ground_truth.videos):
        labels = ground_truth.label[ground_truth.video == index]
        if name in detected and len(labels):
            candidates.append((-len(set(labels.tolist())), abs(len(labels) - 10), name))
    if not candidates:
        raise ValueError(f"no video has both instances in {ground_truth.source} and detections in {detections.source}")
    return min(candidates)[-1]


def lanes(start_end: np.ndarray) -> np.ndarray:
    """Lane of each of N segments, [N]: the lowest in which it touches none of the segments before it."""
    result = np.zeros(len(start_end), dtype=int)
    for index, (start, end) in enumerate(start_end):
        before = start_end[:index]
        taken = set(result[:index][(before[:, 0] < end) & (before[:, 1] > start)].tolist())
        result[index] = next(lane for lane in range(index + 1) if lane not in taken)
    return result


def draw_timeline(
    ground_truth: GroundTruth, detections: Detections, video: str, path: Path, *, annotated: bool = True
) -> None:
    """Draw ``video``: a band a class, its instances above its detections; first the classes that have instances.

    Detections are the best of the video, twice as many as it has instances and ten at least; opacity is their score
    relative to the best. Those that overlap are drawn in lanes, the better one above. Nothing is said of instances
    unless the video is ``annotated``.
    """
    if video not in ground_truth.videos:
        raise ValueError(f"{ground_truth.source}: no video '{video}' in subset '{ground_truth.subset}'")
    number = ground_truth.videos.index(video)
    own = ground_truth.video == number
    instances, names = ground_truth.start_end[own], [ground_truth.classes[label] for label in ground_truth.label[own]]
    found = np.flatnonzero(np.array(detections.videos, dtype=object)[detections.video] == video)
    best = found[np.argsort(-detections.score[found], kind="stable")][: max(FEWEST_DETECTIONS, 2 * len(instances))]
    found_names = [detections.classes[label] for label in detections.label[best]]

    figure = Figure(figsize=(11, 1), layout="constrained")
    axes = figure.add_subplot()
    top, ticks = 0.0, []
    for position, name in enumerate(dict.fromkeys((*sorted(set(names)), *found_names))):
        colour = COLOURS[position % len(COLOURS)]
        truth = instances[[other == name for other in names]]
        if len(truth):
            axes.broken_barh(_bars(truth), (top, 0.8), facecolor=colour, edgecolor="black", linewidth=0.8)
            ticks.append((top + 0.4, name))
            top += 1
        rows = best[[other == name for other in found_names]]
        lane = lanes(detections.start_end[rows])
        alpha = FAINTEST + (1 - FAINTEST) * detections.score[rows] / max(detections.score[best].max(initial=0), 1e-300)
        for (start, width), at, opacity in zip(_bars(detections.start_end[rows]), lane, alpha, strict=True):
            axes.barh(
                top + 0.5 * at, width, 0.4, start, align="edge", facecolor=(colour, opacity), edgecolor=colour, lw=0.6
            )
        if len(rows):
            ticks.append((top + 0.25 * (lane.max() + 1) - 0.05, DETECTIONS if len(truth) else name))
            top += 0.5 * (lane.max() + 1)
        top += 0.6
        axes.axhline(top - 0.35, color="0.85", linewidth=0.8, zorder=0)
    _finish(figure, ticks, top - 0.35, _extent(ground_truth, number, instances, detections.start_end[best]), annotated)
    of_truth = f"{len(instances)} instances, " if annotated else ""
    axes.set_title(f"{shown(video)}: {of_truth}best {len(best)} of {len(found)} detections", loc="left")
    save(figure, path)


def draw_detections(detections: Detections, durations: Mapping[str, float], path: Path) -> None:
    """Draw the best detections of recordings that nothing is annotated of: ``path``, or ``NAME-VIDEO`` of several."""
    nothing = np.empty(0, int)
    truth = GroundTruth(
        subset="new",
        videos=detections.videos,
        classes=detections.classes,
        video=nothing,
        label=nothing,
        start_end=np.empty((0, 2)),
        ambiguous_video=nothing,
        ambiguous_start_end=np.empty((0, 2)),
        durations=np.array([durations[video] for video in detections.videos]),
    )
    for video in detections.videos:
        own = path if len(detections.videos) == 1 else path.with_name(f"{path.stem}-{video}{path.suffix}")
        draw_timeline(truth, detections, video, own, annotated=False)


def _bars(start_end: np.ndarray) -> list[tuple[float, float]]:
    """(start, width) of segments [N, 2]."""
    return [(start, end - start) for start, end in start_end.tolist()]


def _extent(ground_truth: GroundTruth, number: int, *segments: np.ndarray) -> tuple[float, float]:
    """The time axis in seconds: the whole video, and whatever sticks out of it."""
    times = np.concatenate([segment.ravel() for segment in segments])
    return min(0.0, times.min(initial=0)), float(
        np.nanmax([ground_truth.durations[number], times.max(initial=0), 1e-9])
    )


def _finish(
    figure: Figure, ticks: Sequence[tuple[float, str]], bottom: float, extent: tuple[float, float], annotated: bool
) -> None:
    """Axes, labels, legend, and a height that gives every lane the same room."""
    axes = figure.axes[0]
    figure.set_size_inches(11, 1.3 + 0.32 * bottom)
    axes.set_xlim(*extent)
    axes.set_ylim(bottom, -0.25)
    axes.set_yticks([at for at, _ in ticks], [shown(name) for _, name in ticks])
    for label in axes.get_yticklabels():
        if label.get_text() == DETECTIONS:
            label.set(color="0.4", fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("time (s)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    legend = [
        *([Patch(facecolor="0.5", edgecolor="black", label="ground truth")] if annotated else []),
        Patch(facecolor=("0.5", 0.9), edgecolor="0.5", label="detection, high score"),
        Patch(facecolor=("0.5", FAINTEST), edgecolor="0.5", label="detection, low score"),
    ]
    figure.legend(handles=legend, loc="outside lower right", ncols=3, frameon=False, fontsize=8)
