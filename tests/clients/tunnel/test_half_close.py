"""Programs that end what they send, and wait for the answer: nc -N, socat, and receivers whose own input is at its end."""

import contextlib
import hashlib
import random
import subprocess
import time

import pytest

from ends import Destination, Source, until
from network import CHUNK, Listening
from service import free_port

MB = 1_000_000
PROGRAMS = {
    "nc": lambda port: ["nc", "-N", "127.0.0.1", str(port)],
    "socat": lambda port: ["socat", "-t", "30", "-", f"TCP:127.0.0.1:{port}"],
}
RECEIVERS = {
    "nc": lambda port: ["nc", "-l", "-N", "127.0.0.1", str(port)],
    "socat": lambda port: ["socat", "-u", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", "STDOUT"],
    "socat both ways": lambda port: ["socat", "-t", "60", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", "STDIO"],
}


def answering(seconds, size=10):
    """A server that answers a line after so many seconds, and closes."""

    def answer(connection):
        request = b""
        while not request.endswith(b"\n"):
            chunk = connection.recv(CHUNK)
            if not chunk:
                return
            request += chunk
        time.sleep(seconds)
        connection.sendall(b"%d\n" % len(request) + bytes(size))

    return Listening(answer)


@pytest.fixture
def through(service, opened):
    """Both ends of a tunnel to a port: `with through(port) as near:`"""
    @contextlib.contextmanager
    def build(port, *flags):
        tunnel = opened("SSH")
        with (
            Destination(service, tunnel["destinationAccessToken"], {"SSH": port}, *flags) as destination,
            Source(service, tunnel["sourceAccessToken"], *flags) as source,
        ):
            for end in (destination, source):
                end.until_log("the tunnel is open")
            yield source.port()

    return build


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("seconds", "size"), [(0, 10), (2, 10), (0, 20 * MB)])
def test_the_answer_arrives_after_the_request_has_ended(through, program, seconds, size):
    with answering(seconds, size) as server, through(server.port) as near:
        for _ in range(1 if seconds or size > MB else 10):
            begin = time.monotonic()
            done = subprocess.run(PROGRAMS[program](near), input=b"status\n", capture_output=True, timeout=60)
            assert done.returncode == 0, done.stderr
            assert done.stdout == b"7\n" + bytes(size)
            # The server's own end is told at once.
            assert time.monotonic() - begin < seconds + 4


def test_a_longer_silence_can_be_asked_for(through):
    with answering(7) as server, through(server.port, "--half-close-silence", "30") as near:
        done = subprocess.run(PROGRAMS["nc"](near), input=b"status\n", capture_output=True, timeout=60)
        assert done.stdout == b"7\n" + bytes(10)


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("sender", PROGRAMS)
def test_a_receiver_without_input_gets_everything(through, tmp_path, receiver, sender):
    data = random.Random(13).randbytes(60 * MB)
    port, file = free_port(), tmp_path / "received"
    with file.open("wb") as output:
        receiving = subprocess.Popen(RECEIVERS[receiver](port), stdin=subprocess.DEVNULL, stdout=output)
        try:
            # Not by connecting: the receiver takes one connection only.
            until(lambda: is_listening(port), "the receiver")
            with through(port) as near:
                subprocess.run(PROGRAMS[sender](near), input=data, capture_output=True, timeout=120)
                assert receiving.wait(60) == 0
        finally:
            receiving.kill()
            receiving.wait()
    assert file.stat().st_size == len(data)
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(data).digest()


def is_listening(port):
    """Whether something listens on a port, from the kernel's table."""
    wanted = f":{port:04X} 00000000:0000 0A"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return wanted in table.read()
