"""Fetching a whole data set: its files and the manifest that says what they are."""

from pathlib import Path
from typing import Any

from react_tad.data.datasets import DataSet
from react_tad.data.download import obtain_all
from react_tad.files import write_json


def fetch_data_set(
    name: str, dataset: DataSet, options: Any, directory: Path, mirror: Path | None
) -> list[dict[str, Any]]:
    """Put a data set's files and ``manifest.json`` into ``directory``, and give the record of each file.

    Raises:
        DownloadError: see :func:`react_tad.data.download.obtain_all`; no manifest is written then.

    """
    directory.mkdir(parents=True, exist_ok=True)
    files = obtain_all(directory, dataset.published(options), mirror=mirror, folder=name)
    manifest = {
        "dataset": name,
        "options": options.model_dump(mode="json"),
        "files": files,
        "licence": dataset.LICENCE,
        "citation": dataset.CITATION,
    }
    write_json(directory / "manifest.json", manifest)
    return files
