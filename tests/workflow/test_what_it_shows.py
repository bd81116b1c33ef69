"""What a run shows: on a terminal (a pseudo-terminal here), in a file, and when a job fails."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from tiny_project import STEPS, Project, copy, environment, finished

pytestmark = pytest.mark.workflow

COLUMNS = 100
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def on_a_terminal(project: Project, *command: str) -> tuple[int, str]:
    """Run a command on a terminal of its own; its exit status, and all that was written to the terminal."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 30, COLUMNS, 0, 0))
    own = environment() | {"TERM": "xterm-256color", "TQDM_MININTERVAL": "0.05"}
    with subprocess.Popen(command, cwd=project.folder, env=own, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        written = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not part:
                break
            written += part
    os.close(ours)
    return process.returncode, written.decode()


def states(written: str) -> list[str]:
    """What stood in a line at any time."""
    return [line.strip() for line in re.split(r"[\r\n]+", ESCAPE.sub("", written)) if line.strip()]


@pytest.fixture
def untrained(project) -> Project:
    """Up to date but for its network."""
    project.ok("rm", "-r", "results/toy/trained")
    return project


def test_one_look_on_a_terminal(untrained):
    untrained.params(lambda params: params["datasets"]["toy"]["train"].update(epochs=54))  # some seconds to be seen in
    status, written = on_a_terminal(untrained, "snakemake", "--cores", "8", "all")
    assert status == 0, written
    seen = states(written)
    epochs = {
        int(found[1]) for line in seen if (found := re.match(r"train_network +full, seed 0 +epoch (\d+)/60", line))
    }
    assert len(epochs) >= 2, "the training was seen to go on"
    assert any(
        re.match(r"train_network +full, seed 0 +epoch \d+/60, loss \d[\d.]*e?\+?\d* .*\d+ s$", line) for line in seen
    )
    whole = [line for line in seen if re.match(r"[━╸╺]+ \d+ of \d+ jobs, ", line)]
    done = [int(re.search(r" (\d+) of ", line)[1]) for line in whole]
    total = int(re.search(r" of (\d+) jobs", whole[0])[1])
    assert done == sorted(done) and done[0] == 0 and done[-1] == total
    assert any(re.search(r" left, ends at \d\d:\d\d$", line) for line in whole)
    assert seen[-3].startswith(f"{total} jobs done in ")
    assert seen[-2].startswith("results: ") and "results/toy" in seen[-2]
    assert (untrained.folder / seen[-1].removeprefix("log with all commands: ")).is_file()
    assert "step/s" not in written, "no progress bar of a job"
    assert "react-tad" not in written, "no command"
    assert max(map(len, seen[2:-3])) <= COLUMNS
    assert written.endswith("\n") and written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_short_lines_in_a_file(unrun, tmp_path):
    project = copy(unrun, tmp_path)
    output = project.make()
    assert finished(output) == STEPS
    lines = output.splitlines()
    assert len(lines) <= 2 * sum(STEPS.values())
    assert not any(mark in output for mark in ('{"', "\r", "\x1b", "react-tad"))
    assert max(len(line) for line in lines if line.startswith("[")) < 120
    (training,) = (line for line in lines if re.match(r"\[ *\d+/\d+\] train_network \(full, seed 0\): ", line))
    assert re.search(r": \d+ s, epoch 14/14, loss [\d.]+$", training)

    log = (project.folder / lines[-1].removeprefix("log with all commands: ")).read_text()
    command = re.search(r"react-tad suppress .*detections/full/seed0\.json.*", log)[0]
    assert "{" not in command
    before = project.results()
    project.ok("rm", "results/toy/detections/full/seed0.json")
    project.ok("bash", "-c", command)  # as pasted later
    assert project.results() == before


def test_a_failed_job_shows_the_end_of_its_log(project):
    broken = "print(*(f'line {number}' for number in range(20)), sep='\\n')\nraise ValueError('broken here')\n"
    source = "src/react_tad/evaluation/average_precision.py"
    project.edit(source, "import numpy as np\n", f"import numpy as np\n{broken}")
    done = project.run("snakemake", "--cores", "1", "results/toy/metrics/full/seed0.json")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (start,) = (place for place, line in enumerate(lines) if line == "evaluate_detections (full, seed 0) failed")
    assert lines[start + 1].startswith("  command: react-tad evaluate --cfg logs/toy/parameters/evaluate-")
    assert lines[start + 2] == "  log: logs/toy/evaluate/full_seed0.txt, which ends"
    shown = [line.strip() for line in lines[start + 3 : -2]]
    assert shown == (project.folder / "logs/toy/evaluate/full_seed0.txt").read_text().split("\n")[-11:-1]
    assert shown[-1] == "react-tad evaluate: broken here"
    assert lines[-2].endswith("; failed: evaluate_detections (full, seed 0)")
    assert "Exception" not in done.stdout, "said once"

    status, written = on_a_terminal(project, "snakemake", "--cores", "1", "results/toy/metrics/full/seed0.json")
    assert status == 1
    assert {"evaluate_detections (full, seed 0) failed", *shown} <= set(states(written))


def test_what_is_asked_of_snakemake_is_as_ever(project):
    project.gamma(0.3)
    planned = project.ok("snakemake", "-n", "train")
    assert re.search(r"^rule train_network:\n    input: ", planned, re.MULTILINE)
    changed = re.search(r"before: '(.*?)' now: '(.*?)'", planned)
    one, other = ((project.folder / path).read_text().splitlines() for path in changed.groups())
    assert [line.strip() for line in other if line not in one] == ['"gamma": 0.3,']
    assert "Finished jobid:" in project.ok(
        *(
            "snakemake",
            "--cores",
            "1",
            "--logger-react-tad-style",
            "snakemake",
            "data/toy/windows/test.json",
            "--forcerun",
        ),
        "data/toy/windows/test.json",
    )
    assert project.ok("snakemake", "--quiet", "all", "--cores", "1", "windows").count("\n") <= 1
    assert "Congratulations" in project.ok("snakemake", "--lint")
