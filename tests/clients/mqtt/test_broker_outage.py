"""A broker of somebody else's, `--mqtt-broker`, that goes away and comes back."""

import pytest

from broker import Broker
from conftest import connect
from service import Device, Service


@pytest.fixture
def broker():
    """A mosquitto of our own."""
    with Broker() as running:
        yield running


@pytest.fixture
def tunnels(broker):
    """A client of a service that publishes to that mosquitto."""
    with Service(mqtt_broker=broker.url) as running:
        yield connect(running)


def test_notifications_reach_the_devices_of_an_existing_broker(broker, tunnels):
    with Device(broker.port, "pump-7") as device:
        tunnel = tunnels.open_tunnel(destinationConfig={"thingName": "pump-7", "services": ["SSH"]})
        assert device.notification()["payload"]["clientAccessToken"] == tunnel["destinationAccessToken"]


def outage(broker, tunnels, modes):
    """Rotates by each of `modes` while the broker is away: (their destination tokens, what the device hears after)."""
    with Device(broker.port, "pump-7", persistent=True) as device:
        tunnel = tunnels.open_tunnel(destinationConfig={"thingName": "pump-7", "services": ["SSH"]})
        assert device.notification()["payload"]["clientAccessToken"] == tunnel["destinationAccessToken"]
    broker.stop()
    tokens = [
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode=mode)["destinationAccessToken"]
        for mode in modes
    ]
    broker.start()
    heard = []
    with Device(broker.port, "pump-7", persistent=True) as device:
        while tokens[-1] not in heard:
            heard.append(device.notification(seconds=120)["payload"]["clientAccessToken"])
    return tokens, heard


def test_a_rotation_during_an_outage_succeeds_and_its_notification_arrives_afterwards(broker, tunnels):
    tokens, heard = outage(broker, tunnels, ["DESTINATION"])
    assert heard == tokens


def test_a_token_that_was_revoked_during_the_outage_is_not_sent_after_it(broker, tunnels):
    tokens, heard = outage(broker, tunnels, ["DESTINATION", "ALL", "DESTINATION"])
    assert heard[-1] == tokens[-1]
    assert tokens[1] not in heard
