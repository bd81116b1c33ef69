"""Measure how time and memory of every step grow with recordings, detections and classes.

    python benchmarks/growth.py [--scale 1 10 100] [--steps evaluate view] [--series recordings] [--csv OUT] [--svg OUT]
    python benchmarks/growth.py --read MEASURED.csv [MORE.csv] [--svg OUT]
    python benchmarks/growth.py --start [--repeat 3]
    python benchmarks/growth.py --activitynet activity_net.v1-3.trainval.json [--threads 1 2] [--steps-only N]

The data are made up in a temporary folder, and each step is a process of its own (``growth_steps.py``). Processor time
and largest memory (``process_cost.py``) are printed while it runs; then a table. Its last columns:

- exponent: p where the time is a constant plus something times size^p. The constant, which is mostly the start of
  Python and its libraries, comes out of the smallest size; 1 is linear. Nothing where the time hardly grows.
- a unit: what memory grows by, from the middle size to the largest, for one recording, detection, class or run more.
  Mapped files are not in it: the system may drop them.

``--read`` makes table and picture of what was measured before. ``--start`` measures how long Snakemake takes to say
what is to be done (``snakemake_start.py``); ``--activitynet`` an epoch of training at the size of the paper
(``activitynet13_epoch.py``).
"""

import argparse
import csv
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import activitynet13_epoch
import snakemake_start
from growth_steps import STEPS, Size, World
from process_cost import Cost

from react_tad.files import csv_text, write_text


@dataclass(frozen=True)
class Series:
    """One measure of size that grows, everything else being equal."""

    smallest: Size
    steps: tuple[str, ...]

    def size(self, name: str, scale: int) -> Size:
        """The size at a scale, of the measure that is called ``name``."""
        values = {field.name: getattr(self.smallest, field.name) for field in fields(Size)}
        return Size(**values | {name: values[name] * scale})


ON_DETECTIONS = ("detect", "suppress", "evaluate", "diagnose", "table", "view")
SERIES = {
    "recordings": Series(Size(recordings=100), ("fetch", "check", "features", "windows", "train", *ON_DETECTIONS)),
    "detections": Series(Size(recordings=300, detections=20, classes=100), ON_DETECTIONS),
    "classes": Series(Size(recordings=1000, classes=2, runs=30), ("check", "windows", *ON_DETECTIONS, "summarize")),
    "runs": Series(Size(recordings=10, runs=10), ("summarize",)),
}
"""By the field of :class:`Size` that grows."""


@dataclass(frozen=True)
class Measured:
    """One step at one size; a row of the CSV."""

    series: str
    step: str
    scale: int
    size: int
    """Recordings, detections of a test recording, classes, or runs."""
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    own_bytes: int

    @classmethod
    def of(cls, series: str, step: str, scale: int, cost: Cost) -> "Measured":
        """With the size that the scale stands for."""
        size = getattr(SERIES[series].size(series, scale), series)
        return cls(series, step, scale, size, *astuple(cost))


def measure(series: str, scales: Sequence[int], steps: Sequence[str]) -> list[Measured]:
    """Measure the steps at each scale, in a temporary folder each, and print every one."""
    found = []
    for scale in scales:
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder), SERIES[series].size(series, scale))
            for step in SERIES[series].steps:
                if step in steps:
                    found.append(Measured.of(series, step, scale, world.measure(step)))
                    print(said(found[-1]), flush=True)
    return found


def read(path: Path) -> list[Measured]:
    """What was measured before, and written as CSV."""
    with open(path, newline="") as file:
        return [
            Measured(**{field.name: field.type(row[field.name]) for field in fields(Measured)})
            for row in csv.DictReader(file)
        ]


def said(one: Measured) -> str:
    """A line for the screen."""
    size = f"{one.size:,} {one.series}"
    time = f"{one.cpu_seconds:8.2f} s of the processor, {one.seconds:8.2f} s by the clock"
    return f"{one.step:10} {size:>20} {time}, {mega(one.peak_bytes)} MB, {mega(one.own_bytes)} MB without mapped files"


def mega(size: float) -> str:
    """Bytes in millions."""
    return f"{size / 1e6:.0f}"


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """p of ``a + b * size ** p`` through the first and the last two of three or more increasing sizes.

    None where the last value is less than 1.5 times the first: what grows is then lost in what does not. With two sizes
    the constant cannot be told, and p is the slope of the logarithms.
    """
    if len(sizes) < 2 or values[-1] < 1.5 * values[0]:
        return None
    if len(sizes) == 2:
        return math.log(values[1] / values[0]) / math.log(sizes[1] / sizes[0])
    first, middle, last = (sizes[0], *sizes[-2:])
    gained, wanted = values[-2] - values[0], values[-1] - values[0]
    if gained <= 0:
        return None
    low, high = 0.01, 4.0  # the ratio below rises with p
    for _ in range(60):
        power = (low + high) / 2
        ratio = (last**power - first**power) / (middle**power - first**power)
        low, high = (power, high) if ratio < wanted / gained else (low, power)
    return power


def table(found: Sequence[Measured]) -> list[str]:
    """Lines of Markdown, a table a series."""
    lines = []
    for series in dict.fromkeys(one.series for one in found):
        own = [one for one in found if one.series == series]
        sizes = sorted({one.size for one in own})
        heads = [f"{size:,}" for size in sizes]
        units = series.removesuffix("s").replace("classe", "class")
        head = [series, *(f"{size}: s" for size in heads), "exponent", *(f"{size}: MB" for size in heads)]
        lines += ["", "| " + " | ".join([*head, f"a {units}"]) + " |", "|---" + "|---:" * len(head) + "|"]
        for step in dict.fromkeys(one.step for one in own):
            row = sorted((one for one in own if one.step == step), key=lambda one: one.size)
            power = exponent([one.size for one in row], [one.cpu_seconds for one in row])
            cells = [step, *(f"{one.cpu_seconds:.2f}" for one in row), "" if power is None else f"{power:.2f}"]
            cells += [mega(one.own_bytes) for one in row]
            lines.append("| " + " | ".join([*cells, grown(row)]) + " |")
    return lines[1:]


def grown(row: Sequence[Measured]) -> str:
    """What memory grows by for one unit more; nothing below 100 bytes or a tenth of what there is without it."""
    if len(row) < 2:
        return ""
    more = row[-1].own_bytes - row[-2].own_bytes
    each = more / (row[-1].size - row[-2].size)
    if more < 0.1 * row[0].own_bytes or each < 100:
        return "flat"
    return f"{each / 1e6:.1f} MB" if each >= 1e6 else f"{each / 1e3:.1f} kB"


def draw(found: Sequence[Measured], path: Path) -> None:
    """Time and memory against size, both logarithmic, a column a series."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    from react_tad.pictures.canvas import COLOURS, save

    series = list(dict.fromkeys(one.series for one in found))
    figure = Figure(figsize=(3.4 * len(series) + 1.6, 6.4), layout="constrained")
    grid = figure.subplots(2, len(series), squeeze=False, sharex="col", sharey="row")
    steps = [step for step in STEPS if step in {one.step for one in found}]
    styles = {step: (COLOURS[at % 6], ("-", "--", ":")[at // 6]) for at, step in enumerate(steps)}
    for column, name in enumerate(series):
        for step in dict.fromkeys(one.step for one in found if one.series == name):
            row = [one for one in found if (one.series, one.step) == (name, step)]
            colour, line = styles[step]
            for axes, values in (
                (grid[0][column], [one.cpu_seconds for one in row]),
                (grid[1][column], [one.own_bytes / 1e6 for one in row]),
            ):
                sizes = [one.size for one in row]
                axes.loglog(sizes, values, color=colour, linestyle=line, marker="o", markersize=3.5, label=step)
        grid[1][column].set_xlabel(name)
    grid[0][0].set_ylabel("processor time (s)")
    grid[1][0].set_ylabel("memory without mapped files (MB)")
    for axis in (axis for axes in grid.flat for axis in (axes.xaxis, axes.yaxis)):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    for axes in grid.flat:
        axes.grid(color="0.9", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    labels = {
        label: handle for axes in grid[0] for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labels.values(), labels.keys(), loc="outside right center", frameon=False, fontsize=8.5)
    save(figure, path)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, nargs="+", default=[1, 10, 100], metavar="N")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--series", nargs="+", choices=SERIES, default=list(SERIES))
    parser.add_argument("--read", type=Path, nargs="+", metavar="CSV", help="measured before; nothing is measured")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="write all that was measured")
    parser.add_argument("--svg", type=Path, metavar="OUT", help="draw it")
    parser.add_argument("--start", action="store_true", help="the start of Snakemake, in the place of the steps")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="with --start: times, of which the median")
    parser.add_argument("--activitynet", type=Path, metavar="FILE", help="an epoch, on the official annotations")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="with --activitynet")
    parser.add_argument("--steps-only", type=int, metavar="N", help="with --activitynet: so many steps of each epoch")
    given = parser.parse_args()
    if given.activitynet:
        activitynet13_epoch.report(given.activitynet, threads=given.threads, steps_only=given.steps_only)
        return
    if given.start:
        snakemake_start.report(repeat=given.repeat)
        return
    if min(given.scale) < 1 or len(set(given.scale)) < len(given.scale):
        parser.error(f"--scale {given.scale}: should be different numbers from 1 on")
    if given.read:
        found = [one for path in given.read for one in read(path)]
    else:
        found = [one for name in given.series for one in measure(name, sorted(given.scale), given.steps)]
    print("\n" + "\n".join(table(found)))
    if given.csv:
        names = [field.name for field in fields(Measured)]
        write_text(given.csv, csv_text(names, [astuple(one) for one in found]))
    if given.svg:
        draw(found, given.svg)


if __name__ == "__main__":
    sys.exit(main())
