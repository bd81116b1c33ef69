"""AP of every class at every tIoU threshold as a heat map with numbers, in per cent; several seeds are averaged."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from react_tad.pictures.canvas import save, shown


def ap_table(metrics: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str], np.ndarray]:
    """Row names, column names and AP in per cent: classes and their mean, thresholds and their average.

    ``metrics`` are metrics files of one variant, each with its path as ``source``; they are averaged. Raises ValueError
    where their classes or thresholds differ, or they are of several variants.
    """
    first = metrics[0]
    for run in metrics[1:]:
        for key in ("dataset", "variant", "subset", "definition"):
            if run[key] != first[key]:
                raise ValueError(f"{run['source']}: {key} {run[key]}, but {first['source']}: {key} {first[key]}")
        if list(run["per_class"]) != list(first["per_class"]) or list(run["per_tiou"]) != list(first["per_tiou"]):
            raise ValueError(f"{run['source']} and {first['source']} differ in their classes or tIoU thresholds")
    table = np.mean([[list(row.values()) for row in run["per_class"].values()] for run in metrics], axis=0)
    table = np.concatenate((table, table.mean(0, keepdims=True)))
    table = np.concatenate((table, table.mean(1, keepdims=True)), axis=1)
    return [*first["per_class"], "mean (mAP)"], [*first["per_tiou"], "average"], 100 * table


def draw_ap_chart(metrics: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw :func:`ap_table`; the mean over classes is the last row, the mean over thresholds the last column."""
    rows, columns, table = ap_table(metrics)
    figure = Figure(figsize=(3 + 0.65 * len(columns), 1.5 + 0.26 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(table, cmap="cividis", vmin=0, vmax=100, aspect="auto")
    for row, values in enumerate(table):
        for column, value in enumerate(values):
            weight = "bold" if row == len(rows) - 1 or column == len(columns) - 1 else "normal"
            colour = "white" if value < 45 else "black"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", size=8, color=colour, weight=weight)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), map(shown, rows))
    axes.axhline(len(rows) - 1.5, color="white", linewidth=3)
    axes.axvline(len(columns) - 1.5, color="white", linewidth=3)
    axes.tick_params(length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("tIoU threshold")
    first, seeds = metrics[0], len(metrics)
    runs = "" if seeds == 1 else f", mean of {seeds} runs"
    title = shown(f"AP (%): {first['dataset']} {first['subset']}, {first['variant']}{runs}")
    axes.set_title(title, fontsize=10, loc="left")
    figure.colorbar(image, ax=axes, fraction=0.04, label="AP (%)")
    save(figure, path)
