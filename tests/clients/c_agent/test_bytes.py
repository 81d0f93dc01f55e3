"""Bytes come through the agent in C as they were sent: many at a time, many connections at a time."""

import socket
from concurrent.futures import ThreadPoolExecutor

from ends import CAgent, Source, until
from network import Listening, digest, echo
from streams import carried, connect, echoed, exactly, until_answers

MIB = 1 << 20
# A state of TCP: the other side has said that it ends.
CLOSE_WAIT = 8


def test_it_says_when_it_is_ready_and_opens_what_it_hears_of(service, opened, thing, server):
    with CAgent(service, thing, {"SSH": server.port}) as agent:
        assert agent.ready == {"broker": service.ready["mqtt"], "topic": f"$aws/things/{thing}/tunnels/notify"}
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())


def test_many_mebibytes_both_ways_through_one_connection(service, opened, thing, server):
    with CAgent(service, thing, {"SSH": server.port}), digest() as sink, CAgent(service, f"{thing}-2", {"SSH": sink.port}):
        tunnel, other = opened("SSH", thing=thing), opened("SSH", thing=f"{thing}-2")
        with Source(service, tunnel["sourceAccessToken"]) as source, Source(service, other["sourceAccessToken"]) as upload:
            until_answers(source.port())
            assert echoed(source.port(), seed=1, count=24 * MIB)
            assert carried(upload.port(), seed=2, count=64 * MIB)


def test_many_connections_of_three_services_at_a_time_mix_nothing(service, opened, thing):
    names = ["SSH", "HTTP", "RDP"]
    with echo() as one, echo() as two, echo() as three:
        servers = dict(zip(names, [one.port, two.port, three.port]))
        with CAgent(service, thing, servers):
            tunnel = opened(*names, thing=thing)
            with Source(service, tunnel["sourceAccessToken"], services=names) as source, ThreadPoolExecutor(90) as pool:
                until_answers(source.port("RDP"))
                ports = [source.port(names[n % 3]) for n in range(90)]
                outcomes = pool.map(echoed, ports, range(90), [n * 3_001 + 1 for n in range(90)])
                assert list(outcomes) == [True] * 90


def test_a_service_without_a_name_serves_whatever_the_tunnel_has(service, opened, thing, server):
    with CAgent(service, thing, {None: server.port}):
        tunnel = opened("anything", thing=thing)
        with Source(service, tunnel["sourceAccessToken"], services=["anything"]) as source:
            until_answers(source.port("anything"))
            assert echoed(source.port("anything"), 1, MIB)


def test_a_service_that_cannot_be_reached_is_a_quick_end_and_harms_no_other(service, opened, thing, server):
    with echo() as gone:
        pass
    with CAgent(service, thing, {"SSH": server.port, "HTTP": gone.port}) as agent:
        tunnel = opened("SSH", "HTTP", thing=thing)
        with Source(service, tunnel["sourceAccessToken"], services=["SSH", "HTTP"]) as source:
            until_answers(source.port("SSH"))
            assert not echoed(source.port("HTTP"), 1, 10)
            agent.until_log(f"cannot connect to the service HTTP at 127.0.0.1:{gone.port}: Connection refused")
            assert echoed(source.port("SSH"), 2, MIB)


def test_what_came_before_the_end_arrives_whichever_side_ends(service, opened, thing):
    """A server that closes behind its answer; and one that reads late, and still speaks, after its client has gone."""
    sent, got = bytes(range(256)) * 256, []

    def answer_and_close(connection):
        connection.sendall(sent * 64)

    def read_late(connection):
        until(lambda: connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == CLOSE_WAIT, "the end")
        # To somebody who had closed, this would be a reason for a reset, which takes with it what was not read.
        connection.sendall(b"late")
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
        got.append(bytes(received))

    with Listening(answer_and_close) as brief, Listening(read_late) as late:
        with CAgent(service, thing, {"DOWN": brief.port, "UP": late.port}):
            tunnel = opened("DOWN", "UP", thing=thing)
            with Source(service, tunnel["sourceAccessToken"], services=["DOWN", "UP"]) as source:
                until(lambda: whole(source.port("DOWN"), 64 * len(sent)) == sent * 64, "the whole answer")
                with connect(source.port("UP")) as upload:
                    upload.sendall(sent)
                    upload.shutdown(socket.SHUT_WR)
                    until(lambda: got, "the end of the upload")
                assert got == [sent]


def whole(port, count):
    """What a server sends up to its end, and whether that end comes."""
    with connect(port) as connection:
        received = exactly(connection, count)
        return received if connection.recv(1) == b"" else None
