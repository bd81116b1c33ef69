"""Features that are no numbers: found before anything is made of them."""

import mmap
from pathlib import Path

import numpy as np


class FeatureError(ValueError):
    """Features that cannot be used; names the file, the video, the value and what would be right."""


BLOCK_NUMBERS = 1 << 20
"""Numbers that are looked at at a time."""


def check_finite(features: np.ndarray, video: str, where: str | Path) -> None:
    """Refuse features ``[snippets, dimension]`` that are not all finite, also as float32.

    Names the video, the snippet and the value. Looks at a part at a time; of what is mapped from a file, no more than
    that is in memory.
    """
    largest = np.finfo(np.float32).max
    step = max(BLOCK_NUMBERS // max(features.shape[1], 1), 1)
    for first in range(0, len(features), step):
        block = features[first : first + step]
        fine = np.isfinite(block) if block.dtype.itemsize <= 4 else np.abs(block) <= largest
        if not fine.all():
            snippet = int(np.argmin(fine.all(axis=1)))
            value = block[snippet][~fine[snippet]][0]
            expected = f"at most {largest:.4g}, as float32 holds" if np.isfinite(value) else "finite"
            raise FeatureError(
                f"{where}: video '{video}', snippet {first + snippet}: a feature is {value}; all must be {expected}"
            )
        if isinstance(features.base, mmap.mmap):
            features.base.madvise(mmap.MADV_DONTNEED)
