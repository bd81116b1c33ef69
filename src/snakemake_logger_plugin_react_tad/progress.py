"""How far a job is, from the end of its log: tqdm writes a bar there, and after a carriage return the next one.

A training's bar has its epoch before it and its losses behind: ``detector 3/6:  40%|...| 12/30 [..., total=4.1]``.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

BAR = re.compile(r"^(?P<text>[^|]*?):? +(?P<percent>\d{1,3})%\|[^|]*\|[^\[]*\[(?P<rest>.*)$")
EPOCH = re.compile(r"^(?P<stage>\w+) (?P<epoch>\d+)/(?P<epochs>\d+)$")
LOSS = re.compile(r"\btotal=(?P<loss>[-+.\w]+)")
READ = 8192
"""Bytes from the end of a log, of which a bar takes some 300."""


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    text: str
    """What the bar is about."""
    part: float
    """What is done of it, from 0 to 1; of a training that is all epochs."""
    epoch: int | None = None
    epochs: int | None = None
    loss: str = ""

    @property
    def words(self) -> str:
        """For readers."""
        if self.epoch is None:
            return f"{self.text} {self.part:.0%}".strip()
        return f"epoch {self.epoch}/{self.epochs}" + (f", loss {self.loss}" if self.loss else "")


def progress_of(lines: list[str]) -> Progress | None:
    """The last bar among lines that stand at the end of a log.

    A new bar has no losses yet; then they are those of the bar before.
    """
    bars = [bar for bar in map(BAR.match, reversed(lines)) if bar]
    if not bars:
        return None
    text, part = bars[0]["text"], int(bars[0]["percent"]) / 100
    training = EPOCH.match(text)
    if training is None:
        return Progress(text, part)
    epoch, epochs = int(training["epoch"]), int(training["epochs"])
    loss = next((found["loss"] for bar in bars if (found := LOSS.search(bar["rest"]))), "")
    return Progress(training["stage"], (epoch - 1 + part) / max(epochs, 1), epoch, epochs, loss)


def was_written(path: str | Path, since: float) -> bool:
    """Whether a log was written to since a moment; file systems are a little coarse."""
    try:
        return os.stat(path).st_mtime >= since - 0.1
    except OSError:
        return False


def bars_and_lines(path: str | Path) -> list[str]:
    """The last lines of a log, every state of a bar as one; empty if there is none that can be read."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - READ))
            text = log.read(READ).decode(errors="replace")
    except OSError:
        return []
    return [line for line in re.split(r"[\r\n]+", text) if line.strip()]


def last_lines(path: str | Path, count: int) -> list[str]:
    """The last lines of a log for readers, of a bar only its last state; empty if there is none that can be read."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 16 * READ))
            text = log.read().decode(errors="replace")
    except OSError:
        return []
    lines = (line.rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n"))
    return [line for line in lines if line][-count:]


def whole_text(path: str | Path) -> str:
    """A log; empty if there is none that can be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def warnings(path: str | Path) -> list[str]:
    """Lines of a log that begin with ``warning:``."""
    return [line for line in whole_text(path).splitlines() if line.lower().startswith("warning:")]
