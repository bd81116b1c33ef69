"""A tiny network, and a film for it."""

import pytest

from films import tiny_backbone


@pytest.fixture(scope="session")
def backbone_folder(tmp_path_factory):
    """A tiny VideoMAE of random weights; do not change it."""
    return tiny_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture(scope="session")
def backbone(backbone_folder):
    """The same, loaded."""
    from react_tad.extraction.backbone import load_backbone

    return load_backbone(backbone_folder)
