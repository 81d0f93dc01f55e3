"""Links that break, a service that goes and comes back, tunnels that end: the agent in C is there for the next one."""

import contextlib
import itertools
import socket
import threading

import pytest

from broker import Broker
from conftest import connect as client_of
from ends import CAgent, Source, until
from network import Link
from service import Service
from streams import connect, echoed, exactly, until_answers

DROPS = 6
DOWN_SECONDS = 0.5


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
                    try:
                        outcomes.append(echoed(source.port(), seed, 3_000_000))
                    except OSError:
                        outcomes.append(False)

            moving = threading.Thread(target=transfers, daemon=True)
            moving.start()
            for _ in range(DROPS):
                assert link.drop(DOWN_SECONDS) > 0
                until_answers(source.port(), seconds=60)
            stop.set()
            moving.join(60)
            assert not moving.is_alive(), "a transfer hangs"
            assert outcomes
            assert echoed(source.port(), 1, 3_000_000)
            # With the same token all the time.
            assert agent.log().count("a new access token came") == 1
            assert agent.log().count("open: bytes can flow") > DROPS
            assert " answers 4" not in agent.log()


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
                busy.shutdown(socket.SHUT_RDWR)


def pour(connection):
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(bytes(1 << 20))
