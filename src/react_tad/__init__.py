"""ReAct: Temporal Action Detection with Relational Queries (ECCV 2022), as a reproducible pipeline.

In Python, a trained model is used so; docs/python.md says more::

    from react_tad import load
    detections = load("results/toy/models/full/seed0").predict(features, seconds_per_snippet=0.5)
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from react_tad.detection.detector import Detector

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(folder: "str | os.PathLike[str]", *, device: str = "auto", threads: int | None = None) -> "Detector":
    """Load the folder of a model, such as ``results/toy/models/full/seed0``, to detect in new recordings.

    Args:
        folder: what ``react-tad package`` or ``react-tad import`` wrote.
        device: ``cpu``, ``cuda`` or ``auto`` (CUDA where there is one).
        threads: cores to compute on, deterministically, for the whole process; None leaves torch as it is set.

    Raises:
        ValueError: it is no such folder, or its files do not belong together.

    """
    # By name: no step of the pipeline depends on this (workflow/sources.py follows imports in functions too).
    return importlib.import_module("react_tad.detection.detector").Detector(folder, device=device, threads=threads)
