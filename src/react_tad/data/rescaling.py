"""Rescaling of a video's features to a fixed number of snippets by linear interpolation (section 4.1, ActivityNet).

``T`` snippets and ``length`` rescaled ones cover the same time, each its own equal part of it. In the unit of the
original snippets, rescaled snippet ``i`` is centred at ``(i + 0.5) * T / length``, and takes the features there:
between the centres ``k + 0.5`` of two original snippets a weighted mean of both, before the first and after the last
centre theirs. So a time in seconds is at the same place before and after. This is PyTorch's ``interpolate`` with
``align_corners=False``, one of the ways that OpenTAD offers. BSN's ``resizeFeature`` puts the first centres on each
other, and the last, which shifts what happens near the ends by up to half a rescaled snippet.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from react_tad.data.datasets import LazyFeatures

LONGEST = 100_000
"""Snippets that a video may be rescaled to: a day has 86,400 seconds."""


def rescale(features: np.ndarray, length: int) -> np.ndarray:
    """Rescale ``[T >= 1, dimension]`` to float32 ``[length, dimension]``."""
    snippets = len(features)
    position = ((np.arange(length) + 0.5) * snippets / length - 0.5).clip(0, snippets - 1)
    before = np.floor(position).astype(int)
    after = np.minimum(before + 1, snippets - 1)
    share = (position - before)[:, None]
    return ((1 - share) * features[before] + share * features[after]).astype(np.float32)


def rescaled(features: LazyFeatures, length: int) -> LazyFeatures:
    """The same for features that are not read yet."""
    return replace(features, shape=(length, features.shape[1]), load=partial(_load, features, length))


def _load(features: LazyFeatures, length: int) -> np.ndarray:
    return rescale(np.asarray(features), length)
