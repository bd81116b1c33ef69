"""Files on Google Drive, by gdown: large files behind a question whether to go on without a scan for viruses."""

import os
from pathlib import Path
from typing import Any

from tqdm import tqdm

from react_tad.data.published import DownloadError

TIMEOUT_SECONDS = 60
RETRIES = 3


def on_drive(url: str) -> bool:
    """Tell whether an address is one of Google Drive."""
    from gdown.parse_url import is_google_drive_url

    return is_google_drive_url(url)


def is_folder(url: str) -> bool:
    """Tell whether an address of Google Drive is no single file's."""
    from gdown.parse_url import parse_url

    return on_drive(url) and parse_url(url)[0] is None


class DriveDownloader:
    """A Pooch downloader for one file on Google Drive; goes on where the last attempt stopped.

    Args:
        destination: where the file is to be; what has arrived so far is beside it, as gdown names it.

    """

    def __init__(self, destination: Path):
        self.whole = destination.with_name(f"{destination.name}.drive")

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Download to ``output_file``, whose checksum Pooch then checks if one is known.

        Raises:
            DownloadError: Google does not give the file (not any more, or too often today), or the connection failed.

        """
        import gdown
        import requests
        from gdown.exceptions import DownloadError as DriveError

        with tqdm(desc=self.whole.stem, unit="B", unit_scale=True, delay=1) as bar:

            def progress(received: int, total: int | None) -> None:
                bar.total = total
                bar.update(received - bar.n)

            try:
                gdown.download(
                    url=url,
                    output=str(self.whole),
                    quiet=True,
                    resume=True,
                    use_cookies=False,
                    timeout=TIMEOUT_SECONDS,
                    retries=RETRIES,
                    progress=progress,
                )
            except (DriveError, requests.RequestException) as error:
                raise DownloadError(
                    f"{self.whole.stem} did not come whole from {url}: {error}. Run the same command again to go on "
                    "from there; or download it with a browser and put it, "
                    f"named {self.whole.stem}, into {self.whole.parent}"
                ) from error
        os.replace(self.whole, output_file)
