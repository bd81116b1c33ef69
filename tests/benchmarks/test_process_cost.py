"""Time and memory of a command are its own."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import process_cost

MEGABYTE = 1_000_000
FILL = "import time; there = bytearray(b'x') * 80_000_000; time.sleep(0.1); del there; time.sleep(0.1)"


def test_memory_at_its_peak_and_not_that_of_this_process(tmp_path):
    here = np.ones(40_000_000)  # 320 MB
    cost = process_cost.cost_of([sys.executable, "-S", "-c", FILL], tmp_path / "printed.txt")
    assert 80 * MEGABYTE < cost.own_bytes <= cost.peak_bytes < 200 * MEGABYTE < here.nbytes
    assert 0 < cost.cpu_seconds < cost.seconds


def test_a_mapped_file_is_not_its_own_memory(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 80 * MEGABYTE)
    text = "import mmap, time; file = open('file'); there = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ); "
    text += "sum(there[at] for at in range(0, len(there), 4096)); time.sleep(0.1)"
    cost = process_cost.cost_of([sys.executable, "-S", "-c", text], tmp_path / "printed.txt", folder=tmp_path)
    assert cost.own_bytes + 70 * MEGABYTE < cost.peak_bytes


def test_a_command_that_fails_is_shown_with_what_it_said(tmp_path):
    command = [sys.executable, "-S", "-c", "import os, sys; sys.exit('no ' + os.environ['WHAT'])"]
    with pytest.raises(process_cost.CommandFailed, match="status 1\nno luck"):
        process_cost.cost_of(command, tmp_path / "printed.txt", environment={"WHAT": "luck"})


def test_a_process_that_is_gone_has_no_memory():
    assert process_cost.memory(os.getpid())["VmHWM"] > MEGABYTE
    assert process_cost.memory(2**22 + 1) == {}
