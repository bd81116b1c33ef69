"""Average mAP against one parameter (Figure 5): mean with a band, every seed as a faint point, the paper's optimum."""

from pathlib import Path

from matplotlib.figure import Figure

from react_tad.paper.sweeps import Curve
from react_tad.pictures.canvas import COLOURS, save, shown

AXES = {
    "model.raid.gamma": ("γ", "γ (cosine similarity)"),
    "model.raid.tau": ("τ", "τ (temporal IoU)"),
}
"""Symbol and axis label of the parameters that the paper sweeps."""


def band_label(curve: Curve) -> str:
    """What the band is."""
    if curve.band == "seeds":
        return "± 1 std over seeds"
    return f"± 1 std over {curve.band} ({curve.band_units}), bootstrapped"


def draw_sweep(curve: Curve, path: Path) -> None:
    """Draw ``curve`` in per cent."""
    symbol, label = AXES.get(curve.sweep.parameter, (curve.sweep.parameter, curve.sweep.parameter))
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    axes = figure.add_subplot()
    values = [point.value for point in curve.points]
    if curve.band != "none":
        low, high = (
            [100 * (point.average.mean + side * point.deviation) for point in curve.points] for side in (-1, 1)
        )
        axes.fill_between(values, low, high, color=COLOURS[0], alpha=0.18, linewidth=0, label=band_label(curve))
    if len(curve.seeds) > 1:
        places = [(point.value, 100 * value) for point in curve.points for value in point.by_seed.values()]
        axes.plot(
            *zip(*places, strict=True), linestyle="none", marker="x", markersize=4, color="0.45", alpha=0.7,
            label="single seeds",
        )  # fmt: skip
    count = {point.average.count for point in curve.points}
    seeds = "one seed" if count == {1} else f"mean of {'–'.join(map(str, sorted({min(count), max(count)})))} seeds"
    means = [100 * point.average.mean for point in curve.points]
    axes.plot(values, means, color=COLOURS[0], marker="o", markersize=5, linewidth=1.8, label=seeds)
    if paper := curve.sweep.paper_sweep:
        axes.axvline(
            paper.optimum, color=COLOURS[1], linestyle="--", linewidth=1.4, zorder=1.5,
            label=f"paper's best, {symbol} = {paper.optimum:g} ({paper.dataset})",
        )  # fmt: skip
    axes.set_xlabel(label)
    axes.set_ylabel("average mAP (%)")
    setting = ", ".join(curve.setting[key] for key in ("dataset", "subset") if curve.setting[key])
    title = f"{curve.sweep.title} ({setting})" if curve.sweep.title else setting
    axes.set_title(shown(title), fontsize=10, loc="left")
    axes.margins(y=0.12)
    axes.grid(color="0.9", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    save(figure, path)
