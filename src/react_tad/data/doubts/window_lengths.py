"""Instances that no window holds, as they are longer, and such that are shorter than a snippet."""

from collections.abc import Iterator, Sequence

import numpy as np

SHARE = 0.05
"""Of the instances, from which on a count is a doubt. In THUMOS14 0.2 % are longer than 256 snippets, and in
ActivityNet-1.3, with 100 snippets a video, 1.8 % are shorter than one."""
HELD = 0.99
"""Share of the instances that a proposed window holds."""


def doubtful_lengths(lengths: Sequence[float], *, length: int, min_inside: float, seconds: float) -> Iterator[str]:
    """Sentences on one split, where more than :data:`SHARE` of its instances are concerned.

    Args:
        lengths: of the instances, in snippets.
        length: of a window, in snippets.
        min_inside: share of an instance that a window has to hold.
        seconds: a snippet, in the middle of the recordings.

    """
    yield from (said for share, said in _counted(lengths, length, min_inside, seconds) if share > SHARE)


def remarkable_lengths(lengths: Sequence[float], *, length: int, min_inside: float, seconds: float) -> Iterator[str]:
    """The same, where it is fewer of them."""
    yield from (said for share, said in _counted(lengths, length, min_inside, seconds) if share <= SHARE)


def _counted(lengths: Sequence[float], length: int, min_inside: float, seconds: float) -> Iterator[tuple[float, str]]:
    """Shares above 0, with a sentence."""
    snippets = np.asarray(lengths, np.float64)
    longer, shorter = snippets > length, snippets < 1
    if longer.any():
        lost = int((snippets * min_inside > length).sum())
        enough, longest = np.ceil(np.quantile(snippets, HELD, method="higher")), np.ceil(snippets.max())
        most = f"{enough:.0f} would hold {HELD:.0%}, and " if length < enough < longest else ""
        yield (
            longer.mean(),
            f"{longer.sum()} of {len(snippets)} instances ({longer.mean():.1%}) are longer than a window of {length} "
            f"snippets ({length * seconds:.3g} s), and {lost} have less than {min_inside:.0%} in any. "
            f"windows.length: {length} -> {most}{longest:.0f} would hold all",
        )
    if shorter.any():
        yield (
            shorter.mean(),
            f"{shorter.sum()} of {len(snippets)} instances ({shorter.mean():.1%}) are shorter than one snippet "
            f"({seconds:.3g} s), the shortest {snippets.min():.2g} of one: features of shorter snippets would show "
            "them; windows.length does not help",
        )
