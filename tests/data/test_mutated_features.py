"""Feature files with bytes changed: the same numbers, or an error that names the file.

Without a record of what a file should be, formats without checksums give other numbers where numbers were changed.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mutated import KINDS

INPUTS = 60
"""Of each kind; ``python tests/data/mutated.py KINDS COUNT SEED`` reads more."""
MEMORY = 200 * 2**20


@pytest.mark.parametrize("start", ["npy", "npz", "hdf5"])
def test_changed_bytes_give_the_same_numbers_or_an_error_that_names_the_file(start):
    kinds = [kind for kind in KINDS if kind.startswith(start)]
    script = Path(__file__).with_name("mutated.py")
    done = subprocess.run([sys.executable, script, ",".join(kinds), str(INPUTS)], capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (
        f"{kinds[len(lines)]}: exit status {done.returncode}, a signal if it is negative\n{done.stderr[-3000:]}"
    )
    for found in lines:
        assert found["inputs"] >= INPUTS and found["refused"] > 0 and found["same"] > 0
        assert found["bytes"] < MEMORY
    assert len(lines) == len(kinds)
