import gc
import subprocess
import sys

import pytest

from react_tad.cli import main

AFTERWARDS = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # runs after what is registered later
from react_tad.cli import main
sys.argv = ["react-tad", "params", "show", "full"]
main({argv})
print(gc.get_threshold()[0] > {before})
"""


@pytest.mark.parametrize(("argv", "own"), [("", True), ("sys.argv[1:]", False)], ids=["a process", "a call"])
def test_only_a_process_of_its_own_collects_little_garbage(argv, own):
    code = AFTERWARDS.format(argv=argv, before=gc.get_threshold()[0])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == [str(own)] * 2


def test_a_verb_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["detectt"])
    assert "detectt" in capsys.readouterr().err
