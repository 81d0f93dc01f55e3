"""Links that break, and networks that are in the way."""

import base64
import itertools
import threading

from ends import Destination, Source
from network import ConnectProxy, Link
from streams import echoed, until_answers

DROPS = 12
DOWN_SECONDS = 0.5


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def test_half_second_drops_with_client_tokens_hang_nothing(service, opened, server):
    """Each end's link is gone for half a second, again and again, in the middle of transfers. Each transfer ends, whole or
    cut short, and after every drop the tunnel comes back by itself, with the token it has."""
    tunnel = opened("SSH")
    port = port_of(service.ready["data"])
    with Link(port) as near, Link(port) as far:
        reach = lambda stretch: ["-e", f"wss://127.0.0.1:{stretch.port}", "-c", service.ready["ca"]]  # noqa: E731
        with (
            Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port}, reach=reach(far)) as destination,
            Source(service, tunnel["sourceAccessToken"], reach=reach(near)) as source,
        ):
            until_answers(source.port())
            whole, stop = [], threading.Event()

            def transfers():
                for seed in itertools.count():
                    if stop.is_set():
                        return
                    try:
                        whole.append(echoed(source.port(), seed, 3_000_000))
                    except OSError:
                        whole.append(False)

            moving = threading.Thread(target=transfers, daemon=True)
            moving.start()
            for number in range(DROPS):
                assert (near if number % 2 else far).drop(DOWN_SECONDS) > 0
                until_answers(source.port(), seconds=60)
            stop.set()
            moving.join(60)
            assert not moving.is_alive(), "a transfer hangs"
            assert whole
            assert echoed(source.port(), 1, 3_000_000)
            # With the same tokens all the time: nobody was refused.
            assert "refused" not in source.log() + destination.log()


def test_through_an_http_proxy_that_wants_a_password(service, opened, server):
    tunnel = opened("SSH")
    password = base64.b64encode(b"user:pass word").decode()
    with ConnectProxy(f"Basic {password}") as proxy:
        through = {"HTTPS_PROXY": f"http://user:pass%20word@127.0.0.1:{proxy.port}"}
        with (
            Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port}, env=through) as destination,
            Source(service, tunnel["sourceAccessToken"], env=through) as source,
        ):
            until_answers(source.port())
            assert echoed(source.port(), 4, 1_000_000)
            authority = service.ready["data"].removeprefix("wss://")
            assert proxy.requests == [f"CONNECT {authority} HTTP/1.1"] * 2
            for end in (source, destination):
                assert "pass word" not in end.log() and password not in end.log()


def test_a_proxy_that_refuses_is_named(service, opened, server):
    tunnel = opened("SSH")
    with ConnectProxy("Basic nobody") as proxy:
        through = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        with Source(service, tunnel["sourceAccessToken"], env=through) as source:
            source.until_log("407")


def test_a_certificate_that_is_not_trusted_is_said_and_no_token_is_sent(service, opened):
    tunnel = opened("SSH")
    with Source(service, tunnel["sourceAccessToken"], reach=["-e", service.ready["data"]]) as source:
        source.until_log("certificate")
    # The token is as fresh as before.
    with Source(service, tunnel["sourceAccessToken"], reach=["-e", service.ready["data"], "-k"]) as source:
        source.until_log("open")
