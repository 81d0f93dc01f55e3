"""The agent in C keeps what it does not have room for where it is, waits without spinning, and leaks nothing."""

import contextlib
import hashlib
import os
import pathlib
import random
import re
import socket
import threading
import time

from ends import CAgent, Source, until
from network import Listening
from service import ROOT, tool
from streams import connect, echoed, exactly, until_answers

PLAIN = ROOT / "target/agent/agent"
MIB = 1 << 20
# What the agent may grow by while a service reads nothing: its buffers are its own from the start.
GROWTH = 1 * MIB
# More than all the sockets on the way hold.
MOST = 512 * MIB
# How often a waiting agent may wake up in a second, and how long it may run. A loop that spins does the one or the other.
WAKES, CPU_SECONDS = 20, 0.1


class Reader(Listening):
    """A server that reads nothing until it may, then everything up to the end; it keeps the SHA-256 of that."""

    def __init__(self):
        super().__init__(self._read)
        self.may_read, self.begun, self.digests = threading.Event(), threading.Event(), []

    def _read(self, connection):
        self.begun.set()
        assert self.may_read.wait(120)
        digest = hashlib.sha256()
        while chunk := connection.recv(MIB):
            digest.update(chunk)
        self.digests.append(digest.digest())


def status(agent, name):
    """A number of /proc/PID/status."""
    return int(re.search(rf"^{name}:\s+(\d+)", pathlib.Path(f"/proc/{agent.pid}/status").read_text(), re.M)[1])


def plain(service, thing, servers):
    """The agent as `make agent` builds it: a sanitizer has memory of its own."""
    return CAgent(service, thing, servers, program=PLAIN)


def fill(connection, sent):
    """Sends until nobody takes more for a second."""
    source = random.Random(3)
    patience = connection.gettimeout()
    connection.settimeout(1)
    with contextlib.suppress(TimeoutError):
        for _ in range(MOST // 65536):
            chunk = source.randbytes(65536)
            while chunk:
                count = connection.send(chunk)
                sent.update(chunk[:count])
                chunk = chunk[count:]
        raise AssertionError(f"nobody stopped the sender within {MOST >> 20} MiB")
    connection.settimeout(patience)


def cpu_seconds(agent):
    ticks = pathlib.Path(f"/proc/{agent.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def waits(agent):
    """Whether the agent only waits, during the next second."""
    wakes, cpu = status(agent, "voluntary_ctxt_switches"), cpu_seconds(agent)
    # Not to let things settle: this is the second that is measured.
    time.sleep(1)
    return status(agent, "voluntary_ctxt_switches") - wakes < WAKES and cpu_seconds(agent) - cpu < CPU_SECONDS


@contextlib.contextmanager
def beside_slow(service, opened, thing, server):
    """A tunnel that works, to an echo and to a service that reads nothing until it may."""
    with Reader() as reader, plain(service, thing, {"SSH": server.port, "SLOW": reader.port}) as agent:
        tunnel = opened("SSH", "SLOW", thing=thing)
        with Source(service, tunnel["sourceAccessToken"], services=["SSH", "SLOW"]) as source:
            until_answers(source.port("SSH"))
            yield reader, agent, tunnel, source


def test_a_service_that_reads_nothing_stops_the_sender_and_not_the_agent(service, opened, thing, server):
    with beside_slow(service, opened, thing, server) as (reader, agent, tunnel, source):
        assert echoed(source.port("SSH"), 1, 4 * MIB)
        before = status(agent, "VmRSS") * 1024
        with connect(source.port("SLOW")) as upload:
            sent = hashlib.sha256()
            fill(upload, sent)
            assert reader.begun.wait(30)
            assert status(agent, "VmRSS") * 1024 - before < GROWTH
            assert waits(agent)
            reader.may_read.set()
            upload.shutdown(socket.SHUT_WR)
            assert upload.recv(1) == b""
        until_answers(source.port("SSH"))
        until(lambda: reader.digests, "the end at the service")
        assert reader.digests == [sent.digest()]
        assert status(agent, "VmRSS") * 1024 - before < GROWTH


def test_a_rotation_frees_what_a_service_holds_up(service, tunnels, opened, thing, server):
    with beside_slow(service, opened, thing, server) as (reader, agent, tunnel, source):
        with connect(source.port("SLOW")) as upload:
            fill(upload, hashlib.sha256())
            tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
            begin = time.monotonic()
            until_answers(source.port("SSH"))
            # At once, and not when the agent gives up the service that does not read.
            assert time.monotonic() - begin < 4
            assert echoed(source.port("SSH"), 1, 4 * MIB)
        reader.may_read.set()
        # Nothing of the old connection has got into the new one.
        assert agent.log().count("connecting to") == 2


def test_a_client_that_reads_nothing_stops_the_service_and_not_the_agent(service, opened, thing):
    """The other direction: the agent reads a service no faster than the tunnel takes it."""
    data, served = random.Random(4).randbytes(MIB), [0]

    def pour(connection):
        for _ in range(256):
            connection.sendall(data)
            served[0] += 1

    with Listening(pour) as spring, plain(service, thing, {"SSH": spring.port}) as agent:
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            agent.until_log("open: bytes can flow")
            with connect(source.port()) as download:
                assert exactly(download, MIB) == data
                before = status(agent, "VmRSS") * 1024
                stalls_at = settled(lambda: served[0])
                assert stalls_at < 256
                assert status(agent, "VmRSS") * 1024 - before < GROWTH
                assert waits(agent)
                for _ in range(1, 256):
                    assert exactly(download, MIB) == data
                assert download.recv(1) == b""


def settled(value):
    """What a value is when it has not changed for a second."""
    last, since = value(), time.monotonic()
    deadline = since + 60
    while time.monotonic() - since < 1:
        assert time.monotonic() < deadline
        if value() != last:
            last, since = value(), time.monotonic()
    return last


def test_an_agent_that_waits_does_not_spin(service, opened, thing, server):
    with plain(service, thing, {"SSH": server.port}) as agent:
        assert waits(agent)
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
            with connect(source.port()) as idle:
                idle.sendall(b"x")
                assert idle.recv(1) == b"x"
                assert waits(agent)


def test_valgrind_finds_nothing(service, tunnels, opened, thing, server, tmp_path):
    """What the sanitizers do not see: memory that is used before it is written, also inside of the library."""
    report = tmp_path / "valgrind"
    wrapper = tmp_path / "agent"
    wrapper.write_text(
        f'#!/bin/sh\nexec {tool("valgrind")} --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 '
        f'--log-file={report} {PLAIN} "$@"\n'
    )
    wrapper.chmod(0o755)
    with CAgent(service, thing, {"SSH": server.port}, program=wrapper) as agent:
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port(), seconds=60)
            assert echoed(source.port(), 1, MIB)
            rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="ALL")
            source.hand(rotated["sourceAccessToken"])
            until_answers(source.port(), seconds=60)
            tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
            agent.until_log("the tunnel is closed")
            assert source.ended() == 4
    # SIGTERM ended it with 0, so there was no error.
    assert report.read_text() == ""
