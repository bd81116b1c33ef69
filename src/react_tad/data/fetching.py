"""Fetching a whole data set: its files and the manifest that says what they are."""

from pathlib import Path
from typing import Any

from react_tad.data.datasets import DataSet, own_files
from react_tad.data.download import obtain_all
from react_tad.data.own_files import checksums
from react_tad.files import write_json


def fetch_data_set(name: str, dataset: DataSet, options: Any, directory: Path, mirror: Path | None) -> dict[str, Any]:
    """Put a data set's files and ``manifest.json`` into ``directory``, and give the manifest.

    The user's own files stay where they are: the manifest has their checksums, under ``own_files``.

    Raises:
        DownloadError: see :func:`react_tad.data.download.obtain_all`; no manifest is written then.
        ValueError: the user's own files are not where the options say.

    """
    directory.mkdir(parents=True, exist_ok=True)
    files = obtain_all(directory, dataset.published(options), mirror=mirror, folder=name)
    own = checksums(own_files(dataset, options), directory)
    manifest = {
        "dataset": name,
        "options": options.model_dump(mode="json"),
        "files": files,
        "licence": dataset.LICENCE,
        "citation": dataset.CITATION,
    }
    if own:
        manifest["own_files"] = own
    write_json(directory / "manifest.json", manifest)
    return manifest


def listed(manifest: dict[str, Any], directory: Path) -> list[str]:
    """What was fetched into ``directory``, a line each, for the screen."""
    lines = [f"{directory / file['name']}: {file['bytes']} bytes from {file['source']}" for file in manifest["files"]]
    own = manifest.get("own_files", {})
    if own:
        size = sum(file["bytes"] for file in own.values())
        lines.append(f"own files: {len(own)}, {size} bytes, read where they are")
    return lines
