"""A service that ends its sending side: when that is the end of the connection, and when it still gets what comes."""

import hashlib
import random
import socket
import struct
import time

import pytest

from ends import CAgent, Source, until
from network import Listening
from c_agent.servers import Ends
from streams import connect, exactly

MIB = 1 << 20
# A wait that no test here outlives, and one that is over soon, in seconds.
LONG, SHORT = 300, 1
# Connections that a service can have in a tunnel at a time.
MAX_CONNECTIONS = 32


def shut(connection):
    """As `nc -l -N > file </dev/null` does at once."""
    connection.shutdown(socket.SHUT_WR)


@pytest.fixture
def device(service, opened, thing):
    """Starts both ends with a server behind the agent: `device(server, *flags)`."""
    running = []

    def start(server, *flags):
        running.append(CAgent(service, thing, {"SSH": server.port}, *flags).until_ready())
        tunnel = opened("SSH", thing=thing)
        running.append(Source(service, tunnel["sourceAccessToken"]).until_ready())
        running[0].until_log("open: bytes can flow")
        return running[1]

    yield start
    for program in running:
        program.stop()


def test_a_receiver_that_shuts_down_first_gets_everything(device):
    sent = random.Random(1).randbytes(24 * MIB)
    with Ends(shut) as server:
        source = device(server)
        with connect(source.port()) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            until(lambda: server.seen, "the end", seconds=60)
        received, ends = server.seen[0]
        assert (len(received), ends) == (len(sent), "end")
        assert hashlib.sha256(received).digest() == hashlib.sha256(sent).digest()


def test_it_gets_it_too_with_pauses_shorter_than_the_silence_that_ends_it(device):
    with Ends(shut) as server:
        source = device(server, "--half-close-silence", "3")
        with connect(source.port()) as client:
            for part in (b"one ", b"two ", b"three"):
                client.sendall(part)
                time.sleep(2)  # The pause is what is tested.
            client.shutdown(socket.SHUT_WR)
            until(lambda: server.seen, "the end")
        assert server.seen == [(b"one two three", "end")]


def test_an_answer_that_ends_by_closing_ends_the_connection_at_once(device):
    def answer(connection):
        assert exactly(connection, 8) == b"question"
        connection.sendall(b"answer")

    with Listening(answer) as server:
        source = device(server, "--half-close-silence", str(LONG))
        with connect(source.port()) as client:
            client.sendall(b"question")
            assert exactly(client, 7) == b"answer"


def test_a_greeting_that_ends_by_closing_does_so_too(device):
    with Listening(lambda connection: connection.sendall(b"too many users")) as server:
        source = device(server, "--half-close-silence", str(LONG))
        with connect(source.port()) as client:
            assert exactly(client, 15) == b"too many users"


def test_silence_ends_a_connection_whose_service_has_ended(device):
    with Ends(shut) as server:
        source = device(server, "--half-close-silence", str(SHORT))
        with connect(source.port()) as client:
            begin = time.monotonic()
            assert client.recv(1) == b""
            assert time.monotonic() - begin >= SHORT
        until(lambda: server.seen == [(b"", "end")], "the end at the service")


def test_without_a_wait_the_end_of_one_direction_is_the_end_of_both(device):
    with Ends(shut) as server:
        source = device(server, "--half-close-silence", "0")
        with connect(source.port()) as client:
            assert client.recv(1) == b""


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_service_that_has_ended_and_then_breaks_ends_the_connection_at_once(device):
    def shut_then_break(connection):
        shut(connection)
        assert exactly(connection, 1) == b"x"
        reset(connection)

    with Listening(shut_then_break) as server:
        source = device(server, "--half-close-silence", str(LONG))
        with connect(source.port()) as client:
            client.sendall(b"x")
            assert client.recv(1) == b""


def test_a_service_that_has_closed_is_found_out_by_the_first_bytes_for_it(device):
    with Listening(lambda connection: None) as server:
        source = device(server, "--half-close-silence", str(LONG))
        with connect(source.port()) as client:
            client.sendall(b"x")
            assert client.recv(1) == b""


def test_what_a_service_said_before_it_took_no_more_still_arrives(device):
    """Such as an HTTP server that refuses a body that is too large, and closes with the body unread."""

    def refuse(connection):
        exactly(connection, 1000)
        connection.sendall(b"413 too large")

    with Listening(refuse) as server:
        source = device(server)
        with connect(source.port()) as client:
            client.sendall(bytes(MIB))
            assert exactly(client, 14) == b"413 too large"


def test_the_end_of_the_other_side_ends_it_at_once(device):
    with Ends(shut) as server:
        source = device(server, "--half-close-silence", str(LONG))
        with connect(source.port()) as client:
            client.sendall(b"all")
            until(lambda: server.heard == b"all", "the bytes")
        until(lambda: server.seen == [(b"all", "end")], "the end at the service")


def test_one_that_only_waits_for_silence_makes_way_for_a_new_connection(device):
    served = []

    def shut_the_first(connection):
        served.append(connection)
        if len(served) <= MAX_CONNECTIONS:
            shut(connection)
        else:
            connection.sendall(b"served")

    with Ends(shut_the_first) as server:
        source = device(server, "--half-close-silence", str(LONG))
        clients = []
        for count in range(1, MAX_CONNECTIONS + 1):
            clients.append(connect(source.port()))
            until(lambda: len(served) == count, "the connection")  # noqa: B023
        # The first one has made way: the last of those that fit is one that the next one may still need.
        assert clients[0].recv(1) == b""
        with connect(source.port()) as last:
            assert exactly(last, 6) == b"served"
        for client in clients:
            client.close()
