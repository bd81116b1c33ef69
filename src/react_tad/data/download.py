"""Getting published files whole and unchanged: from their address, or from a mirror folder.

Every file has a known size and sha256. Nothing appears under its final name before both are right. A download that
breaks off leaves ``NAME.part`` beside the destination, and the next run goes on from there (HTTP ranges); Pooch, which
does the rest, cannot do that by itself. A file that arrives whole and wrong is thrown away.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from react_tad.files import read_json, sha256, whole

TIMEOUT_SECONDS = 60
_CHUNK_BYTES = 1 << 16


class DownloadError(OSError):
    """A file that could not be had, or is not the one that was published; names the file and what to do."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A file as published."""

    name: str
    """Its name in a mirror folder."""
    sha256: str
    bytes: int
    url: str | None = None
    """Where it is downloaded from; ``None`` for a repackaged copy that only mirrors have."""


class ResumingDownloader:
    """A Pooch downloader that goes on where the last attempt stopped.

    Args:
        partial: file that holds what has arrived so far, on the file system of the destination.
        size: bytes of the whole file.

    """

    def __init__(self, partial: Path, size: int):
        self.partial = partial
        self.size = size

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Complete the partial file and move it to ``output_file``, whose sha256 Pooch then checks.

        Raises:
            DownloadError: the connection failed or ended early, the server refused, or the disk is full.

        """
        import requests

        if self._received() > self.size:
            self.partial.unlink()
        try:
            if self._received() < self.size:
                self._receive(url)
        except requests.RequestException as error:
            raise self._error(url, str(error)) from error
        except OSError as error:
            raise self._error(url, f"cannot write: {error.strerror}") from error
        if self._received() != self.size:
            raise self._error(url, "the server sent another number of bytes")
        os.replace(self.partial, output_file)

    def _received(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def _error(self, url: str, reason: str) -> DownloadError:
        return DownloadError(
            f"{self.partial}: {self._received()} of {self.size} bytes from {url}: {reason}. "
            "Run the same command again to go on from there, or give a mirror folder"
        )

    def _receive(self, url: str) -> None:
        """Append what is missing; a server that knows no ranges sends everything again."""
        import requests

        have = self._received()
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self.partial.unlink()  # what is there is not the beginning of what the server has
            response.raise_for_status()
            goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            start, mode = (have, "ab") if goes_on else (0, "wb")
            bar = tqdm(desc=self.partial.stem, total=self.size, initial=start, unit="B", unit_scale=True, delay=1)
            with open(self.partial, mode) as handle, bar:
                for chunk in response.iter_content(_CHUNK_BYTES):
                    handle.write(chunk)
                    bar.update(len(chunk))


def obtain(
    destination: Path, versions: Sequence[Published], *, mirror: Path | None = None, folder: str = ""
) -> dict[str, Any]:
    """Put one of ``versions`` of a file at ``destination``, unless it is there already.

    Args:
        destination: where the file goes.
        versions: files with the same content of interest, such as an archive and its repackaged copy; the first with
            an address is the one that is downloaded.
        mirror: look here instead of downloading, in the folder itself and in its subfolder ``folder``.
        folder: the data set's subfolder of the mirror.

    Returns:
        ``{"name", "source", "sha256", "bytes"}`` of what is there now.

    Raises:
        DownloadError: it cannot be had; names the file and the address or the places that were searched.

    """
    version = _already(destination, versions)
    if version is None and mirror is not None:
        version = _copy_from_mirror(destination, versions, mirror, folder)
    elif version is None:
        version = _download(destination, versions)
    return {
        "name": destination.name,
        "source": version.url or version.name,
        "sha256": version.sha256,
        "bytes": version.bytes,
    }


def _already(destination: Path, versions: Sequence[Published]) -> Published | None:
    if not destination.is_file():
        return None
    found = sha256(destination)
    return next((version for version in versions if version.sha256 == found), None)


def _copy_from_mirror(destination: Path, versions: Sequence[Published], mirror: Path, folder: str) -> Published:
    places = [(root / version.name, version) for version in versions for root in (mirror, mirror / folder)]
    for path, version in places:
        if path.is_file():
            with whole(destination) as temporary:
                shutil.copyfile(path, temporary)
                found = sha256(temporary)
                if found != version.sha256:
                    raise DownloadError(
                        f"{path}: sha256 {found}, expected {version.sha256}: damaged or another version; replace it"
                    )
            return version
    searched = ", ".join(str(path) for path, _ in places)
    raise DownloadError(
        f"{destination.name} is not in the mirror folder; searched {searched}. Without a mirror it is downloaded"
    )


def _download(destination: Path, versions: Sequence[Published]) -> Published:
    import pooch

    version = next(version for version in versions if version.url)
    try:
        pooch.retrieve(
            version.url,
            known_hash=f"sha256:{version.sha256}",
            fname=destination.name,
            path=destination.parent,
            downloader=ResumingDownloader(destination.with_name(f"{destination.name}.part"), version.bytes),
        )
    except ValueError as error:  # Pooch's word for another sha256; it has deleted the file
        raise DownloadError(f"{destination}: {version.url} sent another file than was published: {error}") from error
    return version


def verify_raw(directory: str | Path, dataset: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Check the files of a raw folder against its manifest.

    Args:
        directory: folder that ``react-tad fetch`` wrote.
        dataset: data set that it should belong to.
        names: files that the data set needs; none needs no folder either.

    Returns:
        The manifest's record of each file, in the order of ``names``.

    Raises:
        DownloadError: a file is missing or damaged, or the folder belongs to another data set.

    """
    if not names:
        return []
    manifest_path = Path(directory) / "manifest.json"
    if not manifest_path.is_file():
        raise DownloadError(f"{manifest_path} does not exist; run 'react-tad fetch' first")
    manifest = read_json(manifest_path)
    if manifest["dataset"] != dataset:
        raise DownloadError(f"{manifest_path} belongs to data set '{manifest['dataset']}', not to '{dataset}'")
    records = {record["name"]: record for record in manifest["files"]}
    for name in names:
        path = Path(directory) / name
        if name not in records or not path.is_file():
            raise DownloadError(f"{path} is missing; run 'react-tad fetch' again")
        found = sha256(path)
        if found != records[name]["sha256"]:
            raise DownloadError(
                f"{path}: sha256 {found}, expected {records[name]['sha256']}; run 'react-tad fetch' again"
            )
    return [records[name] for name in names]
