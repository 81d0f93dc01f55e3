"""Bytes come through as they were sent: many at a time, many connections at a time, in every format."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from ends import Destination, Source
from network import digest, echo
from streams import carried, echoed, until_answers

def test_one_gibibyte_through_one_connection(service, opened):
    tunnel = opened("SSH")
    with digest() as server:
        with (
            Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port}),
            Source(service, tunnel["sourceAccessToken"]) as source,
        ):
            assert carried(source.port(), seed=1, count=1 << 30)


def test_a_hundred_connections_at_a_time_mix_nothing(service, opened):
    names = ["SSH", "HTTP", "RDP"]
    tunnel = opened(*names)
    with echo() as one, echo() as two, echo() as three:
        servers = dict(zip(names, [one.port, two.port, three.port]))
        with (
            Destination(service, tunnel["destinationAccessToken"], servers),
            Source(service, tunnel["sourceAccessToken"], services=names) as source,
            ThreadPoolExecutor(100) as pool,
        ):
            ports = [source.port(names[n % 3]) for n in range(100)]
            outcomes = pool.map(echoed, ports, range(100), [n * 3_001 + 1 for n in range(100)])
            assert list(outcomes) == [True] * 100


def test_three_services_at_most(service, opened, server):
    with pytest.raises(ClientError) as refused:
        opened("A", "B", "C", "D")
    assert refused.value.response["Error"]["Code"] == "LimitExceededException"
    names = ["A", "B", "C"]
    tunnel = opened(*names)
    with (
        Destination(service, tunnel["destinationAccessToken"], dict.fromkeys(names, server.port)),
        Source(service, tunnel["sourceAccessToken"], services=names) as source,
    ):
        for seed, name in enumerate(names):
            assert echoed(source.port(name), seed, 100_000)


@pytest.mark.parametrize(
    ("flags", "services", "named"),
    [
        (["-y", "V1"], ["SSH"], ["SSH"]),
        (["-y", "V1"], ["SSH"], [None]),
        (["-y", "V1"], [], [None]),
        (["-y", "V2"], ["SSH"], ["SSH"]),
        (["-y", "V2"], ["SSH", "HTTP"], ["SSH", "HTTP"]),
        ([], ["SSH"], ["SSH"]),
        ([], ["SSH"], [None]),
        ([], [], [None]),
        ([], ["SSH", "HTTP", "RDP"], ["SSH", "HTTP", "RDP"]),
    ],
    ids=lambda value: "+".join(map(str, value)) or "-" if isinstance(value, list) else str(value),
)
def test_every_format_that_the_ends_can_agree_on(service, opened, server, flags, services, named):
    tunnel = opened(*services)
    with (
        Destination(service, tunnel["destinationAccessToken"], dict.fromkeys(named, server.port)),
        Source(service, tunnel["sourceAccessToken"], *flags, services=named) as source,
    ):
        for seed, name in enumerate(named):
            # One after the other in each service: V1 and V2 have one connection at a time.
            for again in range(3):
                until_answers(source.port(name))
                assert echoed(source.port(name), seed * 10 + again, 300_000)


def test_a_service_that_cannot_be_reached_is_a_quick_end_and_harms_no_other(service, opened, server):
    tunnel = opened("SSH", "HTTP")
    with echo() as gone:
        pass
    with (
        Destination(service, tunnel["destinationAccessToken"], {"SSH": server.port, "HTTP": gone.port}) as destination,
        Source(service, tunnel["sourceAccessToken"], services=["SSH", "HTTP"]) as source,
    ):
        until_answers(source.port("SSH"))
        assert not echoed(source.port("HTTP"), 1, 10)
        destination.until_log("cannot connect to the service")
        assert echoed(source.port("SSH"), 2, 100_000)
