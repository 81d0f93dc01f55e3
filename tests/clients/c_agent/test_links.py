"""Links that break, a service that goes and comes back, tunnels that end: the agent in C is there for the next one."""

import contextlib
import itertools
import signal
import socket
import threading
import time

import pytest

from broker import Broker
from conftest import connect as client_of
from ends import CAgent, Source, until
from network import Link, pump
from service import Service
from streams import connect, echoed, exactly, transferred, until_answers

DROPS = 6
DOWN_SECONDS = 0.5
# How long the library waits for a pong; and for a ping and a pong, with something to spare.
PONG_SECONDS, SILENCE = 30, 60


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def over(link, service):
    """The flags with which an end comes to the service over a link."""
    return ["-e", f"wss://127.0.0.1:{link.port}", "-c", service.ready["ca"]]


def test_a_cut_network_hangs_nothing_and_comes_back_by_itself(service, opened, thing, server):
    with Link(port_of(service.ready["data"])) as link, CAgent(service, thing, {"SSH": server.port}, reach=over(link, service)) as agent:
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
            outcomes, stop = [], threading.Event()

            def transfers():
                for seed in itertools.count():
                    if stop.is_set():
                        return
                    outcomes.append(transferred(source.port(), seed, 3_000_000))

            moving = threading.Thread(target=transfers, daemon=True)
            moving.start()
            for _ in range(DROPS):
                # In the middle of one: the one before it has just come back.
                count = outcomes.count("whole")
                until(lambda: outcomes.count("whole") > count, "a whole transfer", seconds=60)  # noqa: B023
                assert link.drop(DOWN_SECONDS) > 0
                until_answers(source.port(), seconds=60)
            stop.set()
            moving.join(120)
            assert not moving.is_alive(), "a transfer hangs"
            assert set(outcomes) == {"whole", "cut"}
            assert echoed(source.port(), 1, 3_000_000)
            # With the same token all the time.
            assert agent.log().count("a new access token came") == 1
            assert agent.log().count("open: bytes can flow") > DROPS
            assert " answers 4" not in agent.log()


class Late(Link):
    """A link that can keep what the port sends. `spoke` is set when the other end has sent something meanwhile."""

    def __init__(self, port):
        super().__init__(port)
        self.spoke, self.goes = threading.Event(), threading.Event()
        self.goes.set()

    def keep(self):
        self.goes.clear()
        self.spoke.clear()

    def _forward(self, connection):
        with socket.create_connection(("127.0.0.1", self._port)) as onward:
            onward.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            silent = lambda: connection in self._silent  # noqa: E731
            back = (onward, connection, lambda: self.goes.wait(SILENCE) and not silent())
            threading.Thread(target=pump, args=back, daemon=True).start()
            pump(connection, onward, lambda: self.spoke.set() or not silent())


def test_a_dead_link_is_found_out_and_a_late_agent_does_not_take_a_living_one_for_dead(service, opened, thing, server):
    """Nothing comes and nothing ends: 20 s later the agent pings, and 30 s later it has no pong, on a connection that has answered a
    ping before. Another agent has a pong in its socket, and was kept from reading it for as long."""
    port = port_of(service.ready["data"])
    with (
        Late(port) as dead, CAgent(service, thing, {"SSH": server.port}, reach=over(dead, service)) as agent,
        Late(port) as living, CAgent(service, f"{thing}-2", {"SSH": server.port}, reach=over(living, service)) as late,
        Source(service, opened("SSH", thing=thing)["sourceAccessToken"]) as source,
        Source(service, opened("SSH", thing=f"{thing}-2")["sourceAccessToken"]) as other,
    ):
        until_answers(source.port())
        until_answers(other.port())
        with connect(other.port()) as connection:
            connection.sendall(b"one")
            assert exactly(connection, 3) == b"one"
            # The first ping, and what comes behind its pong.
            dead.spoke.clear()
            assert dead.spoke.wait(30)
            until_answers(source.port())
            assert dead.silence() > 0
            living.keep()
            assert living.spoke.wait(30)
            late.signal(signal.SIGSTOP)
            living.goes.set()
            begin = time.monotonic()
            agent.until_log("it is silent", seconds=SILENCE)
            until_answers(source.port())
            assert agent.log().count("a new access token came") == 1
            # Not to let things settle: this is how late it is.
            time.sleep(max(0, begin + PONG_SECONDS + 1 - time.monotonic()))
            late.signal(signal.SIGCONT)
            connection.sendall(b"two")
            assert exactly(connection, 3) == b"two"
        assert "it is silent" not in late.log() and late.log().count("connecting to") == 1


def test_a_service_that_restarts_finds_its_device_again(tmp_path, thing, server):
    with Broker() as broker, Service(store=tmp_path / "tunnels.redb", mqtt_broker=broker.url) as service:
        service.ready["mqtt"] = broker.url
        with Link(port_of(service.ready["data"])) as link, CAgent(
            service, thing, {"SSH": server.port}, reach=over(link, service)
        ) as agent:
            tunnel = client_of(service).open_tunnel(destinationConfig={"thingName": thing, "services": ["SSH"]})
            with Source(service, tunnel["sourceAccessToken"], reach=over(link, service)) as source:
                until_answers(source.port())
                for end in (service.stop, service.kill):
                    end()
                    service.start()
                    link.lead_to(port_of(service.ready["data"]))
                    link.cut()
                    until_answers(source.port(), seconds=120)
                    assert echoed(source.port(), 1, 1_000_000)
                assert agent.log().count("a new access token came") == 1


def end_of_a_tunnel(tunnels, opened, thing, server, service, end, **config):
    """A tunnel ends by `end`; the agent hears so, waits, and serves the next one."""
    with CAgent(service, thing, {"SSH": server.port}) as agent:
        destination = {"thingName": thing, "services": ["SSH"]}
        first = tunnels.open_tunnel(destinationConfig=destination, **config)
        with Source(service, first["sourceAccessToken"]) as source:
            until_answers(source.port())
            end(first)
            agent.until_log("the tunnel is closed; the next notification opens another", seconds=120)
            assert source.ended() == 4
        second = opened("SSH", thing=thing)
        with Source(service, second["sourceAccessToken"]) as source:
            until_answers(source.port())
            assert echoed(source.port(), 1, 1_000_000)


def test_a_closed_tunnel_is_followed_by_the_next_one(service, tunnels, opened, thing, server):
    end_of_a_tunnel(tunnels, opened, thing, server, service, lambda first: tunnels.close_tunnel(tunnelId=first["tunnelId"]))


def test_an_expired_tunnel_is_followed_by_the_next_one(service, tunnels, opened, thing, server):
    """A minute is the shortest life of a tunnel."""
    lifetime = {"timeoutConfig": {"maxLifetimeTimeoutMinutes": 1}}
    end_of_a_tunnel(tunnels, opened, thing, server, service, lambda first: None, **lifetime)


def test_a_tunnel_that_was_closed_while_the_link_was_cut_is_given_up(service, tunnels, opened, thing, server):
    with Link(port_of(service.ready["data"])) as link, CAgent(service, thing, {"SSH": server.port}, reach=over(link, service)) as agent:
        first = opened("SSH", thing=thing)
        agent.until_log("open: bytes can flow")
        link.drop(2)
        tunnels.close_tunnel(tunnelId=first["tunnelId"])
        agent.until_log("this access token is of no more use", seconds=60)
        second = opened("SSH", thing=thing)
        with Source(service, second["sourceAccessToken"]) as source:
            until_answers(source.port())


def test_a_certificate_that_is_not_trusted_is_said_and_no_token_is_sent(service, tunnels, opened, thing, server):
    with CAgent(service, thing, {"SSH": server.port}, reach=["-e", service.ready["data"]]) as agent:
        tunnel = opened("SSH", thing=thing)
        agent.until_log("its certificate is not trusted: The certificate is not correctly signed by the trusted CA", count=2)
        status = tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"])["tunnel"]["destinationConnectionState"]["status"]
        assert status == "DISCONNECTED"
    # The token is as fresh as before: nobody has bound it to a client token.
    with CAgent(service, f"{thing}-2", {"SSH": server.port}) as agent:
        rotated = tunnels.rotate_tunnel_access_token(
            tunnelId=tunnel["tunnelId"], clientMode="DESTINATION",
            destinationConfig={"thingName": f"{thing}-2", "services": ["SSH"]},
        )
        assert rotated["destinationAccessToken"] not in agent.log()
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())


@pytest.mark.parametrize(("host", "is_trusted"), [("localhost", True), ("127.0.0.1", True), ("127.0.0.2", False)])
def test_the_host_must_be_one_of_the_certificate(service, opened, thing, server, host, is_trusted):
    """The service's certificate is for localhost and 127.0.0.1, and for no other address."""
    with Link(port_of(service.ready["data"]), host="127.0.0.2" if host == "127.0.0.2" else "127.0.0.1") as link:
        reach = ["-e", f"{host}:{link.port}", "-c", service.ready["ca"]]
        with CAgent(service, thing, {"SSH": server.port}, reach=reach) as agent:
            tunnel = opened("SSH", thing=thing)
            if not is_trusted:
                agent.until_log("its certificate is not trusted: The certificate Common Name (CN) does not match")
                return
            with Source(service, tunnel["sourceAccessToken"]) as source:
                until_answers(source.port())


def test_it_ends_in_order_also_with_its_hands_full(service, opened, thing, server):
    with CAgent(service, thing, {"SSH": server.port}) as agent:
        tunnel = opened("SSH", thing=thing)
        with Source(service, tunnel["sourceAccessToken"]) as source:
            until_answers(source.port())
            with connect(source.port()) as busy:
                pouring = threading.Thread(target=pour, args=(busy,), daemon=True)
                pouring.start()
                assert exactly(busy, 8 << 20) == bytes(8 << 20)
                # Code 0, or this raises.
                agent.stop()
                with contextlib.suppress(OSError):  # It may be reset by now.
                    busy.shutdown(socket.SHUT_RDWR)


def pour(connection):
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(bytes(1 << 20))
