"""Fixtures of the suite of the agent in C."""

import pytest

from network import Link


def port_of(url):
    return int(url.rsplit(":", 1)[1])


@pytest.fixture
def link(service):
    """A stretch of network to the service's data plane, and the flags with which an end comes to the service over it."""
    with Link(port_of(service.ready["data"])) as stretch:
        stretch.reach = ["-e", f"wss://127.0.0.1:{stretch.port}", "-c", service.ready["ca"]]
        yield stretch


@pytest.fixture
def source(service):
    """`source(tunnel, ...)`: a proxy at the other end of a tunnel that was opened."""

    def start(tunnel, *flags, at=service, **more):
        return Source(at, tunnel["sourceAccessToken"], *flags, **more)

    return start
