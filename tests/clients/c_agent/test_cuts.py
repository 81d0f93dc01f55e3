"""A connection that was cut off ends with a TCP reset at the service, and only one that was ended with an end: a program that
writes what comes into a file must be able to tell a part from the whole."""

import signal

import pytest

from broker import Broker
from ends import CAgent, Source, until
from network import Link
from c_agent.relay import DATA, SESSION_RESET, STREAM_RESET, STREAM_START, CONNECTION_RESET, Relay, message, notify
from c_agent.servers import Ends
from streams import connect, until_answers


def rotate(mode):
    return lambda case: case.tunnels.rotate_tunnel_access_token(tunnelId=case.tunnel["tunnelId"], clientMode=mode)


# What cuts a connection, and what the agent does afterwards: it goes on, or it ends.
CUTS = {
    "rotation of its side": rotate("DESTINATION"),
    "rotation of the other side": rotate("SOURCE"),
    "CloseTunnel": lambda case: case.tunnels.close_tunnel(tunnelId=case.tunnel["tunnelId"]),
    "loss of the WebSocket": lambda case: case.link.drop(0),
    "SIGTERM of the agent": lambda case: case.agent.signal(signal.SIGTERM),
    "SIGTERM of the source": lambda case: case.source.signal(signal.SIGTERM),
    "kill -9 of the source": lambda case: case.source.signal(signal.SIGKILL),
}


class Case:
    """Both ends of a tunnel, and what is between."""

    def __init__(self, tunnels, tunnel, link, agent, source):
        self.tunnels, self.tunnel, self.link, self.agent, self.source = tunnels, tunnel, link, agent, source


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_what_cuts_a_connection_is_a_reset_at_the_service(service, tunnels, opened, thing, cut):
    port = int(service.ready["data"].rsplit(":", 1)[1])
    with Ends() as server, Link(port) as link:
        agent = CAgent(service, thing, {"SSH": server.port}, reach=["-e", f"wss://127.0.0.1:{link.port}", "-c", service.ready["ca"]])
        source = None
        try:
            agent.until_ready()
            tunnel = opened("SSH", thing=thing)
            source = Source(service, tunnel["sourceAccessToken"]).until_ready()
            agent.until_log("open: bytes can flow")
            with connect(source.port()) as whole:
                whole.sendall(b"whole")
            until(lambda: server.seen == [(b"whole", "end")], "the end")
            with connect(source.port()) as half:
                half.sendall(b"half")
                until(lambda: server.heard == b"half", "the first half")
                cut(Case(tunnels, tunnel, link, agent, source))
                until(lambda: server.seen[1:] == [(b"half", "reset")], "the reset")
        finally:
            agent.kill()
            if source:
                source.kill()


# A message that a relay sends about stream 7, and how its connection ends at the service.
MESSAGES = {
    "CONNECTION_RESET": (1, message(CONNECTION_RESET, 7, service="SSH", connection=1), "end"),
    "STREAM_RESET of a stream with connection ids": (1, message(STREAM_RESET, 7, service="SSH"), "reset"),
    "STREAM_RESET of one without": (0, message(STREAM_RESET, 7, service="SSH"), "end"),
    "SESSION_RESET": (1, message(SESSION_RESET), "reset"),
    "a broken frame": (1, b"\x00\x00", "reset"),
}


@pytest.mark.parametrize(("connection", "last", "ends"), MESSAGES.values(), ids=MESSAGES)
def test_only_the_message_that_ends_a_connection_is_an_end_at_the_service(pem, thing, connection, last, ends):
    """A peer with connection ids ends its connections by these. So a STREAM_RESET for one comes from the relay, when the peer is
    gone; without ids there is no other message for the end of the connection."""

    def serve(peer):
        peer.accept("SSH")
        peer.send(message(STREAM_START, 7, service="SSH", connection=connection))
        peer.send(message(DATA, 7, b"half", "SSH", connection=connection))
        until(lambda: server.heard == b"half", "the first half")
        peer.send(last)
        peer.recv(1 << 16)

    with Broker() as broker, Ends() as server, Relay(pem / "own.pem", pem / "own.key", serve) as relay:
        with relay.agent(broker, thing, {"SSH": server.port}):
            notify(broker, thing, "a-token")
            until(lambda: server.seen, "the end")
            assert server.seen[0] == (b"half", ends)


def test_a_connection_that_another_stream_replaces_has_ended(pem, thing):
    """A source that speaks V2 opens its next connection so."""

    def serve(peer):
        peer.accept("SSH")
        for stream, payload in ((7, b"first"), (8, b"second")):
            peer.send(message(STREAM_START, stream, service="SSH"))
            peer.send(message(DATA, stream, payload, "SSH"))
            until(lambda: server.heard == payload, "its bytes")  # noqa: B023
        peer.recv(1 << 16)

    with Broker() as broker, Ends() as server, Relay(pem / "own.pem", pem / "own.key", serve) as relay:
        with relay.agent(broker, thing, {"SSH": server.port}):
            notify(broker, thing, "a-token")
            until(lambda: server.seen, "the end")
            assert server.seen[0] == (b"first", "end")
