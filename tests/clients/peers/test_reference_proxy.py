"""AWS's reference local proxy at one end of the tunnel and ours at the other, in every format.

Only where IOT_TUNNEL_REFERENCE_PROXY names that program. What two of the reference proxies cannot do with each other either
is left out:
- It ends when its local application leaves 128 KiB unread: no big upload to it, no download from it that is not read.
- As a source it takes an end of sending for the end of the connection, and it holds no queue of connections that wait.
- As a V1 or V2 source it closes its port for a moment after each connection, and loses one that comes meanwhile.
- As a V1 destination of a named service it does not come to rest after a service has ended its connection; so there V1
  has a tunnel without services.
"""

import contextlib
import hashlib
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ends import Agent, Destination, Source, until
from network import Listening, digest, pump
from reference import NOT_RUN, ReferenceDestination, ReferenceSource, path
from streams import carried, exactly, until_answers
from streams import connect as connect_once

pytestmark = pytest.mark.skipif(path() is None, reason=NOT_RUN)

CONNECTIONS = 20
# What a V1 or V2 source of the reference needs after each connection.
REFERENCE_PAUSE_SECONDS = 0.5
BIG = 20_000_000
# The longest that one step of a conversation may take.
ANSWER_SECONDS = 5

FORMATS = ["V1", "V2", "V3"]
# Source, destination.
TO_REFERENCE = [("ours", "reference")]
TO_OURS = [("reference", "ours"), ("reference", "agent")]


def every(pairs, formats=FORMATS):
    return pytest.mark.parametrize(
        ("ends", "format"), [(pair, format) for pair in pairs for format in formats],
        ids=lambda value: "-to-".join(value) if isinstance(value, tuple) else value,
    )


@pytest.fixture
def between(service, tunnels, opened, thing):
    """`between(ends, format, server)` yields the port at which the source listens."""

    @contextlib.contextmanager
    def run(ends, format, server):
        name = None if (ends[1], format) == ("reference", "V1") else "SSH"
        tunnel = opened(name, thing=thing) if name else opened()
        servers = {name: server.port}
        with contextlib.ExitStack() as stack:
            match ends[1]:
                case "reference":
                    stack.enter_context(ReferenceDestination(service, tunnel["destinationAccessToken"], servers, format))
                case "ours":
                    stack.enter_context(Destination(service, tunnel["destinationAccessToken"], servers))
                case "agent":
                    agent = stack.enter_context(Agent(service, thing, servers))
                    # The agent was not there to hear of the tunnel's opening.
                    tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
                    agent.until_log("open")
            match ends[0]:
                case "reference":
                    source = stack.enter_context(ReferenceSource(service, tunnel["sourceAccessToken"], name, format))
                case "ours":
                    flags = [] if format == "V3" else ["-y", format]
                    source = stack.enter_context(Source(service, tunnel["sourceAccessToken"], *flags, services=[name]))
                    source.until_log("open")
            connected = lambda: all(  # noqa: E731
                tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"])["tunnel"][side]["status"] == "CONNECTED"
                for side in ("sourceConnectionState", "destinationConnectionState")
            )
            until(connected, "both ends")
            yield source.port() if ends[0] == "reference" else source.port(name)

    return run


def rest(ends, format):
    if ends[0] == "reference" and format != "V3":
        time.sleep(REFERENCE_PAUSE_SECONDS)


class Numbered(Listening):
    """A server that says first which connection this is, then sends everything back."""

    def __init__(self):
        self.count = 0
        super().__init__(self._serve_one)

    def _serve_one(self, connection):
        self.count += 1
        connection.sendall(f"connection {self.count};".encode())
        pump(connection, connection)


def connect(port):
    """The reference opens its port anew after every stream in V1 and V2: for a moment it refuses connections."""

    def accepted():
        with contextlib.suppress(ConnectionRefusedError):
            return connect_once(port)

    return until(accepted, f"a connection to port {port}")


def ask(port, question):
    """Sends it on a new connection; what comes back, as far as it does in time."""
    with connect(port) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.sendall(question)
        try:
            return exactly(connection, len(question))
        except OSError as error:
            return repr(error)


@every(TO_REFERENCE + TO_OURS)
def test_connections_one_after_another_are_all_answered(between, server, ends, format):
    with between(ends, format, server) as port:
        questions = [f"question {number}".encode() for number in range(CONNECTIONS)]
        answers = []
        for question in questions:
            answers.append(ask(port, question))
            rest(ends, format)
        assert answers == questions


@every(TO_REFERENCE + TO_OURS)
def test_a_server_that_speaks_first_is_heard_on_every_connection(between, ends, format):
    with Numbered() as server, between(ends, format, server) as port:
        heard = []
        for number in range(1, CONNECTIONS + 1):
            expected = f"connection {number};".encode()
            with connect(port) as connection:
                connection.settimeout(ANSWER_SECONDS)
                try:
                    heard.append(exactly(connection, len(expected)))
                except OSError as error:
                    heard.append(repr(error))
            rest(ends, format)
        assert heard == [f"connection {number};".encode() for number in range(1, CONNECTIONS + 1)]


@every(TO_REFERENCE)
def test_what_is_written_right_before_the_end_arrives(between, ends, format):
    got = []

    def collect(connection):
        whole = bytearray()
        while chunk := connection.recv(1 << 16):
            whole += chunk
        got.append(bytes(whole))

    # As much as the reference holds for a service that has not read yet.
    sent = [random.Random(number).randbytes(100_000) for number in range(5)]
    with Listening(collect) as server, between(ends, format, server) as port:
        for number, one in enumerate(sent):
            with connect(port) as connection:
                connection.sendall(one)
            until(lambda: len(got) > number, f"upload {number}")
        assert [len(one) for one in got] == [len(one) for one in sent] and got == sent


@every(TO_REFERENCE)
def test_an_answer_after_the_end_of_sending_arrives(between, ends, format):
    def answer(connection):
        line = connection.makefile("rb").readline()
        time.sleep(0.2)
        connection.sendall(b"answer to " + line)

    with Listening(answer) as server, between(ends, format, server) as port:
        for number in range(5):
            with connect(port) as connection:
                connection.settimeout(ANSWER_SECONDS * 2)
                connection.sendall(b"question %d\n" % number)
                connection.shutdown(socket.SHUT_WR)
                whole = b""
                while chunk := connection.recv(1 << 16):
                    whole += chunk
                assert whole == b"answer to question %d\n" % number


@every(TO_REFERENCE + TO_OURS)
def test_a_big_download_arrives_whole(between, ends, format):
    whole = random.Random(1).randbytes(BIG)
    with Listening(lambda connection: connection.sendall(whole)) as server, between(ends, format, server) as port:
        for _ in range(2):
            rest(ends, format)
            got = hashlib.sha256()
            with connect(port) as connection:
                while chunk := connection.recv(1 << 16):
                    got.update(chunk)
            assert got.digest() == hashlib.sha256(whole).digest()


@every(TO_OURS)
def test_a_big_upload_arrives_whole(between, ends, format):
    with digest() as server, between(ends, format, server) as port:
        assert carried(port, 1, BIG)


@every(TO_REFERENCE)
def test_no_byte_of_an_aborted_download_reaches_the_next_connection(between, ends, format):
    served = []

    def flood(connection):
        served.append(connection)
        # More than is read, and not without end: the reference reads a connection that was reset until it ends.
        connection.sendall(f"{len(served):8}".encode() * 100_000)

    with Listening(flood) as server, between(ends, format, server) as port:
        for number in range(CONNECTIONS):
            with connect(port) as connection:
                connection.settimeout(ANSWER_SECONDS)
                got = exactly(connection, 8 * 10_000)
            labels = {got[at : at + 8] for at in range(0, len(got), 8)}
            assert len(labels) == 1 and labels == {f"{len(served):8}".encode()}, (number, labels)


@every(TO_REFERENCE, ["V3"])
def test_many_connections_at_a_time_mix_nothing(between, server, ends, format):
    with between(ends, format, server) as port, ThreadPoolExecutor(20) as pool:
        until_answers(port)
        questions = [random.Random(number).randbytes(50_000) for number in range(20)]
        assert list(pool.map(lambda question: ask(port, question) == question, questions)) == [True] * 20
