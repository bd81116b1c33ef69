"""Programs that serve others for as long as a test lasts."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


def found(program: str) -> str | None:
    """Where a program is; daemons are not in everybody's PATH."""
    return shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def listens(port: int) -> bool:
    """Whether somebody answers on a port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def daemon(*command: str, folder: Path, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """A program that is ended afterwards; what it says is in ``folder``, in NAME.txt."""
    with (folder / f"{Path(command[0]).name}.txt").open("w") as log:
        process = subprocess.Popen(
            [found(command[0]), *command[1:]],
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(condition: Callable[[], bool], what: str, folder: Path, seconds: float = 60) -> None:
    """Wait until something holds; where it does not come to hold, show what the daemons of ``folder`` said."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            said = "\n".join(f"{log.name}:\n{log.read_text()[-3000:]}" for log in sorted(folder.glob("*.txt")))
            raise TimeoutError(f"not {what} in {seconds:.0f} s\n{said}")
        time.sleep(0.05)
