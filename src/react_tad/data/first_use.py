"""Checksums of files that were published without any: recorded on first use, and required from then on.

They are in ``checksums.json`` beside the downloads: ``{name: {"sha256", "bytes", "source"}}``.
"""

from dataclasses import replace
from pathlib import Path

from typing_extensions import TypedDict

from react_tad.data.published import Published
from react_tad.files import read_json, write_json
from react_tad.params.section import checked

CHECKSUMS = "checksums.json"


class _Record(TypedDict):
    """What is recorded of a file."""

    sha256: str
    bytes: int
    source: str


class FirstUse:
    """The recorded checksums of one folder of downloads."""

    def __init__(self, folder: Path):
        self.path = folder / CHECKSUMS
        found = read_json(self.path) if self.path.is_file() else {}
        self.records = checked(dict[str, _Record], found, str(self.path))

    def __contains__(self, version: Published) -> bool:
        """Tell whether the sha256 that is required of ``version`` is a recorded one."""
        return version.name in self.records

    def expected(self, version: Published) -> Published:
        """Give ``version`` with its recorded size and sha256, if no sha256 is published and it was used before."""
        record = self.records.get(version.name)
        if version.sha256 is not None or record is None:
            return version
        return replace(version, sha256=record["sha256"], bytes=record["bytes"])

    def remember(self, version: Published, sha256: str, size: int) -> None:
        """Record what ``version`` was when it was first used."""
        self.records[version.name] = {"sha256": sha256, "bytes": size, "source": version.url or version.name}
        write_json(self.path, dict(sorted(self.records.items())))

    def hint(self, version: Published) -> str:
        """What to do about a file that is not what it was; empty if its checksum was published."""
        if version not in self:
            return ""
        return (
            f". None is published; this one was recorded on first use in {self.path}: "
            f"remove '{version.name}' there if another file is right now"
        )
