"""The queries of one window on its time line by their relation to a reference query, and the attention masks
(Figure 4)."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from react_tad.paper.relations import Layer, Relation, WindowRelations
from react_tad.pictures.canvas import COLOURS, save, shown
from react_tad.pictures.timeline import lanes

RELATION_COLOURS = {
    Relation.ITSELF: "black",
    Relation.DISTINCT_SIMILAR: COLOURS[0],
    Relation.DUPLICATE: COLOURS[4],
    Relation.DISTINCT_DISSIMILAR: "0.88",
}
"""From dark to light, so that grey print tells them apart as well."""
HATCHES = {Relation.DUPLICATE: "////"}
DENSE = "0.35"
LANE, GAP = 0.24, 0.3
"""Height of a lane, and of the room between groups, in inches."""


def draw_relations(window: WindowRelations, path: Path) -> None:
    """Draw the window: the reference query on top, then the others by relation, the annotated instances below.

    Under it one matrix a decoder layer: the row's query attends to the column's where the cell is dark. Queries are in
    the order of their centres in all of them.
    """
    groups = _groups(window)
    height = sum(LANE * (lane.max(initial=0) + 1) + GAP for _, _, lane, _, _ in groups)
    across = len(window.layers)
    matrices = min(10.5 / max(across, 4), 2.7) + 0.6
    figure = Figure(figsize=(10.5, height + matrices + 1.7), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(height + 0.8, matrices + 0.7))
    _draw_timeline(top.subplots(), window, groups)
    for number, (axes, layer) in enumerate(
        zip(bottom.subplots(1, across, squeeze=False)[0], window.layers, strict=True)
    ):
        _draw_mask(axes, window, layer, number)
    bottom.supylabel("query (attends)", size=9)
    bottom.legend(
        handles=_legend(window), loc="outside lower center", ncols=len(Relation) + 1, frameon=False, fontsize=8
    )
    save(figure, path)


def _groups(window: WindowRelations) -> list[tuple[str, np.ndarray, np.ndarray, str, str | None]]:
    """Rows of the time line: name, segments [n, 2], their lanes [n], colour, hatch."""
    groups = []
    for relation in Relation:
        queries = window.of_kind(relation)
        name = relation.words if relation is Relation.ITSELF else f"{relation.words} ({len(queries)})"
        own = window.references[queries]
        groups.append((name, own, lanes(own), RELATION_COLOURS[relation], HATCHES.get(relation)))
    for name in sorted({label for label, _, _ in window.instances}):
        own = np.array([(start, end) for label, start, end in window.instances if label == name])
        groups.append((f"annotated: {name}", own, lanes(own), COLOURS[2], None))
    return groups


def _draw_timeline(
    axes: Axes, window: WindowRelations, groups: list[tuple[str, np.ndarray, np.ndarray, str, str | None]]
) -> None:
    """One group below the other; overlapping segments lie in lanes."""
    top, ticks = 0.0, []
    for name, own, lane, colour, hatch in groups:
        for (start, end), at in zip(own.tolist(), lane.tolist(), strict=True):
            axes.barh(
                top + LANE * at, end - start, 0.8 * LANE, start, align="edge", facecolor=colour, edgecolor="black",
                linewidth=0.5, hatch=hatch,
            )  # fmt: skip
        rows = lane.max(initial=0) + 1
        ticks.append((top + LANE * rows / 2 - 0.1 * LANE, name))
        top += LANE * rows + GAP
        axes.axhline(top - 0.55 * GAP, color="0.85", linewidth=0.8, zorder=0)
    for edge in window.references[window.reference]:
        axes.axvline(edge, color="0.4", linewidth=0.8, linestyle=":", zorder=0)
    axes.set_yticks([at for at, _ in ticks], [shown(name) for _, name in ticks])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(top - 0.55 * GAP, -0.5 * GAP)
    axes.set_xlim(*window.start_end)
    axes.set_xlabel("time (s)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(
        f"{shown(window.video)}: query {window.reference} ('{shown(window.labels[window.reference])}', score "
        f"{window.scores[window.reference]:.2f}) and the others, as the last decoder layer gets them; "
        f"γ = {window.gamma:g}, τ = {window.tau:g}",
        fontsize=10,
        loc="left",
    )


def _draw_mask(axes: Axes, window: WindowRelations, layer: Layer, number: int) -> None:
    """One layer: relations of all pairs where attention follows them, else one colour where it is dense."""
    order = window.order
    if layer.dense:
        axes.imshow(np.zeros_like(layer.attends, dtype=int), cmap=ListedColormap([DENSE]))
    else:
        colours = ListedColormap([RELATION_COLOURS[relation] for relation in Relation])
        norm = BoundaryNorm(np.arange(len(Relation) + 1) - 0.5, len(Relation))
        axes.imshow(layer.relations[np.ix_(order, order)], cmap=colours, norm=norm, interpolation="nearest")
    at = int(np.flatnonzero(order == window.reference)[0])
    axes.set_yticks([at], ["ref."], size=8)
    axes.set_xticks([at], ["ref."], size=8)
    share = layer.attends.mean()
    axes.set_title(f"layer {number + 1}: {100 * share:.0f} % of pairs", fontsize=9, loc="left")
    axes.set_xlabel("query (attended to)", size=8)
    axes.spines[:].set_linewidth(0.5)


def _legend(window: WindowRelations) -> list[Patch]:
    """What the cells of the matrices are."""
    handles = []
    if not all(layer.dense for layer in window.layers):
        words = {
            Relation.ITSELF: "itself",
            Relation.DISTINCT_SIMILAR: "attends: distinct-similar",
            Relation.DISTINCT_DISSIMILAR: "masked: distinct-dissimilar",
            Relation.DUPLICATE: "masked: duplicate",
        }
        handles = [
            Patch(facecolor=RELATION_COLOURS[relation], edgecolor="black", lw=0.5, label=text)
            for relation, text in words.items()
        ]
    if any(layer.dense for layer in window.layers):
        handles.append(Patch(facecolor=DENSE, label="attends to all (no mask)"))
    return handles
