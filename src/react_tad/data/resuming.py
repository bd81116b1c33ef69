"""Downloads over HTTP that go on where the last attempt broke off.

What has arrived is in ``NAME.part``. Where the file's checksum is known, the rest is asked for and the checksum tells
whether it fits. Where none is, the rest is asked for only of the same file (``If-Range``, with the server's ETag or
date kept in ``NAME.part.version``): two versions of a file could not be told from one otherwise.
"""

import os
import re
from pathlib import Path
from typing import Any

from tqdm import tqdm

from react_tad.data.published import DownloadError, Published

TIMEOUT_SECONDS = 60
_CHUNK_BYTES = 1 << 16


class OtherSize(DownloadError):
    """A server sends another number of bytes than the file has."""


class ResumingDownloader:
    """A Pooch downloader that goes on where the last attempt stopped.

    Args:
        partial: file that holds what has arrived so far, on the file system of the destination.
        version: the file; its size and checksum are used where they are known.

    """

    def __init__(self, partial: Path, version: Published):
        self.partial = partial
        self.size = version.bytes
        self.checked = bool(version.sha256 or version.md5)
        self.validator = partial.with_name(f"{partial.name}.version")

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Complete the partial file and move it to ``output_file``, whose checksum Pooch then checks.

        Raises:
            DownloadError: the connection failed or ended early, the server refused, does not say how long the file is
                or sends another length than the published one, or the disk is full.

        """
        import requests

        if self.size is not None and self._received() > self.size:
            self._start_anew()
        try:
            if self.size is None or self._received() < self.size:
                self._receive(url)
        except requests.RequestException as error:
            raise self._error(url, str(error)) from error
        except DownloadError:
            raise
        except OSError as error:
            raise self._error(url, f"cannot write: {error.strerror}") from error
        if self._received() != self.size:
            raise self._error(url, "the server sent another number of bytes")
        os.replace(self.partial, output_file)
        self.validator.unlink(missing_ok=True)

    def _received(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def _start_anew(self) -> None:
        self.partial.unlink(missing_ok=True)
        self.validator.unlink(missing_ok=True)

    def _error(self, url: str, reason: str) -> DownloadError:
        return DownloadError(
            f"{self.partial}: {self._received()} of {'an unknown number of' if self.size is None else self.size} bytes "
            f"from {url}: {reason}. Run the same command again to go on from there, or give a mirror folder"
        )

    def _other_size(self, url: str, size: int, more: str = "") -> OtherSize:
        self._start_anew()
        return OtherSize(
            f"{self.partial.with_suffix('')}: {url} sends {size} bytes{more}, and the published file has "
            f"{self.size}: another file; nothing of it was kept"
        )

    def _receive(self, url: str) -> None:
        """Append what is missing; a server that knows no ranges sends everything again."""
        import requests

        have = self._received()
        headers = {"Accept-Encoding": "identity"} | self._range(have)
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if self.size is None and response.headers.get("Content-Range") == f"bytes */{have}":
                    self.size = have  # all was there already
                    return
                self._start_anew()  # what is there is not the beginning of what the server has
            response.raise_for_status()
            goes_on = have > 0 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            start, mode = (have, "ab") if goes_on else (0, "wb")
            if self.size is None:
                self.size = _whole_size(response)
            if self.size is None:
                raise self._error(url, "the server does not say how long it is, so that it cannot be told to be whole")
            said = _whole_size(response)
            if said is not None and said != self.size:
                raise self._other_size(url, said)
            if not goes_on:
                self._keep_validator(response)
            bar = tqdm(desc=self.partial.stem, total=self.size, initial=start, unit="B", unit_scale=True, delay=1)
            with open(self.partial, mode) as handle, bar:
                received = start
                for chunk in response.iter_content(_CHUNK_BYTES):
                    received += len(chunk)
                    if received > self.size:  # whatever it is, it is not kept
                        raise self._other_size(url, received, " or more")
                    handle.write(chunk)
                    bar.update(len(chunk))

    def _range(self, have: int) -> dict[str, str]:
        """Headers that ask for the rest only, if there is a way to tell that it belongs to what is there."""
        if not have:
            return {}
        if self.checked:
            return {"Range": f"bytes={have}-"}
        if self.validator.is_file():
            return {"Range": f"bytes={have}-", "If-Range": self.validator.read_text(encoding="utf-8")}
        return {}

    def _keep_validator(self, response: Any) -> None:
        value = response.headers.get("ETag") or response.headers.get("Last-Modified")
        if value and not self.checked:
            self.validator.write_text(value, encoding="utf-8")
        else:
            self.validator.unlink(missing_ok=True)


def _whole_size(response: Any) -> int | None:
    """Bytes of the whole file, as the server says; ``None`` if it does not."""
    ranged = re.fullmatch(r"bytes \d+-\d+/(\d+)", response.headers.get("Content-Range", ""))
    said = ranged[1] if ranged else response.headers.get("Content-Length", "")
    return int(said) if said.isdigit() else None
