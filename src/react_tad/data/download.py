"""Getting published files whole and unchanged: from their address, or from a mirror folder.

Nothing appears under its final name before it is known to be the right file: by its published checksum, or, where none
is published, by that of its first use (:mod:`react_tad.data.first_use`). A download that breaks off is gone on with by
the next run (:mod:`react_tad.data.resuming`, :mod:`react_tad.data.drive`); Pooch, which does the rest, cannot do that
by itself. A file that arrives whole and wrong is thrown away.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from typing_extensions import TypedDict

from react_tad.data.drive import DriveDownloader, is_folder, on_drive
from react_tad.data.first_use import FirstUse
from react_tad.data.published import DownloadError, Published
from react_tad.data.resuming import OtherSize, ResumingDownloader
from react_tad.files import read_json, sha256, whole
from react_tad.params.section import checked


def obtain_all(
    directory: Path, files: Mapping[str, Sequence[Published]], *, mirror: Path | None = None, folder: str = ""
) -> list[dict[str, Any]]:
    """Put every file of a data set into ``directory``; see :func:`obtain`.

    Args:
        directory: where the files go.
        files: the versions of each, by the name that it gets.
        mirror: look here instead of downloading.
        folder: the data set's subfolder of the mirror.

    Returns:
        The record of each file, in the order of ``files``.

    Raises:
        DownloadError: one or more cannot be had; says so of each of them, after all others were got.

    """
    records, errors = [], []
    for name, versions in files.items():
        try:
            records.append(obtain(directory / name, versions, mirror=mirror, folder=folder))
        except DownloadError as error:
            errors.append(error)
    if errors:
        raise DownloadError("\n".join(map(str, errors))) from errors[0]
    return records


def obtain(
    destination: Path, versions: Sequence[Published], *, mirror: Path | None = None, folder: str = ""
) -> dict[str, Any]:
    """Put one of ``versions`` of a file at ``destination``, unless it is there already.

    A file that a person put there is taken if nothing is known that it contradicts.

    Args:
        destination: where the file goes.
        versions: files with the same content of interest, such as an archive and its repackaged copy; the first with
            an address is the one that is downloaded.
        mirror: look here instead of downloading, in the folder itself and in its subfolder ``folder``.
        folder: the data set's subfolder of the mirror.

    Returns:
        ``{"name", "source", "sha256", "bytes"}`` of what is there now, and ``"recorded_on_first_use": True`` if the
        sha256 is not a published one.

    Raises:
        DownloadError: it cannot be had; names the file and the address or the places that were searched, and says what
            to do by hand where no program can fetch it.

    """
    first_use = FirstUse(destination.parent)
    versions = [first_use.expected(version) for version in versions]
    version = _already(destination, versions)
    if version is None and mirror is not None:
        version = _copy_from_mirror(destination, versions, mirror, folder, first_use)
    elif version is None:
        version = _download(destination, versions, first_use)
    size = destination.stat().st_size
    digest = version.sha256 or sha256(destination)
    if version.sha256 is None:
        first_use.remember(version, digest, size)
        if (version.url or "").startswith("http://") and not version.md5 and mirror is None:
            print(
                f"{destination}: came over plain http and no checksum is published, so nothing tells that it is the "
                f"right file. Compare its sha256, {digest}, with somebody else's; it is required from now on",
                file=sys.stderr,
            )
    record = {"name": destination.name, "source": version.url or version.name, "sha256": digest, "bytes": size}
    return record | ({"recorded_on_first_use": True} if version in first_use else {})


def _digests(path: Path) -> Callable[[str], str]:
    """Function from the name of a hash to the file's; each is computed once."""

    @cache
    def digest(kind: str) -> str:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, kind).hexdigest()

    return digest


def fault(path: Path, version: Published, digest: Callable[[str], str] | None = None) -> str | None:
    """Say what is wrong with a file, compared with all that is known of it: ``None`` if nothing is."""
    digest = digest or _digests(path)
    size = path.stat().st_size
    for kind, expected in (("sha256", version.sha256), ("md5", version.md5)):
        if expected is not None and (found := digest(kind)) != expected:
            return f"{kind} {found}, expected {expected}"
    if version.bytes is not None and size != version.bytes:
        return f"{size} bytes, expected {version.bytes}"
    return None


def _already(destination: Path, versions: Sequence[Published]) -> Published | None:
    if not destination.is_file():
        return None
    digest = _digests(destination)
    known_first = sorted(versions, key=lambda version: not (version.sha256 or version.md5))
    return next((version for version in known_first if fault(destination, version, digest) is None), None)


def _copy_from_mirror(
    destination: Path, versions: Sequence[Published], mirror: Path, folder: str, first_use: FirstUse
) -> Published:
    places = [(root / version.name, version) for version in versions for root in (mirror, mirror / folder)]
    for path, version in places:
        if path.is_file():
            with whole(destination) as temporary:
                shutil.copyfile(path, temporary)
                wrong = fault(temporary, version)
                if wrong:
                    raise DownloadError(
                        f"{path}: {wrong}: damaged or another version; replace it{first_use.hint(version)}"
                    )
            return version
    searched = ", ".join(str(path) for path, _ in places)
    raise DownloadError(
        f"{destination.name} is not in the mirror folder; searched {searched}. {_without_mirror(destination, versions)}"
    )


def _without_mirror(destination: Path, versions: Sequence[Published]) -> str:
    version = next((version for version in versions if version.url), None)
    if version is not None and not _why_by_hand(version):
        return f"Without a mirror it is downloaded from {version.url}"
    return "To have it: " + by_hand(destination, versions)


def _why_by_hand(version: Published) -> str:
    return version.by_hand or ("a folder of Google Drive" if is_folder(version.url) else "")


def by_hand(destination: Path, versions: Sequence[Published]) -> str:
    """What a person has to do to get a file that no program can fetch."""
    version = next((version for version in versions if version.url), versions[0])
    place = f"from {version.url} ({_why_by_hand(version)})" if version.url else "from whoever has it"
    return (
        f"get '{version.name}' {place} and put it, named {destination.name}, into {destination.parent}; "
        f"or, as '{version.name}', into a mirror folder (--mirror, REACT_TAD_MIRROR)"
    )


def _download(destination: Path, versions: Sequence[Published], first_use: FirstUse) -> Published:
    import pooch

    version = next((version for version in versions if version.url), None)
    if version is None or _why_by_hand(version):
        there = f"{destination} is there and is not the right file. " if destination.is_file() else ""
        raise DownloadError(
            f"{there}{destination.name} has to be fetched by hand: {by_hand(destination, versions)}"
            + (first_use.hint(version) if there and version else "")
        )
    if on_drive(version.url):
        downloader = DriveDownloader(destination)
    else:
        downloader = ResumingDownloader(destination.with_name(f"{destination.name}.part"), version)
    known_hash = _pooch_hash(version)
    if known_hash is None:
        destination.unlink(missing_ok=True)  # it has the wrong size; Pooch would take it all the same
    try:
        pooch.retrieve(
            version.url,
            known_hash=known_hash,
            fname=destination.name,
            path=destination.parent,
            downloader=downloader,
        )
    except OtherSize as error:
        raise DownloadError(f"{error}{first_use.hint(version)}") from error
    except ValueError as error:  # Pooch's word for another checksum; it has deleted the file
        raise DownloadError(
            f"{destination}: {version.url} sent another file than was published: {error}{first_use.hint(version)}"
        ) from error
    if known_hash is None and (wrong := fault(destination, version)):
        destination.unlink()
        raise DownloadError(f"{destination}: {version.url} sent another file than was published: {wrong}")
    return version


def _pooch_hash(version: Published) -> str | None:
    known = ((kind, getattr(version, kind)) for kind in ("sha256", "md5"))
    return next((f"{kind}:{value}" for kind, value in known if value), None)


class _File(TypedDict):
    """A file that was fetched."""

    __pydantic_config__ = ConfigDict(extra="allow")  # what else is recorded of it goes on

    name: str
    sha256: str


class _Manifest(TypedDict):
    """What is read of the manifest of a raw folder."""

    dataset: str
    files: list[_File]


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
    manifest = checked(_Manifest, read_json(manifest_path), str(manifest_path))
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
