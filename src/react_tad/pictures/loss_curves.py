"""Training logs as curves: one panel a loss, training and validation, several seeds overlaid with their mean."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from react_tad.pictures.canvas import COLOURS, save

PARTS = {"train_": ("training", COLOURS[0]), "validation_": ("validation", COLOURS[1])}
"""Column prefix: its name in the legend and its colour."""
PANELS_A_ROW = 4


def panels(log: dict[str, np.ndarray]) -> dict[str, dict[str, str]]:
    """Panel title to the columns drawn in it, by prefix (``""`` for the learning rate), in the order of the file."""
    result: dict[str, dict[str, str]] = {}
    for column in log:
        for prefix in PARTS:
            if column.startswith(prefix):
                result.setdefault(column.removeprefix(prefix).replace("_", " "), {})[prefix] = column
    if "lr" in log:
        result["learning rate"] = {"": "lr"}
    return result


def draw_loss_curves(logs: Sequence[dict[str, np.ndarray]], path: Path) -> None:
    """Draw logs of equal columns (``training/log.py``), one a seed. Panels without any number are left out."""
    if any(list(log) != list(logs[0]) for log in logs):
        raise ValueError(f"the logs have different columns: {'; '.join(', '.join(log) for log in logs)}")
    drawn = {
        title: columns
        for title, columns in panels(logs[0]).items()
        if any(np.isfinite(log[column]).any() for log in logs for column in columns.values())
    }
    if not drawn:
        raise ValueError("the logs have no number in any column 'train_...' or 'validation_...'")
    across = min(PANELS_A_ROW, len(drawn))
    down = math.ceil(len(drawn) / across)
    figure = Figure(figsize=(0.4 + 2.9 * across, 0.5 + 2.1 * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharex=True).ravel()
    for axes, (title, columns) in zip(grid, drawn.items(), strict=False):
        for prefix, column in columns.items():
            _curves(axes, [log[column] for log in logs], PARTS.get(prefix, ("", "0.2"))[1])
        _finish(axes, title, logs)
    for axes in grid[len(drawn) :]:
        axes.remove()
    _legend(figure, drawn, len(logs))
    save(figure, path)


def _curves(axes: Axes, seeds: Sequence[np.ndarray], colour: str) -> None:
    """One thin line a seed and the mean, over the seeds that got that far, as a thick one. Row n is epoch n."""
    longest = max(map(len, seeds))
    table = np.full((len(seeds), longest), np.nan)
    for row, values in zip(table, seeds, strict=True):
        row[: len(values)] = values
    if len(seeds) > 1:
        for row in table:
            _line(axes, row, color=colour, alpha=0.35, linewidth=0.8)
    known = np.isfinite(table).any(0)
    mean = np.full(longest, np.nan)
    mean[known] = np.nanmean(table[:, known], axis=0)
    _line(axes, mean, color=colour, linewidth=1.8, marker="o" if longest <= 20 else None, markersize=3)


def _line(axes: Axes, values: np.ndarray, **style: object) -> None:
    """A line through the finite values; some quantities are measured every few epochs only."""
    known = np.flatnonzero(np.isfinite(values))
    axes.plot(known + 1, values[known], **style)


def _finish(axes: Axes, title: str, logs: Sequence[dict[str, np.ndarray]]) -> None:
    """Title, axes, and a dotted line where a stage of training ends."""
    axes.set_title(title, fontsize=10, loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.tick_params(labelsize=8, labelbottom=True)
    axes.grid(color="0.9", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("epoch", fontsize=8)
    if title == "learning rate":
        axes.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
        axes.yaxis.get_offset_text().set_fontsize(8)
        axes.set_ylim(bottom=0)
    stages = logs[0].get("stage", np.array([]))
    for row in np.flatnonzero(stages[1:] != stages[:-1]):
        axes.axvline(row + 1.5, color="0.4", linewidth=0.8, linestyle=":")


def _legend(figure: Figure, drawn: dict[str, dict[str, str]], seeds: int) -> None:
    """One legend for all panels."""
    prefixes = {prefix for columns in drawn.values() for prefix in columns}
    lines = [Line2D([], [], color=colour, label=name) for prefix, (name, colour) in PARTS.items() if prefix in prefixes]
    if seeds > 1:
        lines.append(Line2D([], [], color="0.5", linewidth=0.8, alpha=0.6, label=f"each of {seeds} runs"))
        lines.append(Line2D([], [], color="0.5", linewidth=1.8, label="their mean"))
    figure.legend(handles=lines, loc="outside upper right", ncols=len(lines), frameon=False, fontsize=9)
