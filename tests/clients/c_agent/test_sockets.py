"""How the agent's sockets are set up: what finds out a peer that is gone, and what does not take a slow one for it."""

import contextlib
import ctypes
import os
import pathlib
import random
import socket
import threading
import time

import pytest

from ends import CAgent, Source
from network import Listening
from streams import connect, exactly, until_answers

MIB = 1 << 20
PIDFD_GETFD = 438
# Longer than what was sent may be without an acknowledgement, in seconds.
PAUSE = 65


def borrowed(pid, number):
    """A duplicate of a descriptor of another process."""
    process = os.pidfd_open(pid)
    try:
        descriptor = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, number, 0)
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return socket.socket(fileno=descriptor)
    finally:
        os.close(process)


def sockets_to(agent, port):
    for entry in pathlib.Path(f"/proc/{agent.pid}/fd").iterdir():
        if not os.readlink(entry).startswith("socket:"):
            continue
        with borrowed(agent.pid, int(entry.name)) as found:
            if found.family in (socket.AF_INET, socket.AF_INET6) and found.getpeername()[1] == port:
                yield found


def test_the_tunnels_socket_is_probed_by_tcp_when_it_is_quiet(service, opened, thing, server):
    port = int(service.ready["data"].rsplit(":", 1)[1])
    with CAgent(service, thing, {"SSH": server.port}) as agent:
        opened("SSH", thing=thing)
        agent.until_log("open: bytes can flow")
        (options,) = [
            (
                found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
            )
            for found in sockets_to(agent, port)
        ]
        assert options == (1, 20, 10, 3)


def test_a_download_that_pauses_for_long_goes_on(service, opened, thing):
    """The service's end of the WebSocket acknowledges all the while, and only has no room: that is no peer that is gone."""
    data = random.Random(4).randbytes(MIB)

    def spring(connection):
        for _ in range(256):
            connection.sendall(data)

    with Listening(spring) as server, CAgent(service, thing, {"SSH": server.port}) as agent:
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            agent.until_log("open: bytes can flow")
            with connect(source.port()) as download:
                assert exactly(download, MIB) == data
                time.sleep(PAUSE)  # The pause is what is tested.
                for _ in range(1, 256):
                    assert exactly(download, MIB) == data
        assert agent.log().count("connecting to") == 1


class Loopback:
    """An echo on one address of loopback."""

    def __init__(self, host, family):
        self._socket = socket.create_server((host, 0), family=family)
        self.port = self._socket.getsockname()[1]

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    @staticmethod
    def _echo(connection):
        with connection, contextlib.suppress(OSError):
            while chunk := connection.recv(4096):
                connection.sendall(chunk)

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.mark.parametrize("place", ["{}", "localhost:{}", "LocalHost:{}"])
@pytest.mark.parametrize(("host", "family"), [("::1", socket.AF_INET6), ("127.0.0.1", socket.AF_INET)], ids=["IPv6", "IPv4"])
def test_localhost_is_both_addresses_of_loopback(service, opened, thing, place, host, family):
    with Loopback(host, family) as server, CAgent(service, thing, {"SSH": place.format(server.port)}):
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
