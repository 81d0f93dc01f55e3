"""A rotation in the middle: both ends live through it, and no byte of an old stream shows up in a new one."""

import time

import pytest

from ends import Agent, Destination, Source
from streams import Load, connect, echoed, exactly, until_answers, until_reset

ROTATIONS = 200


def test_two_hundred_rotations_in_a_row_under_load(service, tunnels, opened, thing, server):
    tunnel = opened("SSH", thing=thing)
    tunnel_id = tunnel["tunnelId"]
    with (
        Agent(service, thing, {"SSH": server.port}) as agent,
        Source(service, tunnel["sourceAccessToken"]) as source,
    ):
        # The agent was not there to hear of the tunnel's opening: nothing keeps a token for it but a rotation.
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel_id, clientMode="DESTINATION")
        until_answers(source.port())
        with Load(source.port()) as load:
            for number in range(ROTATIONS):
                mode = ("ALL", "SOURCE", "DESTINATION")[number % 3]
                rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel_id, clientMode=mode)
                if "sourceAccessToken" in rotated:
                    source.hand(rotated["sourceAccessToken"])
                # Both ends are back: a new connection answers.
                until_answers(source.port())
        assert load.wrong == []
        assert load.connections >= ROTATIONS / 2 and load.records > 0
        assert echoed(source.port(), 5, 100_000)
        for end in (agent, source):
            assert tunnel["sourceAccessToken"] not in end.log()
            assert tunnel["destinationAccessToken"] not in end.log()


@pytest.mark.parametrize("mode", ["SOURCE", "DESTINATION", "ALL"])
def test_a_transfer_in_progress_ends_and_the_next_one_is_whole(service, tunnels, opened, thing, server, mode):
    tunnel = opened("SSH", thing=thing)
    with (
        Agent(service, thing, {"SSH": server.port}),
        Source(service, tunnel["sourceAccessToken"]) as source,
    ):
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
        until_answers(source.port())
        with connect(source.port()) as connection:
            sent = b"before the rotation" * 1000
            connection.sendall(sent)
            assert exactly(connection, len(sent)) == sent
            rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode=mode)
            if "sourceAccessToken" in rotated:
                source.hand(rotated["sourceAccessToken"])
            # The stream is cut for the application: neither silent nor ended in order.
            assert until_reset(connection) == b""
        until_answers(source.port())
        assert echoed(source.port(), 9, 5_000_000)


def test_the_old_token_is_refused_by_name_and_ends_a_proxy_that_has_no_other(service, tunnels, opened, server):
    tunnel = opened("SSH")
    tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
    late = Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port}).until_ready()
    assert late.ended() == 3
    assert "The access token was revoked by a rotation" in late.log()
    assert "next: " in late.log()


def test_a_proxy_with_credentials_gets_its_own_tokens(service, tunnels, opened, server):
    tunnel = opened("SSH")
    credentials = {
        "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_IOTSECURETUNNELING": service.control,
    }
    with (
        Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port}) as destination,
        Source(service, None, "--tunnel-id", tunnel["tunnelId"], env=credentials) as source,
    ):
        until_answers(source.port())
        for again in range(3):
            # Somebody else rotates the source: the proxy's token is refused from now on.
            tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="SOURCE")
            source.until_log("got a new access token by RotateTunnelAccessToken", count=again + 2)
            until_answers(source.port())
        assert echoed(source.port(), 3, 1_000_000)
        tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
        for end in (source, destination):
            assert end.ended() == 4
            assert "error: the tunnel is closed" in end.log()


def test_both_ends_are_back_within_a_second(service, tunnels, opened, thing, server):
    """The demo's promise. It is a promise of order, not a benchmark: nobody waits for a back-off."""
    tunnel = opened("SSH", thing=thing)
    with (
        Agent(service, thing, {"SSH": server.port}),
        Source(service, tunnel["sourceAccessToken"]) as source,
    ):
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
        until_answers(source.port())
        times = []
        for _ in range(9):
            rotated = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="ALL")
            begin = time.monotonic()
            source.hand(rotated["sourceAccessToken"])
            until_answers(source.port())
            times.append(time.monotonic() - begin)
        assert sorted(times)[len(times) // 2] < 1.0, times
