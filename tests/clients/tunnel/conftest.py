"""Fixtures of the end-to-end suite: an echo server, and tunnels to it."""

import uuid

import pytest

from network import echo


@pytest.fixture
def server():
    """An echo server."""
    with echo() as running:
        yield running


@pytest.fixture
def thing():
    """A thing nobody else uses."""
    return f"pump-{uuid.uuid4()}"


@pytest.fixture
def opened(tunnels):
    """Opens a tunnel: `opened("SSH", "HTTP", thing=...)` gives the answer of OpenTunnel."""

    def open_tunnel(*services, thing=None):
        config = {"services": list(services)} | ({"thingName": thing} if thing else {})
        return tunnels.open_tunnel(**({"destinationConfig": config} if services else {}))

    return open_tunnel
