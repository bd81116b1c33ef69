"""From video to features: clips of frames go through a video network, one vector a clip.

PyAV decodes and ``transformers`` has the networks; both come with ``pip install -e '.[video]'``.
"""

from types import ModuleType


class MissingVideoExtra(ValueError):
    """A library that only videos need is not installed; says how to get it."""


def video_library(name: str) -> ModuleType:
    """Import ``av`` or ``transformers``.

    Raises:
        MissingVideoExtra: it is not installed.

    """
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingVideoExtra(
            f"videos need the Python package '{error.name}', which is not installed; pip install -e '.[video]' gets it"
        ) from error
