"""What the agent in C does with a broker that does not want it."""

import pytest

from broker import Broker
from ends import CAgent, Source
from network import Link
from streams import exactly, until_answers

# The first byte of packets (MQTT 3.1.1, table 2.1), and a return code (3.9.3).
CONNACK, SUBSCRIBE, SUBACK, DISCONNECT = 0x20, 0x82, 0x90, 0xE0
FAILURE = 0x80


def packet(connection):
    """The first byte of the next packet, and what is behind its length. Here no length has more than two bytes."""
    kind, low = exactly(connection, 2)
    length = low & 0x7F | (exactly(connection, 1)[0] << 7 if low & 0x80 else 0)
    return kind, exactly(connection, length)


class Unwilling(Link):
    """A link to a broker, on which others answer first: one refuses the subscription, one the connection."""

    def __init__(self, port):
        super().__init__(port)
        self._answers, self.farewells = [self._refuse_subscription, self._refuse_connection], []

    def _forward(self, connection):
        if self._answers:
            packet(connection)
            self._answers.pop(0)(connection)
        else:
            super()._forward(connection)

    def _refuse_subscription(self, connection):
        connection.sendall(bytes([CONNACK, 2, 0, 0]))
        kind, body = packet(connection)
        assert kind == SUBSCRIBE
        connection.sendall(bytes([SUBACK, 3, *body[:2], FAILURE]))
        self.farewells.append((packet(connection), connection.recv(1)))

    def _refuse_connection(self, connection):
        connection.sendall(bytes([CONNACK, 2, 0, 5]))


def test_a_refused_subscription_is_said_and_tried_again(service, opened, thing, server):
    with Unwilling(int(service.ready["mqtt"].rsplit(":", 1)[1])) as link:
        with CAgent(service, thing, {"SSH": server.port}, mqtt=f"mqtt://127.0.0.1:{link.port}") as agent:
            assert "the MQTT broker refuses a subscription to $aws/things/" in agent.log()
            assert "it lets nobody hear of this thing's tunnels; again in" in agent.log()
            assert "Connection Refused: not authorised" in agent.log()
            # It has said good-bye, and not only gone silent.
            assert link.farewells == [((DISCONNECT, b""), b"")]
            tunnel = opened("SSH", thing=thing)
            with Source(service, tunnel["sourceAccessToken"]) as source:
                until_answers(source.port())


@pytest.fixture
def mqtts(pem):
    """Where a broker is that speaks TLS, and asks for a certificate."""
    own, key = pem / "own.pem", pem / "own.key"
    with Broker(f"cafile {own}", f"certfile {own}", f"keyfile {key}", "require_certificate true") as running:
        yield f"mqtts://localhost:{running.port}"


def test_a_broker_with_tls_is_shown_the_things_certificate(service, thing, mqtts, pem):
    own, key = str(pem / "own.pem"), str(pem / "own.key")
    files = ["--mqtt-ca", own, "--mqtt-cert", own, "--mqtt-key", key]
    with CAgent(service, thing, {"SSH": 22}, *files, mqtt=mqtts) as agent:
        assert agent.ready["broker"] == mqtts


def test_a_broker_that_is_not_trusted_is_said_to_be(service, thing, mqtts, pem):
    agent = CAgent(service, thing, {"SSH": 22}, "--mqtt-ca", str(pem / "other.pem"), mqtt=mqtts)
    try:
        agent.until_log("certificate verify failed")
    finally:
        agent.stop()
