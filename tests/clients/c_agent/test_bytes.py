"""Bytes come through the agent in C as they were sent: many at a time, many connections at a time."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from broker import Broker
from c_agent.relay import CONNECTION_RESET, DATA, STREAM_START, Relay, message, notify, received
from ends import CAgent, Source, until
from network import Listening, digest, echo
from streams import carried, connect, echoed, exactly, until_answers

MIB = 1 << 20


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


def test_what_a_service_sends_before_its_end_arrives(service, opened, thing):
    sent = bytes(range(256)) * 16384
    with Listening(lambda connection: connection.sendall(sent)) as brief, CAgent(service, thing, {"SSH": brief.port}):
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until(lambda: whole(source.port(), len(sent)) == sent, "all of it")


def whole(port, count):
    """What a server sends up to its end, if that comes. Before the tunnel is open there is a reset instead."""
    with contextlib.suppress(ConnectionResetError), connect(port) as connection:
        received = exactly(connection, count)
        return received if connection.recv(1) == b"" else None
    return None


def test_what_the_other_side_sends_before_its_end_arrives_at_a_service_that_still_speaks(pem, thing):
    """The other side takes no more of what the service says, and the service has not read yet when the end comes. An agent that
    closed its socket at once, with bytes in it that it has not read, would destroy those on their way to the service."""
    sent, got = bytes(range(256)) * 512, []

    def speak_then_read(connection):
        with contextlib.suppress(OSError):
            for _ in range(64):
                connection.sendall(bytes(MIB))
        received = bytearray()
        while chunk := connection.recv(4096):
            received += chunk
        got.append(bytes(received))

    def serve(peer):
        peer.accept("SSH")
        peer.send(message(STREAM_START, 7, service="SSH", connection=1))
        # The service speaks.
        assert received(peer.socket)
        for start in range(0, len(sent), 16384):
            peer.send(message(DATA, 7, sent[start : start + 16384], "SSH", connection=1))
        peer.send(message(CONNECTION_RESET, 7, service="SSH", connection=1))
        until(lambda: got, "the end at the service")

    with Broker() as broker, Listening(speak_then_read) as late, Relay(pem / "own.pem", pem / "own.key", serve) as relay:
        # What is sent to it stays for the most part with the agent's end.
        late.hold(4096)
        with relay.agent(broker, thing, {"SSH": late.port}):
            notify(broker, thing, "a-token")
            until(lambda: got, "the end at the service")
            assert got == [sent]
