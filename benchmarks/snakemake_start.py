"""Time how long Snakemake takes to start: to read the workflow and say what is to be done (``snakemake -n``).

    python benchmarks/snakemake_start.py [--repeat 3]

In a temporary clone of this repository as it is committed: as it stands; with 15,000 recordings of own data, where the
first start looks at every file; and with 100 variants of 10 seeds each. What is printed is the median.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from growth_steps import Size, annotated, classes
from process_cost import Cost, cost_of

from react_tad.data.annotations import write_annotations
from react_tad.files import parse_yaml

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS, VARIANTS, SEEDS = 15_000, 100, 10


def report(*, repeat: int) -> None:
    """Print the table."""
    print("| start | jobs | by the clock | processor time | memory |\n|---|---:|---:|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        print(row("as it stands", *start(clone, repeat)), flush=True)
        own = Path(folder) / "own"
        write_own(own, RECORDINGS)
        places = f"{{features: '{own / 'features'}', annotations: '{own / 'annotations.json'}'}}"
        config = ["--config", "dataset=custom", f"options={places}"]
        print(row(f"{RECORDINGS:,} own recordings, the first time", *start(clone, 1, *config)), flush=True)
        print(row(f"{RECORDINGS:,} own recordings", *start(clone, repeat, *config)), flush=True)
        parameters = clone / "params.yaml"
        parameters.write_text(many_variants(parameters.read_text(), VARIANTS, SEEDS))
        print(row(f"{VARIANTS} variants, {SEEDS} seeds: evaluate", *start(clone, repeat, "evaluate")), flush=True)
        print(row(f"{VARIANTS} variants, {SEEDS} seeds: all", *start(clone, repeat)), flush=True)


def start(clone: Path, repeat: int, *arguments: str) -> tuple[list[Cost], int]:
    """What the starts cost, and how many jobs there are to do."""
    output = clone.parent / "printed.txt"
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-n", *arguments, "--quiet", "rules"]
    return [cost_of(command, output, folder=clone) for _ in range(repeat)], jobs(output.read_text())


def jobs(printed: str) -> int:
    """The number of jobs that a dry run counts."""
    return next((int(line.split()[1]) for line in printed.splitlines() if line.split()[:1] == ["total"]), 0)


def row(name: str, costs: list[Cost], count: int) -> str:
    """A row of the table: medians."""
    middle = {
        key: statistics.median(getattr(cost, key) for cost in costs) for key in ("seconds", "cpu_seconds", "peak_bytes")
    }
    times = f"{middle['seconds']:.1f} s | {middle['cpu_seconds']:.1f} s"
    return f"| {name} | {count:,} | {times} | {middle['peak_bytes'] / 1e6:.0f} MB |"


def write_own(folder: Path, recordings: int) -> None:
    """Own data of so many recordings, whose files are small."""
    (folder / "features").mkdir(parents=True)
    size = Size(recordings=recordings)
    videos = annotated(size)
    write_annotations(folder / "annotations.json", videos, classes(size), version="made up")
    random = np.random.default_rng(0)
    for name in videos:
        np.save(folder / "features" / f"{name}.npy", random.standard_normal((16, 8), np.float32))


def many_variants(text: str, variants: int, seeds: int) -> str:
    """A ``params.yaml`` (as JSON, which is YAML) with so many variants, each trained on its own, and seeds."""
    experiment = parse_yaml(text, "params.yaml")
    own = {f"variant_{number}": {"train.weight_decay": 0.001 * (number + 1)} for number in range(variants)}
    return json.dumps(experiment | {"seeds": list(range(seeds)), "variants": own}, indent=1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="starts of each")
    report(repeat=parser.parse_args().repeat)


if __name__ == "__main__":
    main()
