"""What a device hears, told by mosquitto_sub on the service's own broker."""

import uuid

import pytest

from service import REGION, Device


@pytest.fixture
def thing():
    """A thing nobody else uses."""
    return f"pump-{uuid.uuid4()}"


@pytest.fixture
def device(service, thing):
    """That thing's device, subscribed."""
    with Device(service.mqtt_port, thing) as listening:
        yield listening


def opened(tunnels, thing, services=("SSH",)):
    return tunnels.open_tunnel(destinationConfig={"thingName": thing, "services": list(services)})


def expect(message, thing, token, services):
    assert message["topic"] == f"$aws/things/{thing}/tunnels/notify"
    assert message["qos"] == 1
    assert message["retain"] == 0
    assert message["payload"] == {
        "clientAccessToken": token, "clientMode": "destination", "region": REGION, "services": services,
    }


def test_opening_a_tunnel_tells_its_thing(tunnels, device, thing):
    tunnel = opened(tunnels, thing, ["SSH", "HTTP"])
    expect(device.notification(), thing, tunnel["destinationAccessToken"], ["SSH", "HTTP"])


@pytest.mark.parametrize("mode", ["DESTINATION", "ALL"])
def test_rotating_the_destination_tells_the_thing_its_new_token(tunnels, device, thing, mode):
    tunnel = opened(tunnels, thing)
    device.notification()
    answer = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode=mode)
    expect(device.notification(), thing, answer["destinationAccessToken"], ["SSH"])


def test_a_replaced_destination_tells_the_new_thing_and_not_the_old_one(service, tunnels, device, thing):
    tunnel = opened(tunnels, thing)
    device.notification()
    other = f"{thing}-other"
    with Device(service.mqtt_port, other) as other_device:
        answer = tunnels.rotate_tunnel_access_token(
            tunnelId=tunnel["tunnelId"], clientMode="ALL", destinationConfig={"thingName": other, "services": ["RDP"]}
        )
        expect(other_device.notification(), other, answer["destinationAccessToken"], ["RDP"])
    expect_only(tunnels, device, thing)


def expect_only(tunnels, device, thing):
    """The very next thing `device` hears is a tunnel opened now: nothing came before it."""
    marker = opened(tunnels, thing)
    expect(device.notification(), thing, marker["destinationAccessToken"], ["SSH"])


def test_rotating_the_source_tells_the_device_nothing(tunnels, device, thing):
    tunnel = opened(tunnels, thing)
    device.notification()
    tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="SOURCE")
    expect_only(tunnels, device, thing)


def test_a_refused_rotation_tells_the_device_nothing(unchecked, device, thing):
    tunnel = opened(unchecked, thing)
    device.notification()
    for mode, services in (("SOURCE", ["SSH"]), ("destination", ["SSH"]), ("ALL", [])):
        with pytest.raises(unchecked.exceptions.ClientError):
            unchecked.rotate_tunnel_access_token(
                tunnelId=tunnel["tunnelId"],
                clientMode=mode,
                destinationConfig={"thingName": thing, "services": services},
            )
    expect_only(unchecked, device, thing)


def test_a_tunnel_without_a_thing_tells_nobody(service, tunnels):
    with Device(service.mqtt_port, "+") as everybody:
        tunnel = tunnels.open_tunnel(destinationConfig={"services": ["SSH"]})
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="ALL")
        marker = opened(tunnels, "marker")
        expect(everybody.notification(), "marker", marker["destinationAccessToken"], ["SSH"])
