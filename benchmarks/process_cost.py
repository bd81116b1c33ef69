"""Time and peak memory of one command, as the other benchmarks print them.

Memory is looked at again and again while the command runs, in ``/proc`` (Linux): ``VmHWM``, the largest resident
memory since the program started, and ``RssAnon``, its own memory without the files that it maps, which the system may
drop at any time. What ``getrusage`` says of children would count the memory of this process too, from which they come.
"""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.01, 0.1
"""Between two looks at the memory: at first, and after a while."""


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    """By the clock."""
    cpu_seconds: float
    """Of all its threads and of the processes that it waited for."""
    peak_bytes: int
    """Largest resident memory, mapped files included."""
    own_bytes: int
    """Largest resident memory without mapped files."""


class CommandFailed(RuntimeError):
    """A command that ended with another status than 0."""


def cost_of(
    command: Sequence[str | Path], output: Path, *, folder: Path | None = None, environment: Mapping[str, str] = {}
) -> Cost:
    """Run a command and measure it; what it prints is written to ``output``.

    Raises:
        CommandFailed: it ended with another status than 0; shows the end of what it printed.

    """
    began = time.perf_counter()
    with open(output, "w") as printed:
        process = subprocess.Popen(
            [*map(str, command)],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        peak = own = 0
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            now = memory(process.pid)
            peak, own = max(peak, now.get("VmHWM", 0)), max(own, now.get("RssAnon", 0))
            time.sleep(LOOK_SECONDS[time.perf_counter() - began > 10])
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        shown = output.read_text(errors="replace").splitlines()[-20:]
        raise CommandFailed(f"{' '.join(map(str, command))[:500]}: status {process.returncode}\n" + "\n".join(shown))
    return Cost(seconds, used.ru_utime + used.ru_stime, peak, own)


def memory(pid: int) -> dict[str, int]:
    """The sizes in bytes that ``/proc/PID/status`` lists; none of a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    rows = (line.split() for line in lines)
    return {row[0].rstrip(":"): 1024 * int(row[1]) for row in rows if row[-1:] == ["kB"]}
