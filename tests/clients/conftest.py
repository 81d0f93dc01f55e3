"""Fixtures every suite here shares: a running service, and boto3 clients that talk to it."""

import uuid

import boto3
import botocore
import pytest
from botocore.config import Config

from network import echo
from service import REGION, Service


def connect(service, key="AKIDANYBODY", secret="any secret", signed=True, checked=True):
    """A boto3 client on `service`; `checked=False` lets bad values through to the service."""
    config = {"retries": {"total_max_attempts": 1}, "parameter_validation": checked, "read_timeout": 20}
    if not signed:
        config["signature_version"] = botocore.UNSIGNED
    return boto3.client(
        "iotsecuretunneling",
        endpoint_url=service.control,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(**config),
    )


@pytest.fixture(scope="session")
def service():
    """One service without credentials for the whole run; its clean exit is checked at the end."""
    with Service() as running:
        yield running


@pytest.fixture(scope="session")
def tunnels(service):
    """An ordinary client."""
    return connect(service)


@pytest.fixture(scope="session")
def unchecked(service):
    """A client that does not look at values before it sends them."""
    return connect(service, checked=False)


@pytest.fixture
def tunnel(tunnels):
    """A fresh tunnel for the thing `pump-7`: the answer of OpenTunnel."""
    return tunnels.open_tunnel(destinationConfig={"thingName": "pump-7", "services": ["SSH"]})


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
