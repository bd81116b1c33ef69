"""What the tests of several modules need. Everything computes on one thread."""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folder with a data set of nine recordings, as the pipeline writes it; do not change it."""
    from small import write_data

    return write_data(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_model(tiny, tmp_path_factory):
    """Folder of a model for use that was trained on :func:`tiny`; do not change it."""
    from small import write_model

    return write_model(tiny, tmp_path_factory.mktemp("tiny model"))
