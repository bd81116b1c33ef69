"""Fetching a whole data set: its files and the manifest that says what they are."""

from pathlib import Path
from typing import Any

from react_tad.data.datasets import DataSet, is_own
from react_tad.data.download import obtain_all
from react_tad.files import write_json


def fetch_data_set(
    name: str, dataset: DataSet, options: Any, directory: Path, mirror: Path | None, split: str | None = None
) -> list[str]:
    """Put a data set's files and ``manifest.json`` into ``directory``, and give lines about them for the screen.

    The user's own files stay where they are: their checksums are written to ``SPLIT.json`` for each split, or for one.

    Raises:
        DownloadError: see :func:`react_tad.data.download.obtain_all`; no manifest is written then.
        ValueError: the user's own files are not where the options say, or cannot be used.

    """
    directory.mkdir(parents=True, exist_ok=True)
    if is_own(dataset):
        return _record_own_files(name, dataset, options, directory, split)
    if split:
        raise ValueError(f"--split {split}: the splits of {name} are fetched together; leave it out")
    files = obtain_all(directory, dataset.published(options), mirror=mirror, folder=name)
    manifest = {
        "dataset": name,
        "options": options.model_dump(mode="json"),
        "files": files,
        "licence": dataset.LICENCE,
        "citation": dataset.CITATION,
    }
    write_json(directory / "manifest.json", manifest)
    return [f"{directory / file['name']}: {file['bytes']} bytes from {file['source']}" for file in files]


def _record_own_files(name: str, dataset: DataSet, options: Any, directory: Path, split: str | None) -> list[str]:
    splits = dataset.own_splits(options, directory, f"datasets.{name}.options")
    if split and split not in splits:
        raise ValueError(f"--split {split}: own data '{name}' has {', '.join(splits)}")
    lines = []
    for each in [split] if split else splits:
        record = {"dataset": name, "split": each, "content": splits[each].content, "own_files": splits[each].listing}
        record |= {"backbone": splits[each].backbone} if splits[each].films else {}
        write_json(directory / f"{each}.json", record)
        size = sum(seen["bytes"] for seen in splits[each].listing.values())
        what = "films" if splits[each].films else "features"
        lines.append(f"{each}: own {what} of {len(splits[each].listing)} recordings, {size} bytes, read where they are")
    return lines
