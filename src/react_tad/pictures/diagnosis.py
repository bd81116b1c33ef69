"""The error analysis of one set of detections on one page (after DETAD's figures), means over tIoU thresholds."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch

from react_tad.evaluation.diagnosis.characteristics import UNITS, Characteristic
from react_tad.evaluation.diagnosis.false_positives import ERRORS, Kind
from react_tad.evaluation.diagnosis.report import TOP, Diagnosis
from react_tad.pictures.canvas import COLOURS, save, shown

KIND_COLOURS = {Kind.TRUE_POSITIVE: "0.85"} | dict(zip(ERRORS, COLOURS, strict=False))
DARK = (Kind.DOUBLE_DETECTION, Kind.WRONG_LABEL, Kind.LOCALIZATION)
"""Kinds whose colour needs white letters."""
BUCKET_COLOUR = "0.45"


def draw_diagnosis(diagnosis: Diagnosis, path: Path) -> None:
    """Draw kinds of false positives by band and the gain without each; normalized mAP and missed instances by
    bucket."""
    figure = Figure(figsize=(11, 9), layout="constrained")
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.15, 1, 1))
    kinds, gains = top.subplots(1, 2, width_ratios=(1.35, 1))
    _draw_profile(kinds, diagnosis)
    _draw_gains(gains, diagnosis)
    _draw_row(middle, diagnosis, "normalized_map", "normalized mAP (%)")
    _draw_row(bottom, diagnosis, "missed", "missed instances (%)")
    thresholds = ", ".join(map(str, diagnosis.tiou))
    figure.suptitle(
        f"Subset {shown(diagnosis.subset)}: mAP {100 * diagnosis.overall['map'].mean():.1f} %, "
        f"{diagnosis.detections} detections, {diagnosis.instances} instances; means over tIoU {thresholds}",
        fontsize=11,
    )
    save(figure, path)


def _draw_profile(axes: Axes, diagnosis: Diagnosis) -> None:
    """Stacked bars, one a band, in the order of Kind from below; shares too small to read are not written."""
    shares = 100 * diagnosis.shares
    bands = np.arange(len(shares))
    below = np.zeros(len(shares))
    for kind in Kind:
        values = np.nan_to_num(shares[:, kind])
        axes.bar(bands, values, 0.85, below, color=KIND_COLOURS[kind], edgecolor="white", lw=0.6, label=kind.words)
        colour = "white" if kind in DARK else "black"
        for band in np.flatnonzero(values >= 5):
            axes.text(
                band,
                below[band] + values[band] / 2,
                f"{values[band]:.0f}",
                ha="center",
                va="center",
                size=8,
                color=colour,
            )
        below += values
    axes.set_xticks(bands, [f"{band + 1}G" for band in bands])
    axes.set_ylim(0, 100)
    axes.set_xlabel("detections by score: the best G of a class, the next G, ... (G: instances of the class)", size=8)
    axes.set_ylabel("share (%)", size=8)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8, handlelength=1
    )
    _finish(axes, "Kinds of detections")


def _draw_gains(axes: Axes, diagnosis: Diagnosis) -> None:
    """Bars to the right, one a kind: normalized mAP, and plain mAP as a mark."""
    rows = np.arange(len(ERRORS))
    normalized, plain = (
        100 * np.array([diagnosis.gain[name][kind].mean() for kind in ERRORS]) for name in ("normalized_map", "map")
    )
    axes.barh(rows, normalized, 0.7, color=[KIND_COLOURS[kind] for kind in ERRORS])
    (marks,) = axes.plot(plain, rows, linestyle="none", marker="D", markersize=5, color="black", label="mAP")
    right = max(normalized.max(), plain.max(), 0.1)
    for row, value in zip(rows, normalized, strict=True):
        axes.text(max(value, plain[row]) + 0.03 * right, row, f"{value:.1f}", va="center", size=8)
    axes.set_xlim(0, 1.15 * right)
    axes.set_yticks(rows, [kind.words for kind in ERRORS])
    axes.invert_yaxis()
    axes.set_xlabel("percentage points", size=8)
    axes.legend(handles=[Patch(color="0.6", label="normalized mAP"), marks], frameon=False, fontsize=8)
    _finish(axes, f"Gain without the errors of a kind (best {TOP})")


def _draw_row(part: SubFigure, diagnosis: Diagnosis, measure: str, label: str) -> None:
    """One panel a characteristic, on a common axis."""
    row = part.subplots(1, len(diagnosis.sensitivities), sharey=True)
    part.supylabel(label, size=8)
    base = 100 * diagnosis.overall[measure].mean()
    highest = base
    for axes, sensitivity in zip(row, diagnosis.sensitivities, strict=True):
        values = 100 * getattr(sensitivity, measure).mean(1)
        _draw_buckets(axes, sensitivity.characteristic, values, base)
        highest = max(highest, np.nan_to_num(values).max())
    row[0].set_ylim(0, max(1.18 * highest, 1))


def _draw_buckets(axes: Axes, own: Characteristic, values: np.ndarray, base: float) -> None:
    """One bar a bucket with its number, its limits and its number of instances; ``base``, of all instances, as a
    line."""
    places, heights = np.arange(len(values)), np.nan_to_num(values)
    axes.bar(places, heights, 0.75, color=BUCKET_COLOUR)
    axes.axhline(base, color="black", linewidth=1, linestyle="--")
    axes.annotate(f" all\n {base:.1f}", (1, base), xycoords=axes.get_yaxis_transform(), size=8, va="center")
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            "-" if np.isnan(value) else f"{value:.1f}",
            (place, heights[place]),
            (0, 3),
            textcoords="offset points",
            ha="center",
            size=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )
    names = [f"{name}\n{own.span(index)}\nn = {own.counts[index]}" for index, name in enumerate(own.buckets)]
    axes.set_xticks(places, names)
    axes.tick_params(axis="x", length=0)
    _finish(axes, f"{own.name} ({UNITS[own.name]})")


def _finish(axes: Axes, title: str) -> None:
    """Title and axes."""
    axes.set_title(title, fontsize=9, loc="left")
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
