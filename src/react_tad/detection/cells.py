"""Scored segments, laid out so that Soft-NMS takes many winners at once and gives to the bit what one by one gives.

Taken one by one, a segment only changes the scores of those that overlap with it. So a segment can be taken before its
turn if no other that overlaps with it, or with one that overlaps with it, has a higher score: nothing changes its own
score any more, and the scores that it changes are changed by it next, so that they are multiplied in the same order.

A *group* is what decays each other. Its segments, by their start, are cut into *cells* such that segments that
overlap, or overlap with the same one, are in one cell or in two adjacent ones. A cell whose best score is higher than
those of both its neighbours gives a winner: all cells of all groups of many videos in one step. The segments of a cell
are stored in *rows* of equal length: a winner looks only at rows that reach its time and whose best score can still be
taken.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from react_tad import segments

GONE = -1.0
"""Score of what is taken, or dropped by ``hard``: below every floor."""
WIDTHS = (8, 32)
"""Shortest and longest row."""
BLOCK = 1 << 14
"""Pairs of segments that are computed at once, so that they stay in the cache."""


def keys(group: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
    """For each of ``values``, integers in the order of (group, value): the group and the leading bits of the value.

    Values that differ only after those get the same integer.

    ``group`` [N] are integers >= 0, ``values`` [N] float64.
    """
    shift = int(group.max(initial=0)).bit_length() + 1
    made = []
    for value in values:
        bits = (value + 0.0).view(np.int64)  # 0.0 and -0.0 are equal
        bits ^= (bits >> 63) & np.int64(2**63 - 1)  # integers in the order of the numbers, negative ones too
        bits >>= shift
        bits += np.int64(1) << (63 - shift)
        bits += group.astype(np.int64) << (64 - shift)
        made.append(bits)
    return made


def ordered(group: np.ndarray, value: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """Indices by ``group``, then ``value``, then the others: ``np.lexsort``, but faster where values differ."""
    (key,) = keys(group, value)
    order = np.argsort(key)
    key = key[order]
    same = key[1:] == key[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    index = order[tied]
    columns = (value, *others)
    order[tied] = index[np.lexsort((index, *(column[index] for column in reversed(columns)), group[index]))]
    return order


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """N segments of some length by group, start, end and label, with the scores that they have by now."""

    start: np.ndarray
    end: np.ndarray
    score: np.ndarray
    first_score: np.ndarray
    """Before any decay: of equal scores the one with the higher first score goes first."""
    group: np.ndarray
    """Integers >= 0."""
    video: np.ndarray
    index: np.ndarray
    """Where the caller has them."""

    def __len__(self) -> int:
        return len(self.start)

    def those(self, which: np.ndarray) -> "Candidates":
        """The part that a mask or indices select."""
        return Candidates(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


class Cells:
    """``C`` cells of candidates in ``R`` rows of ``W`` slots.

    Arrays of slots are [W, R], so that NumPy's loops are long; a slot is named by its number in these.

    Slots without a segment, and those of segments that were taken, have the score ``GONE`` and no length.
    """

    def __init__(self, candidates: Candidates):
        self.candidates = candidates
        count = len(candidates)
        begin = _cut(candidates)
        self.size = len(begin)
        width = self.width = min(max(1 << round(math.log2(count / self.size)), WIDTHS[0]), WIDTHS[1])
        size = np.diff(begin, append=count)
        rows = -(-size // width)
        self.first_row = np.append(0, np.cumsum(rows))  # [C + 1]
        total = int(self.first_row[-1])
        row, column = np.divmod(np.arange(count) + np.repeat(self.first_row[:-1] * width - begin, size), width)
        self.slot = column * total + row  # [N], of each candidate
        self.position = np.empty(width * total, dtype=np.int64)  # [W * R], the candidate of a slot
        self.position[self.slot] = np.arange(count)
        self.start, self.end = (self._in_slots(times, 0.0) for times in (candidates.start, candidates.end))
        self.score = self._in_slots(candidates.score, GONE)
        self.row_start, self.row_end, self.row_best = self.start[0], self.end.max(axis=0), self.score.max(axis=0)
        self.video = candidates.video[begin]  # [C]
        self.row_video = np.repeat(self.video, rows)  # [R]
        # Adjacent cells in the same group; C, which never wins, where there is none.
        cell, group = np.arange(self.size), candidates.group[begin]
        alone = group[1:] != group[:-1]
        self.left = np.append(self.size, np.where(alone, self.size, cell[:-1]))
        self.right = np.append(np.where(alone, self.size, cell[1:]), self.size)
        self.reach = (  # [C] twice: the rows of a cell and its neighbours
            self.first_row[np.minimum(self.left, cell)],
            self.first_row[np.where(self.right < self.size, self.right, cell) + 1],
        )
        self._turn = np.empty(total, dtype=np.int64)

    def _in_slots(self, values: np.ndarray, empty: float) -> np.ndarray:
        slots = np.full((self.width, len(self.position) // self.width), empty)
        slots.reshape(-1)[self.slot] = values
        return slots

    def scores(self) -> np.ndarray:
        """[N], the scores of the candidates by now."""
        return self.score.reshape(-1)[self.slot]

    def winners(self, bar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cells that give a winner and its slot, both [K]; K = 0 if no score reaches the ``bar`` of its video.

        ``bar`` [number of videos].
        """
        best = np.append(np.maximum.reduceat(self.row_best, self.first_row[:-1]), 2 * GONE)
        own, left, right = best[:-1], best[self.left], best[self.right]
        cell = np.flatnonzero((own >= left) & (own >= right) & (own >= bar[self.video]))
        if not len(cell):
            return cell, cell
        slot = self._first_with(cell, own[cell])
        if (own[cell] > left[cell]).all() and (own[cell] > right[cell]).all():
            return cell, slot
        return self._before_their_equals(cell, slot, best)

    def _first_with(self, cell: np.ndarray, best: np.ndarray) -> np.ndarray:
        """The slot of the best score of each of these cells; of equal ones with the highest first score."""
        which, row = _ranges(self.first_row[cell], self.first_row[cell + 1])
        holds = self.row_best[row] == best[which]
        which, row = which[holds], row[holds]
        equal = np.take(self.score, row, axis=1, mode="clip") == best[which]  # [W, K]
        if np.count_nonzero(equal) == len(cell):
            column = (equal * np.arange(self.width, dtype=np.int8)[:, None]).max(axis=0)
            return column.astype(np.int64) * self.score.shape[1] + row
        column, at = np.nonzero(equal)
        which, slot = which[at], column * self.score.shape[1] + row[at]
        position = self.position[slot]
        order = np.lexsort((position, -self.candidates.first_score[position], which))
        which, slot = which[order], slot[order]
        return slot[np.flatnonzero(np.diff(which, prepend=-1))]

    def _before_their_equals(
        self, cell: np.ndarray, slot: np.ndarray, best: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of these cells those that also go before a neighbour with an equal score.

        One whose equal neighbour has a better neighbour itself waits for that one.
        """
        first_score = np.full(self.size + 1, np.inf)
        first_score[cell] = self.candidates.first_score[self.position[slot]]
        own = first_score[cell]
        left, right = self.left[cell], self.right[cell]
        good = (best[left] < best[cell]) | (own > first_score[left])
        good &= (best[right] < best[cell]) | (own >= first_score[right])
        return cell[good], slot[good]

    def take(self, cell: np.ndarray, slot: np.ndarray, bar: np.ndarray, decay: "Decay") -> int:
        """Take these winners and decay what overlaps with them; gives the number of pairs that were computed."""
        winner = np.stack((self.start.reshape(-1)[slot], self.end.reshape(-1)[slot]))  # [2, K]
        start, end = winner
        self.score.reshape(-1)[slot], self.end.reshape(-1)[slot] = GONE, start  # without length: no overlap
        which, row = _ranges(self.reach[0][cell], self.reach[1][cell])
        near = np.flatnonzero((self.row_start[row] < end[which]) & (self.row_end[row] > start[which]))
        which, row = which[near], row[near]
        alive = np.flatnonzero(self.row_best[row] >= bar[self.row_video[row]])
        which, row = which[alive], row[alive]
        # A row between two winners is computed for one and then for the other: they have no segment in common.
        turn = np.arange(len(row))
        self._turn[row] = turn
        last = self._turn[row] == turn
        for part in (slice(None),) if last.all() else (last, ~last):
            self._decay(winner, which[part], row[part], decay)
        return len(row) * self.width

    def _decay(self, winner: np.ndarray, which: np.ndarray, row: np.ndarray, decay: "Decay") -> None:
        """Decay row ``row[i]`` by winner ``which[i]``; no row stands there twice."""
        step = BLOCK // self.width
        for first in range(0, len(row), step):
            rows, own = row[first : first + step], winner[:, which[first : first + step]]
            both = np.empty((2, self.width, len(rows)))
            np.take(self.start, rows, axis=1, out=both[0], mode="clip")
            np.take(self.end, rows, axis=1, out=both[1], mode="clip")
            overlaps = segments.iou(np.moveaxis(own, 0, -1), np.moveaxis(both, 0, -1))  # [W, number of rows]
            decayed = decay.of(np.take(self.score, rows, axis=1, mode="clip"), overlaps)
            for column, values in zip(self.score, decayed, strict=True):  # faster than [:, rows]
                column[rows] = values
            self.row_best[rows] = decayed.max(axis=0)


@dataclass(frozen=True, kw_only=True)
class Decay:
    """How scores fall with the tIoU with what is taken."""

    method: str
    sigma: float
    iou_threshold: float

    def of(self, scores: np.ndarray, overlaps: np.ndarray) -> np.ndarray:
        """``scores`` decayed; what has no overlap stays as it is."""
        if self.method == "gaussian":
            return scores * np.exp(overlaps**2 / -self.sigma)
        touched = overlaps > self.iou_threshold
        return np.where(touched, scores * (1 - overlaps) if self.method == "linear" else GONE, scores)


def _cut(candidates: Candidates) -> np.ndarray:
    """Where cells begin, such that segments that overlap, or overlap with the same one, are at most one cell apart.

    Nothing before ``low[i]`` overlaps with i or what comes after i, and nothing before ``low[low[i]]`` overlaps with
    what overlaps with them. So a cell may begin at the first i for which that is after the beginning of the cell
    before.
    """
    start, end = keys(candidates.group, candidates.start, candidates.end)
    low = np.searchsorted(np.maximum.accumulate(end), start)
    np.minimum(low, np.arange(len(low)), out=low)
    low = low[low]
    begin = np.flatnonzero(np.diff(candidates.group, prepend=-1))
    found, stop = [begin], np.append(begin[1:], len(low))
    while len(begin):
        begin = np.searchsorted(low, begin + 1)
        more = begin < stop
        begin, stop = begin[more], stop[more]
        found.append(begin)
    return np.sort(np.concatenate(found))


def _ranges(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(i, integer) for the integers from ``first[i]`` to ``last[i] - 1``, one range after another."""
    size = last - first
    which = np.repeat(np.arange(len(size)), size)
    return which, np.arange(len(which)) + (first - np.cumsum(size) + size)[which]
