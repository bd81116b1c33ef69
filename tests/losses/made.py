"""Pairs and predictions for the tests of single losses."""

import numpy as np
import torch

from react_tad.losses.targets import Match
from small import random_segments

OVERLAPS = ("exact", "released")
LAYERS, WINDOWS, QUERIES = 2, 3, 4
COUNTS = (2, 0, 1)
PAIRS = [
    [[(3, 0), (1, 1)], [], [(0, 0)]],
    [[(2, 1), (0, 0)], [], [(3, 0)]],
]
"""(query, instance) of each layer and window."""
SOME_PAIRS = {
    "all": PAIRS,
    "one": [[[(0, 0)], [], []], [[(2, 0)], [], []]],
    "none": [[[], [], []]] * LAYERS,
}


def match_of(layers, counts=COUNTS):
    """The pairs as the matching gives them."""
    first = np.cumsum((0, *counts[:-1])).tolist()
    rows = [
        [(window, query, first[window] + instance) for window, own in enumerate(pairs) for query, instance in own]
        for pairs in layers
    ]
    return Match(*torch.tensor(rows, dtype=torch.long).reshape(len(layers), -1, 3).unbind(dim=-1))


def predictions(random, *shape):
    """Random (center, width) of which some pass an end of the window, or both; NumPy ``[*shape, 2]``."""
    return random_segments(random, *shape) * np.array([1.6, 2.0]) - np.array([0.3, 0.0])
