"""What a data set is made from, getting it, and looking for faults.

describe  files, addresses, checksums, licence, citation and expected counts; needs no data
fetch     get the files into data/NAME/downloads, as 'snakemake fetch' does; what is to be got by hand is listed at once
check     everything that is wrong as a table, exit status 1 if anything is: files that are missing or damaged, videos
          without features or annotations, lengths that do not fit, segments past the end, unknown labels, numbers that
          are not finite. Looks at the downloads or a mirror folder, at your own data where they are (nothing has to be
          fetched), and at what was made of them in data/NAME. Also prints what there is (instances by class and split,
          recordings, hours, times), and warnings, with exit status 0: what is probably wrong, as segments in frames
"""

import argparse
from pathlib import Path
from typing import Any

from react_tad.arguments import add_mirror, parse_overrides
from react_tad.params.section import parse_object
from react_tad.params.yaml_files import read_yaml


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", choices=("fetch", "check", "describe"))
    parser.add_argument("name", metavar="NAME", help="data set: a block of params.yaml, such as thumos14")
    parser.add_argument(
        "--options",
        metavar="JSON",
        help="the data set's own options (default: those of params.yaml in this folder, if it is there)",
    )
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="options.KEY=VALUE", help="change single options, by YAML"
    )
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="folder of all data (data)")
    add_mirror(parser, "look for the files in this folder")
    parser.add_argument("--skip-numbers", action="store_true", help="check: do not read the features themselves")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="check: write the table to a file too")


def run(arguments: argparse.Namespace) -> None:
    """Do one of the three."""
    from react_tad.data.datasets import find, parse_options

    name = arguments.name
    block = _block_of_params_yaml(name)
    dataset = find(block.get("kind", name), f"params.yaml, datasets.{name}.kind" if "kind" in block else "")
    given = parse_object(arguments.options, "--options") if arguments.options else block.get("options") or {}
    options = parse_options(dataset, {**given, **_set_options(arguments.set)}, f"datasets.{name}.options")
    {"fetch": _fetch, "check": _check, "describe": _describe}[arguments.action](arguments, dataset, options)


def _block_of_params_yaml(name: str) -> dict[str, Any]:
    path = Path("params.yaml")
    block = (read_yaml(path).get("datasets") or {}).get(name) if path.is_file() else None
    return block or {}


def _windows_of_params_yaml(name: str) -> Any:
    """Windows of the data set, if there is a block of it."""
    from react_tad.params.section import validated
    from react_tad.params.windows import Windows

    path, block = Path("params.yaml"), _block_of_params_yaml(name)
    if not block:
        return None
    return validated(Windows, {**(read_yaml(path).get("windows") or {}), **(block.get("windows") or {})}, str(path))


def _set_options(settings: list[str]) -> dict[str, Any]:
    overrides = parse_overrides(settings)
    for key in overrides:
        if not key.startswith("options."):
            raise ValueError(f"--set {key}: should be an option of the data set, options.KEY=VALUE")
    return {key.removeprefix("options."): value for key, value in overrides.items()}


def _fetch(arguments: argparse.Namespace, dataset: Any, options: Any) -> None:
    from react_tad.data.fetching import fetch_data_set

    directory = arguments.data / arguments.name / "downloads"
    for line in fetch_data_set(arguments.name, dataset, options, directory, arguments.mirror):
        print(line)


def _describe(arguments: argparse.Namespace, dataset: Any, options: Any) -> None:
    from react_tad.data.datasets import is_own
    from react_tad.data.download import by_hand

    downloads = arguments.data / arguments.name / "downloads"
    summary = (dataset.__doc__ or arguments.name).strip().splitlines()[0]
    print(f"{summary}\n\noptions   {options.model_dump(mode='json')}")
    print(f"licence   {dataset.LICENCE}\ncitation  {dataset.CITATION}")
    print(f"classes   {', '.join(dataset.CLASSES) or 'those of the annotations'}")
    counts = ", ".join(f"{name} {count}" for name, count in dataset.expected_counts(options).items())
    print(f"expected  {counts or 'no published counts'}")
    files = dataset.published(options)
    without = "none: they are yours" if is_own(dataset) else "none: it is generated"
    print("files     " + (f"in {downloads}, or in a mirror folder" if files else without))
    for name, versions in files.items():
        print(f"\n  {name}")
        for version in versions:
            known = [f"{kind} {value}" for kind in ("sha256", "md5", "bytes") if (value := getattr(version, kind))]
            print(f"    {version.name}: {version.url or 'no address; for mirrors'}")
            print(f"      {', '.join(known) or 'no checksum is published: recorded on first use'}")
        if versions[0].by_hand:
            print(f"      by hand: {by_hand(downloads / name, versions)}")


def _check(arguments: argparse.Namespace, dataset: Any, options: Any) -> None:
    from react_tad.data import check
    from react_tad.data.doubts import WARNING

    folder = arguments.data / arguments.name
    downloads = folder / "downloads"
    files, problems = check.check_files(dataset.published(options), downloads, arguments.mirror, arguments.name)
    with check.gathered(files, downloads) as together:
        examined = check.check_raw(dataset, options, files, together)
        problems += examined.problems
        problems += check.check_segments(examined.videos, dataset.CLASSES, "annotations")
        if not arguments.skip_numbers:
            problems += check.check_numbers(examined.recordings, "features")
    if not arguments.skip_numbers:
        problems += check.check_converted(folder, dataset.CLASSES)
    for line in check.overview(examined):
        print(line)
    doubts = [WARNING + doubt for doubt in check.all_doubts(examined, _windows_of_params_yaml(arguments.name))]
    _report(arguments, problems, doubts, len(examined.videos), len(examined.recordings))


def _report(
    arguments: argparse.Namespace, problems: list[Any], doubts: list[str], videos: int, recordings: int
) -> None:
    import pandas as pd

    from react_tad.data.problems import Problem

    table = pd.DataFrame(problems, columns=Problem._fields)
    if arguments.csv:
        table.to_csv(arguments.csv, index=False)
    seen = f"{videos} annotated videos, {recordings} of them with features"
    if problems:
        aligned = table.apply(lambda column: column.str.ljust(column.str.len().max()))
        print(aligned.to_string(index=False, justify="left"))
    for line in doubts:
        print(line)
    warnings = f"{len(doubts)} warning{'s' * (len(doubts) != 1)}"
    if problems:
        raise SystemExit(f"react-tad data: {arguments.name}: {len(problems)} problems, {warnings}; {seen}")
    print(f"{arguments.name}: {f'no errors, {warnings}' if doubts else 'nothing is wrong'}; {seen}")
