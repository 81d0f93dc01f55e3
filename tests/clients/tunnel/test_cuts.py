"""A transfer that is cut off looks cut off: both applications get a TCP reset, whatever the cause, and never an orderly end."""

import signal
import subprocess
import threading

import pytest

from ends import Destination, Source, until
from network import CHUNK, Link, Listening
from streams import connect, exactly, until_answers, until_reset

# Transfers at a time; with the causes below more than 200 in all.
TRANSFERS = 12


def link_of_the_source(world):
    world.near.drop(0.1)


def link_of_the_destination(world):
    world.far.drop(0.1)


def rotation_of_the_source(world):
    rotated = world.tunnels.rotate_tunnel_access_token(tunnelId=world.id, clientMode="SOURCE")
    world.source.hand(rotated["sourceAccessToken"])


def rotation_of_the_destination(world):
    world.tunnels.rotate_tunnel_access_token(tunnelId=world.id, clientMode="DESTINATION")
    assert world.destination.ended() == 3


def close_tunnel(world):
    world.tunnels.close_tunnel(tunnelId=world.id)
    assert world.source.ended() == 4 and world.destination.ended() == 4


def sigterm_of_the_source(world):
    world.source.stop()


def sigterm_of_the_destination(world):
    world.destination.stop()


def sigkill_of_the_source(world):
    world.source.kill()


def sigkill_of_the_destination(world):
    world.destination.kill()


CAUSES = [
    link_of_the_source, link_of_the_destination, rotation_of_the_source, rotation_of_the_destination, close_tunnel,
    sigterm_of_the_source, sigterm_of_the_destination, sigkill_of_the_source, sigkill_of_the_destination,
]


class World:
    """A tunnel to a server, each end over a link of its own; a context manager."""

    def __init__(self, service, tunnels, opened, server):
        self.tunnels, self._server = tunnels, server
        tunnel = opened("SSH")
        self.id = tunnel["tunnelId"]
        port = int(service.ready["data"].rsplit(":", 1)[1])
        self.near, self.far = Link(port), Link(port)
        reach = lambda link: ["-e", f"wss://127.0.0.1:{link.port}", "-c", service.ready["ca"]]  # noqa: E731
        self.source = Source(service, tunnel["sourceAccessToken"], reach=reach(self.near))
        self.destination = Destination(
            service, tunnel["destinationAccessToken"], {"SSH": server.port}, reach=reach(self.far)
        )

    def __enter__(self):
        self.near.__enter__()
        self.far.__enter__()
        for end in (self.source, self.destination):
            end.until_ready()
            end.until_log("the tunnel is open")
        return self

    def __exit__(self, *_):
        self.source.kill()
        self.destination.kill()
        self.near.__exit__()
        self.far.__exit__()


def pour(connection):
    """Bytes without an end."""
    while True:
        connection.sendall(bytes(CHUNK))


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_cut_download_is_a_reset(service, tunnels, opened, cause):
    with Listening(pour) as server, World(service, tunnels, opened, server) as world:
        begun, outcomes = threading.Semaphore(0), []

        def download(connection):
            try:
                exactly(connection, 1000)
                begun.release()
                until_reset(connection)
                outcomes.append("reset")
            except (AssertionError, OSError) as error:
                outcomes.append(repr(error))

        connections = [connect(world.source.port()) for _ in range(TRANSFERS)]
        # All read at once: a connection that is not read stops those beside it.
        readers = [threading.Thread(target=download, args=(connection,), daemon=True) for connection in connections]
        for reader in readers:
            reader.start()
        for _ in connections:
            assert begun.acquire(timeout=30)
        cause(world)
        for reader in readers:
            reader.join(30)
        assert outcomes == ["reset"] * TRANSFERS


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_cut_upload_is_a_reset_for_the_service(service, tunnels, opened, cause):
    begun, outcomes = threading.Semaphore(0), []

    def take(connection):
        if not connection.recv(1000):
            return
        begun.release()
        try:
            until_reset(connection)
            outcomes.append("reset")
        except (AssertionError, OSError) as error:
            outcomes.append(repr(error))

    with Listening(take) as server, World(service, tunnels, opened, server) as world:
        connections = [connect(world.source.port()) for _ in range(TRANSFERS)]
        for connection in connections:
            connection.sendall(b"the first part")
        for _ in connections:
            assert begun.acquire(timeout=30)
        cause(world)
        until(lambda: len(outcomes) == TRANSFERS, "the end of every upload")
        assert outcomes == ["reset"] * TRANSFERS


def test_curl_reports_a_download_without_a_length_that_was_cut(service, tunnels, opened):
    def answer(connection):
        connection.recv(CHUNK)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        pour(connection)

    with Listening(answer) as server, World(service, tunnels, opened, server) as world:
        url = f"http://127.0.0.1:{world.source.port()}/"
        curl = subprocess.Popen(["curl", "-sS", url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert len(curl.stdout.read(1_000_000)) == 1_000_000
        world.destination.signal(signal.SIGKILL)
        _, error = curl.communicate(timeout=30)
        # 56: failure in receiving network data.
        assert curl.returncode == 56 and b"reset" in error.lower(), error
