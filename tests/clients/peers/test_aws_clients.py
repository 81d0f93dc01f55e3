"""Our source and our service beside models of AWS's clients as devices (tests/models/): nothing hangs, and no byte goes astray."""

import contextlib
import threading
import time

import pytest

from aws_clients import AwsClient
from conftest import connect as api
from ends import Source, until
from network import Listening, Link, pump
from service import Service
from streams import connect, exactly, until_answers

# How many connections a test opens one after another. In V1 and V2 half a second passes between them.
CONNECTIONS = {"V1": 20, "V2": 20, "V3": 40}
ROTATIONS = 16
ANSWER_SECONDS = 5
# What an application reads of a download before it stops.
READ = 80_000
# A device is useful again within this after an orderly restart, in seconds. The reference's own retry takes 2.5 s.
BACK_SECONDS = {"c": 2.0, "reference": 3.0}

every_client = pytest.mark.parametrize("kind", ["reference", "c"])
every_format = pytest.mark.parametrize("format", ["V1", "V2", "V3"])


def plain_port(service):
    return int(service.ready["data_plain"].rsplit(":", 1)[1])


@pytest.fixture
def between(service, opened):
    """`between(kind, format, server)` gives the model and the port at which our source listens."""

    @contextlib.contextmanager
    def run(kind, format, server):
        tunnel = opened("SSH")
        flags = [] if format == "V3" else ["-y", format]
        token = tunnel["destinationAccessToken"]
        told_v1 = (kind, format) == ("reference", "V1")
        with (
            AwsClient(kind, plain_port(service), token, {"SSH": server.port}, told_v1) as client,
            Source(service, tunnel["sourceAccessToken"], *flags) as source,
        ):
            source.until_log("open")
            yield client, source.port()
            assert client.harm == []

    return run


class Numbered(Listening):
    """A server that says first which connection this is, then sends everything back."""

    def __init__(self):
        self.count = 0
        super().__init__(self._serve_one)

    def _serve_one(self, connection):
        self.count += 1
        connection.sendall(f"connection {self.count};".encode())
        pump(connection, connection)


@every_format
@every_client
def test_connections_one_after_another_are_all_answered(between, kind, format):
    with Numbered() as server, between(kind, format, server) as (_, port):
        for number in range(1, CONNECTIONS[format] + 1):
            expected = f"connection {number};".encode()
            with connect(port) as connection:
                connection.settimeout(ANSWER_SECONDS)
                assert exactly(connection, len(expected)) == expected
                connection.sendall(b"?")
                assert connection.recv(1) == b"?"
        assert server.count == CONNECTIONS[format]


@every_format
@every_client
def test_no_byte_of_an_aborted_download_reaches_the_next_connection(between, kind, format):
    count = 0

    def flood(connection):
        nonlocal count
        count += 1
        block = f"{count:8}".encode() * 4096
        while True:
            connection.sendall(block)

    with Listening(flood) as server, between(kind, format, server) as (_, port):
        for number in range(1, CONNECTIONS[format] + 1):
            with connect(port) as connection:
                connection.settimeout(ANSWER_SECONDS)
                got = exactly(connection, READ)
            assert got == f"{number:8}".encode() * (READ // 8), (number, got[:64])


def takes_uploads(connection):
    """Answers a question, and takes everything else without an answer."""
    while chunk := connection.recv(1 << 16):
        if chunk == b"?":
            connection.sendall(chunk)


@every_client
def test_rotations_of_the_device_under_upload_cost_it_no_other_websocket(service, tunnels, opened, kind):
    tunnel = opened("SSH")
    token, stop = tunnel["destinationAccessToken"], threading.Event()
    port = plain_port(service)
    with Listening(takes_uploads) as server, Source(service, tunnel["sourceAccessToken"]) as source:

        def upload():
            while not stop.is_set():
                with contextlib.suppress(OSError), connect(source.port()) as connection:
                    while not stop.is_set():
                        connection.sendall(bytes(100_000))

        with AwsClient(kind, port, token, {"SSH": server.port}):
            until_answers(source.port())
        uploads = [threading.Thread(target=upload, daemon=True) for _ in range(2)]
        for each in uploads:
            each.start()
        try:
            for number in range(ROTATIONS):
                rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
                token = rotated["destinationAccessToken"]
                with AwsClient(kind, port, token, {"SSH": server.port}) as client:
                    until_answers(source.port())
                    assert (client.harm, client.websockets) == ([], 1), number
        finally:
            stop.set()
            for each in uploads:
                each.join(30)


@every_client
def test_a_device_is_back_soon_after_an_orderly_restart(tmp_path, server, kind):
    with contextlib.ExitStack() as stack:
        first = Service(store=tmp_path / "store").start()
        stopping = stack.enter_context(contextlib.ExitStack())
        stopping.callback(first.stop)
        tunnel = api(first).open_tunnel(destinationConfig={"thingName": "pump-7", "services": ["SSH"]})
        link = stack.enter_context(Link(plain_port(first)))
        client = stack.enter_context(AwsClient(kind, link.port, tunnel["destinationAccessToken"], {"SSH": server.port}))
        stopping.pop_all()
        first.stop()
        second = stack.enter_context(Service(store=tmp_path / "store"))
        link.lead_to(plain_port(second))
        started = time.monotonic()
        until(lambda: client.opened_at > started, "the device", BACK_SECONDS[kind])
        assert client.harm == []
        source = stack.enter_context(Source(second, tunnel["sourceAccessToken"]))
        until_answers(source.port())
