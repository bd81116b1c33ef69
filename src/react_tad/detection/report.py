"""What was found in new recordings, and how fast, as lines of text."""

from collections.abc import Mapping

import numpy as np

from react_tad.detection.predictions import Predictions

BEST = 10
"""Detections that are shown."""


def table_of_best(found: Predictions, count: int = BEST) -> str:
    """The best detections of all recordings, and how many there are."""
    rows = found.rows()
    best = np.argsort([-score for *_, score in rows], kind="stable")[:count]
    cells = [("video", "start", "end", "label", "score")]
    cells += [
        (_line(video), f"{start:.2f}", f"{end:.2f}", _line(label), f"{score:.4f}")
        for video, start, end, label, score in (rows[number] for number in best)
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    right = (1, 2, 4)
    lines = [
        "  ".join(f"{cell:>{width}}" if column in right else f"{cell:{width}}" for column, (cell, width) in
                  enumerate(zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]  # fmt: skip
    names = found.detections.videos
    counts = np.bincount(found.detections.video, minlength=len(names))
    recordings = f"{len(names)} recording{'s' * (len(names) != 1)}"
    empty = int((counts == 0).sum())
    without = f"; none in {empty} of them" if empty and rows else ""
    total = f"{len(rows)} detection{'s' * (len(rows) != 1)} in {recordings}{without}"
    more = f", the best {len(best)} above" if len(rows) > len(best) else ""
    return "\n".join([*(lines if rows else []), total + more])


def speed_table(found: Predictions, seconds: Mapping[str, float]) -> str:
    """Seconds by stage, windows a second, and how many seconds of recording a second."""
    total, length = sum(seconds.values()), sum(found.durations.values())
    width = max(len(name) for name in (*seconds, "total"))
    lines = [f"{name:{width}}  {value:9.2f} s  {_share(value, total):5.1f} %" for name, value in seconds.items()]
    lines.append(f"{'total':{width}}  {total:9.2f} s")
    network = seconds.get("network", 0.0)
    pace = [f"{found.windows / network:.1f} windows/s in the network"] if network else []
    pace += [f"{length / total:.0f} x real time"] if total else []
    done = f"{found.windows} windows, {length:.1f} s of recordings"
    lines.append(f"{done}: {', '.join(pace)}" if pace else done)
    return "\n".join(lines)


def _share(value: float, total: float) -> float:
    return 100 * value / total if total else 0.0


def _line(text: str) -> str:
    """A name in one line that the terminal shows as it stands."""
    return "".join(character if character.isprintable() else "?" for character in text)
