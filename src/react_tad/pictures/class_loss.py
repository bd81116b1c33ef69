"""Validation classification loss by epoch of several settings (supplement, Figure 3): means and bands over seeds."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from react_tad.paper.class_losses import LossCurve
from react_tad.pictures.canvas import COLOURS, save, shown

STYLES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))
"""Line and marker of each curve: they can be told apart without colour."""


def draw_class_loss(curves: Sequence[LossCurve], path: Path, *, title: str = "") -> None:
    """Draw one line a setting; its band is one sample standard deviation over seeds to either side."""
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for number, curve in enumerate(curves):
        colour, (line, marker) = COLOURS[number % len(COLOURS)], STYLES[number % len(STYLES)]
        seeds = len(curve.by_seed)
        label = f"{shown(curve.label)} ({seeds} seed{'s' if seeds > 1 else ''})"
        many = len(curve.epochs) > 25
        axes.plot(
            curve.epochs, curve.mean, color=colour, linestyle=line, linewidth=1.6, label=label,
            marker=marker, markersize=4, markevery=max(len(curve.epochs) // 12, 1) if many else 1,
        )  # fmt: skip
        if curve.std is not None:
            axes.fill_between(
                curve.epochs, curve.mean - curve.std, curve.mean + curve.std, color=colour, alpha=0.18, linewidth=0
            )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation classification loss\n(focal, per instance)")
    if title:
        axes.set_title(shown(title), fontsize=10, loc="left")
    axes.grid(color="0.9", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    banded = any(curve.std is not None for curve in curves)
    axes.legend(frameon=False, fontsize=9, title="band: ± 1 std over seeds" if banded else None, title_fontsize=8)
    save(figure, path)
