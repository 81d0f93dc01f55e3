"""The agent in C takes rotated tokens while it runs, and hears nothing else in what the broker brings."""

import contextlib
import json
import subprocess

import pytest

from broker import Broker
from conftest import connect as client_of
from ends import CAgent, Source, until
from network import Link
from service import Device, Service, tool
from streams import Load, connect, echoed, exactly, until_answers, until_reset

ROTATIONS = 10
# How many of its tokens a session knows again.
REMEMBERED_TOKENS = 4


def test_ten_rotations_in_a_row_under_load(service, tunnels, opened, thing, server):
    with CAgent(service, thing, {"SSH": server.port}) as agent:
        tunnel = opened("SSH", thing=thing)
        tokens = [tunnel["sourceAccessToken"], tunnel["destinationAccessToken"]]
        with Source(service, tunnel["sourceAccessToken"]) as source, contextlib.ExitStack() as loads:
            until_answers(source.port())
            running = [loads.enter_context(Load(source.port())) for _ in range(4)]
            for number in range(ROTATIONS):
                mode = ("ALL", "DESTINATION")[number % 2]
                with connect(source.port()) as connection:
                    connection.sendall(b"before the rotation")
                    assert exactly(connection, 19) == b"before the rotation"
                    rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode=mode)
                    tokens += [rotated[side] for side in rotated if side != "tunnelArn" and side.endswith("Token")]
                    if "sourceAccessToken" in rotated:
                        source.hand(rotated["sourceAccessToken"])
                    # The stream is cut for the application: neither silent nor ended in order.
                    assert until_reset(connection) == b""
                agent.until_log("open: bytes can flow", count=number + 2)
                until_answers(source.port())
            loads.close()
            for load in running:
                assert load.wrong == []
                assert load.connections >= ROTATIONS and load.records > 0
            assert echoed(source.port(), 5, 1_000_000)
        assert len(tokens) == 2 + ROTATIONS + ROTATIONS // 2
        assert not any(token in agent.log() for token in tokens)


class Own:
    """A service that publishes to a broker of ours, where the tests can publish too."""

    def __init__(self, broker, service):
        self.broker, self.service, self.tunnels = broker, service, client_of(service)

    def open(self, thing, *services):
        return self.tunnels.open_tunnel(destinationConfig={"thingName": thing, "services": list(services)})

    def agent(self, thing, servers, port=None):
        return CAgent(self.service, thing, servers, mqtt=f"mqtt://127.0.0.1:{port or self.broker.port}")

    def publish(self, thing, payload, *flags):
        subprocess.run(
            [tool("mosquitto_pub"), "-p", str(self.broker.port), "-t", f"$aws/things/{thing}/tunnels/notify", "-s"]
            + list(flags or ["-q", "1"]),
            input=payload, check=True, timeout=30,
        )

    def retain(self, thing, payload):
        """What it holds comes to whoever subscribes from now on. Nothing is kept for those who are away: it has QoS 0."""
        self.publish(thing, payload, "-q", "0", "-r")


@pytest.fixture
def own():
    with Broker() as broker, Service(mqtt_broker=broker.url) as service:
        service.ready["mqtt"] = broker.url
        yield Own(broker, service)


def test_what_is_no_new_notification_for_this_thing_changes_nothing(own, thing, server):
    with own.agent(thing, {"SSH": server.port}) as agent, Device(own.broker.port, thing) as device:
        tunnel = own.open(thing, "SSH")
        payload = device.notification()["payload"]
        with Source(own.service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
            with connect(source.port()) as connection:
                connection.sendall(b"one")
                assert exactly(connection, 3) == b"one"
                own.publish(thing, json.dumps(payload).encode())
                agent.until_log("a notification came again, and nothing has changed")
                for broken in (
                    b"\x00", b"{", b"[1]", json.dumps(payload).encode()[:-1], b"[" * 100_000,
                    json.dumps(payload | {"clientMode": "source"}).encode(),
                    json.dumps(payload | {"clientMode": "both"}).encode(),
                    json.dumps(payload | {"services": ["VNC"]}).encode(),
                    json.dumps(payload | {"clientAccessToken": "with a space"}).encode(),
                    json.dumps(payload | {"clientAccessToken": "x" * 4096}).encode(),
                    json.dumps({"clientAccessToken": "alone"}).encode(),
                ):
                    before = agent.log().count("was refused, and nothing has changed")
                    own.publish(thing, broken)
                    agent.until_log("was refused, and nothing has changed", count=before + 1)
                # All on one connection that nobody has touched.
                connection.sendall(b"two")
                assert exactly(connection, 3) == b"two"
            assert agent.log().count("a new access token came") == 1
            assert payload["clientAccessToken"] not in agent.log()


def test_a_retained_notification_takes_no_tunnel_down(own, thing, server):
    """It was the first one, and there have been more since than the session knows again."""
    with Link(own.broker.port) as link, own.agent(thing, {"SSH": server.port}, link.port) as agent:
        with Device(own.broker.port, thing) as device:
            tunnel = own.open(thing, "SSH")
            oldest = device.notification()["payload"]
        for number in range(REMEMBERED_TOKENS):
            own.tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
            agent.until_log("a new access token came", count=number + 2)
        with Source(own.service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
            with connect(source.port()) as connection:
                link.drop(0.5)
                agent.until_log("no connection to the MQTT broker")
                own.retain(thing, json.dumps(oldest).encode())
                agent.until_log("a retained notification may be an old one, and nothing has changed")
                connection.sendall(b"still here")
                assert exactly(connection, 10) == b"still here"
        assert agent.log().count("a new access token came") == 1 + REMEMBERED_TOKENS


def test_a_retained_notification_is_taken_by_an_agent_without_a_token(own, thing, server):
    with Device(own.broker.port, thing) as device:
        tunnel = own.open(thing, "SSH")
        own.retain(thing, json.dumps(device.notification()["payload"]).encode())
    with own.agent(thing, {"SSH": server.port}), Source(own.service, tunnel["sourceAccessToken"]) as source:
        until_answers(source.port())


def test_a_second_tunnel_pushes_the_first_out_until_that_is_rotated(service, tunnels, opened, thing, server):
    with CAgent(service, thing, {"SSH": server.port}):
        first = opened("SSH", thing=thing)
        with Source(service, first["sourceAccessToken"]) as one:
            until_answers(one.port())
            second = opened("SSH", thing=thing)
            with Source(service, second["sourceAccessToken"]) as two:
                until_answers(two.port())
                assert state(tunnels, first) == "DISCONNECTED"
                tunnels.rotate_tunnel_access_token(tunnelId=first["tunnelId"], clientMode="DESTINATION")
                until_answers(one.port())
                assert state(tunnels, second) == "DISCONNECTED"


def state(tunnels, tunnel):
    described = tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"])["tunnel"]
    return described["destinationConnectionState"]["status"]


def test_a_rotation_while_the_broker_is_away_is_heard_when_it_is_back(own, thing, server):
    with own.agent(thing, {"SSH": server.port}) as agent:
        tunnel = own.open(thing, "SSH")
        with Source(own.service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
            own.broker.stop()
            agent.until_log("no connection to the MQTT broker")
            # What is open does not need the broker.
            assert echoed(source.port(), 1, 1_000_000)
            own.tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
            own.broker.start()
            agent.until_log("a new access token came", count=2, seconds=120)
            until_answers(source.port())


def test_an_agent_that_was_away_hears_of_what_was_opened_meanwhile(own, thing, server):
    with own.agent(thing, {"SSH": server.port}):
        pass
    tunnel = own.open(thing, "SSH")
    with own.agent(thing, {"SSH": server.port}), Source(own.service, tunnel["sourceAccessToken"]) as source:
        until(lambda: state(own.tunnels, tunnel) == "CONNECTED", "the device")
        until_answers(source.port())
