"""A Slurm of one node on this machine: munge, the controller and the node, with all of their files in one folder.

It has no accounting. The node says that it has more cores and memory than this machine may have, and GPUs, so that jobs
which ask for what the real steps need start here too. There are two partitions: `compute`, the default, and one called
`all`.
"""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from daemons import daemon, found, free_ports, wait_for

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")

CONFIGURATION = """
ClusterName=here
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=5
MpiDefault=none
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=64000 Gres=gpu:4 State=UNKNOWN
PartitionName=compute Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=all Nodes={host} MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why Slurm cannot be started here; empty if it can."""
    absent = [name for name in PROGRAMS if not found(name)]
    if absent:
        return f"Slurm is not installed here ({', '.join(absent)} not found; Debian: apt-get install slurm-wlm munge)"
    return "" if os.geteuid() == 0 else "only root can start Slurm's daemons"


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Slurm for as long as this lasts; gives the variables of the environment that make its commands find it."""
    with ExitStack() as stack:
        # Not pytest's folder: munge wants to be reachable for all, and a socket's name is at most 107 characters long.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
        folder.chmod(0o755)
        for name in ("state", "spool"):
            (folder / name).mkdir()
        host = socket.gethostname().split(".")[0]
        ports = dict(zip(("controller_port", "node_port"), free_ports(2), strict=True))
        configuration = folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(host=host, folder=folder, **ports))
        for number in range(4):
            (folder / f"gpu{number}").touch()
        (folder / "gres.conf").write_text(f"AutoDetect=off\nName=gpu File={folder}/gpu[0-3]\n")
        environment = {
            "SLURM_CONF": str(configuration),
            "PATH": f"{write_srun(folder / 'bin', configuration)}{os.pathsep}{os.environ['PATH']}",
        }
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        socket_of_munge = folder / "munge.socket"
        files = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "log", "seed")]
        munge = ("munged", "--foreground", "--force", f"--socket={socket_of_munge}", *files)
        stack.enter_context(daemon(*munge, folder=folder))
        wait_for(socket_of_munge.exists, "munge's socket there", folder)
        for command in (("slurmctld", "-D", "-c"), ("slurmd", "-D", "-N", host)):
            stack.enter_context(daemon(*command, folder=folder, environment=environment))
        wait_for(lambda: state(environment) == "idle", "node ready", folder)
        try:
            yield environment
        finally:
            ask(environment, "scancel", "--user=root")
            wait_for(lambda: not ask(environment, "squeue", "--noheader"), "every job ended", folder)


def write_srun(folder: Path, configuration: Path) -> Path:
    """A ``srun`` that finds Slurm without SLURM_CONF, which Snakemake's executor takes away; gives its folder."""
    folder.mkdir()
    program = folder / "srun"
    program.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {found("srun")} "$@"\n')
    program.chmod(0o755)
    return folder


def state(environment: dict[str, str]) -> str:
    """State of the node, `idle` where it takes jobs; empty before the controller answers."""
    return ask(environment, "sinfo", "--noheader", "--partition=all", "--format=%t")


def ask(environment: dict[str, str], *command: str) -> str:
    """What one of Slurm's commands prints."""
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()
