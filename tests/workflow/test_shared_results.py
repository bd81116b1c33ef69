"""Results pushed to an S3-compatible server and over ssh (docs/workflow.md): a clone elsewhere has nothing to do."""

import getpass
import os
import subprocess

import pytest
from daemons import daemon, found, free_ports, listens, wait_for
from tiny_project import FROM_TRAINING, Project

pytestmark = pytest.mark.workflow


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A bucket on moto's server: its address and the options of a DVC remote there."""
    import boto3

    (port,) = free_ports(1)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "anything")
    with daemon("moto_server", "-H", "127.0.0.1", "-p", str(port), folder=tmp_path):
        wait_for(lambda: listens(port), "an S3 server there", tmp_path)
        address = f"http://127.0.0.1:{port}"
        boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="results")
        yield "s3://results/react-tad", {"endpointurl": address}


@pytest.fixture
def server(tmp_path):
    """A folder behind sshd on this machine, with keys of its own: its address and the options of a DVC remote there."""
    if not (found("sshd") and found("ssh-keygen")):
        pytest.skip("no sshd and ssh-keygen here (Debian: apt-get install openssh-server)")
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)  # what sshd wants of root, and a system's start makes
    (port,) = free_ports(1)
    for key in ("host", "user"):
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / key))
        subprocess.run(command, check=True)
    (tmp_path / "sshd_config").write_text(f"""
ListenAddress 127.0.0.1
Port {port}
HostKey {tmp_path}/host
PidFile none
AuthorizedKeysFile {tmp_path}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
""")
    with daemon("sshd", "-D", "-e", "-f", str(tmp_path / "sshd_config"), folder=tmp_path):
        wait_for(lambda: listens(port), "an ssh server there", tmp_path)
        yield (
            f"ssh://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/shared",
            {"keyfile": str(tmp_path / "user"), "allow_agent": "false"},
        )


@pytest.mark.parametrize("kind", ["bucket", "server"])
def test_push_there_clone_and_pull_here_leaves_nothing_to_do(kind, request, project, tmp_path):
    address, options = request.getfixturevalue(kind)
    project.ok("dvc", "remote", "add", "--default", "shared", address)
    for name, value in options.items():
        project.ok("dvc", "remote", "modify", "shared", name, value)
    project.commit("where results are shared")
    assert "files pushed" in project.ok("dvc", "push")
    assert "Everything is up to date" in project.ok("dvc", "push")

    clone = Project(tmp_path / "clone")
    project.ok("git", "clone", "--quiet", ".", str(clone.folder))
    assert not (clone.folder / "results/toy").exists()
    clone.ok("dvc", "pull")
    assert clone.planned() == {}
    assert clone.status() == {}
    assert clone.results() == project.results()
    assert clone.cache_is_sound()

    clone.gamma(0.3)  # records came along: a changed parameter is seen
    assert clone.planned() == FROM_TRAINING
