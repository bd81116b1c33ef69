"""What is known of a published file: its name, its address, and how to tell that it is the right one."""

from dataclasses import dataclass


class DownloadError(OSError):
    """A file that could not be had, or is not the one that was published; names the file and what to do."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A file as published. Where no sha256 is, that of the first use is recorded, and later uses must agree."""

    name: str
    """Its name where it is published, and in a mirror folder."""
    url: str | None = None
    """Where it is downloaded from; ``None`` for a repackaged copy that only mirrors have."""
    sha256: str | None = None
    md5: str | None = None
    bytes: int | None = None
    by_hand: str = ""
    """Why no program can fetch it from ``url``, such as "a folder of Google Drive"; empty if one can."""
