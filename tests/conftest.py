"""What the tests of several modules need. Everything computes on one thread."""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folder with a data set of nine recordings, as the pipeline writes it; do not change it."""
    from small import write_data

    return write_data(tmp_path_factory.mktemp("tiny"))
