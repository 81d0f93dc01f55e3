"""A proxy that has no file descriptor left waits for one, without a busy loop and with one line of log a second."""

import os
import resource
import time

from ends import Destination, Source
from streams import connect, until_answers

CLIENTS = 40
LINES = 4


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_source_without_file_descriptors_waits_and_recovers(service, opened, server):
    tunnel = opened("SSH")
    with (
        Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port}),
        Source(service, tunnel["sourceAccessToken"]) as source,
    ):
        until_answers(source.port())
        limit = len(os.listdir(f"/proc/{source.pid}/fd")) + 8
        resource.prlimit(source.pid, resource.RLIMIT_NOFILE, (limit, limit))
        clients = [connect(source.port()) for _ in range(CLIENTS)]
        source.until_log("cannot accept connections")
        begin, used = time.monotonic(), cpu_seconds(source.pid)
        source.until_log("cannot accept connections", count=LINES)
        assert time.monotonic() - begin > LINES - 2
        assert cpu_seconds(source.pid) - used < 0.5
        for client in clients:
            client.close()
        # Those that were closed make way, and do not hold a descriptor for the whole silence of a half-closed connection.
        begin = time.monotonic()
        until_answers(source.port())
        assert time.monotonic() - begin < 5
