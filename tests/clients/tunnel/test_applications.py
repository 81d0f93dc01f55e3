"""What tunnels are for: an SSH session and an HTTP server, by the programs that everybody uses."""

import getpass
import hashlib
import os
import pathlib
import random
import shutil
import subprocess

import pytest

from ends import Agent, Source, until
from service import free_port, tool
from webserver import WebServer, listens

MIB = 1 << 20


@pytest.fixture
def sshd(tmp_path):
    """OpenSSH's server on a free port, with keys of its own; yields (port, options of ssh)."""
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / key)], check=True)
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    port = free_port()
    (tmp_path / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/authorized\n"
        "UsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\nPidFile none\n"
    )
    if os.geteuid() == 0:
        # As the package's service makes it before it starts the server.
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([tool("sshd"), "-D", "-e", "-f", str(tmp_path / "config")], stderr=subprocess.PIPE)
    try:
        until(lambda: listens(port), "sshd")
        yield port, [
            "-i", str(tmp_path / "user"), "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path}/known",
            "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-o", "LogLevel=ERROR",
        ]
    finally:
        server.terminate()
        server.wait()


def ssh(port, options, command, **more):
    return subprocess.run(
        ["ssh", *options, "-p", str(port), f"{getpass.getuser()}@127.0.0.1", command],
        capture_output=True, timeout=120, **more,
    )


def test_an_ssh_session_before_and_after_a_rotation(service, tunnels, opened, thing, sshd):
    port, options = sshd
    tunnel = opened("SSH", thing=thing)
    data = random.Random(7).randbytes(20 * MIB)
    digest = hashlib.sha256(data).hexdigest()
    with Agent(service, thing, {"SSH": port}), Source(service, tunnel["sourceAccessToken"]) as source:
        for _ in range(2):
            rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="ALL")
            source.hand(rotated["sourceAccessToken"])
            done = until(lambda: attempt(ssh, source.port(), options, "echo $((6 * 7)) && exit 3", wanted=3), "a session")
            assert done.stdout == b"42\n"
            done = ssh(source.port(), options, "sha256sum", input=data)
            assert done.returncode == 0, done.stderr
            assert done.stdout.split()[0].decode() == digest


def attempt(call, *arguments, wanted=0):
    """The outcome if it is as wanted; None while the tunnel is not there yet."""
    done = call(*arguments)
    return done if done.returncode == wanted else None


def test_files_over_http(service, tunnels, opened, thing, tmp_path):
    data = random.Random(8).randbytes(10 * MIB)
    (tmp_path / "firmware.bin").write_bytes(data)
    tunnel = opened("HTTP", thing=thing)
    with (
        WebServer(tmp_path) as server,
        Agent(service, thing, {"HTTP": server.port}),
        Source(service, tunnel["sourceAccessToken"], services=["HTTP"]) as source,
    ):
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
        url = f"http://127.0.0.1:{source.port('HTTP')}/firmware.bin"
        got = until(lambda: attempt(curl, url), "a download")
        assert hashlib.sha256(got.stdout).digest() == hashlib.sha256(data).digest()
        # Eight at a time, as a browser does. Into files: one that nobody reads would stop the others too.
        files = [tmp_path / f"copy-{n}" for n in range(8)]
        downloads = [subprocess.Popen(["curl", "-sS", "-f", "-o", str(file), url]) for file in files]
        assert [download.wait(120) for download in downloads] == [0] * 8
        assert all(file.read_bytes() == data for file in files)


def curl(url):
    return subprocess.run(["curl", "-sS", "-f", url], capture_output=True, timeout=120)
