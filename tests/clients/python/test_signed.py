"""SigV4, with a service that was given `--credentials`."""

from datetime import timedelta

import botocore.auth
import pytest
from botocore.exceptions import ClientError

from conftest import connect
from service import Service

CREDENTIALS = """
[[key]]
access_key_id = "AKIDOPERATOR"
secret_access_key = "operator-secret-0123456789"
actions = ["iot:*"]

[[key]]
access_key_id = "AKIDWATCHER"
secret_access_key = "watcher-secret-0123456789"
actions = ["iot:DescribeTunnel", "iot:ListTunnels"]

[[key]]
access_key_id = "AKIDLINE"
secret_access_key = "line-secret-0123456789"
actions = ["iot:OpenTunnel", "iot:RotateTunnelAccessToken"]
client_modes = ["DESTINATION"]
thing_names = ["line-1-*"]
services = ["SSH"]
"""
OPERATOR = {"key": "AKIDOPERATOR", "secret": "operator-secret-0123456789"}
WATCHER = {"key": "AKIDWATCHER", "secret": "watcher-secret-0123456789"}
LINE = {"key": "AKIDLINE", "secret": "line-secret-0123456789"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service that knows the keys above."""
    file = tmp_path_factory.mktemp("credentials") / "credentials.toml"
    file.write_text(CREDENTIALS)
    file.chmod(0o600)
    with Service("--credentials", str(file)) as running:
        yield running
        log = running.log()
        for secret in (OPERATOR["secret"], WATCHER["secret"], LINE["secret"]):
            assert secret not in log


@pytest.fixture
def tunnel_id(guarded):
    return connect(guarded, **OPERATOR).open_tunnel()["tunnelId"]


def refused(call, **request):
    """(error name, HTTP code) of the answer."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    response = raised.value.response
    assert response["Error"]["Message"] and response["ResponseMetadata"]["RequestId"]
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_known_key_with_its_secret_may_do_what_it_is_allowed(guarded, tunnel_id):
    operator = connect(guarded, **OPERATOR)
    operator.rotate_tunnel_access_token(tunnelId=tunnel_id, clientMode="ALL")
    watcher = connect(guarded, **WATCHER)
    assert watcher.describe_tunnel(tunnelId=tunnel_id)["tunnel"]["status"] == "OPEN"
    assert watcher.list_tunnels()["tunnelSummaries"]


def test_a_wrong_secret_is_an_invalid_signature(guarded):
    client = connect(guarded, key=OPERATOR["key"], secret="not the secret")
    assert refused(client.list_tunnels) == ("InvalidSignatureException", 403)


def test_an_unknown_key_is_an_unrecognized_client(guarded):
    client = connect(guarded, key="AKIDNOBODY", secret=OPERATOR["secret"])
    assert refused(client.list_tunnels) == ("UnrecognizedClientException", 403)


def test_no_signature_is_a_missing_authentication_token(guarded):
    client = connect(guarded, signed=False)
    assert refused(client.list_tunnels) == ("MissingAuthenticationTokenException", 403)


def test_a_key_may_not_do_what_it_is_not_allowed_and_nothing_changes(guarded, tunnel_id):
    operator, watcher = connect(guarded, **OPERATOR), connect(guarded, **WATCHER)
    before = operator.describe_tunnel(tunnelId=tunnel_id)["tunnel"]
    arn = before["tunnelArn"]
    denied = ("AccessDeniedException", 403)
    assert refused(watcher.rotate_tunnel_access_token, tunnelId=tunnel_id, clientMode="ALL") == denied
    assert refused(watcher.open_tunnel) == denied
    assert refused(watcher.close_tunnel, tunnelId=tunnel_id) == denied
    assert refused(watcher.tag_resource, resourceArn=arn, tags=[{"key": "k", "value": "v"}]) == denied
    assert refused(watcher.untag_resource, resourceArn=arn, tagKeys=["k"]) == denied
    assert refused(watcher.list_tags_for_resource, resourceArn=arn) == denied
    assert operator.describe_tunnel(tunnelId=tunnel_id)["tunnel"] == before


def test_permission_is_judged_before_state_and_after_constraints(guarded):
    watcher = connect(guarded, **WATCHER, checked=False)
    unknown = refused(watcher.rotate_tunnel_access_token, tunnelId="never-opened", clientMode="ALL")
    assert unknown == ("AccessDeniedException", 403)
    malformed = refused(watcher.rotate_tunnel_access_token, tunnelId="a b", clientMode="ALL")
    assert malformed == ("ValidationException", 400)


def test_conditions_limit_a_key_to_modes_things_and_services(guarded):
    operator, line = connect(guarded, **OPERATOR), connect(guarded, **LINE)
    tunnel = line.open_tunnel(destinationConfig={"thingName": "line-1-press", "services": ["SSH"]})["tunnelId"]
    line.rotate_tunnel_access_token(tunnelId=tunnel, clientMode="DESTINATION")
    elsewhere = operator.open_tunnel(destinationConfig={"thingName": "line-2-press", "services": ["SSH"]})["tunnelId"]

    denied = ("AccessDeniedException", 403)
    for mode in ("SOURCE", "ALL"):
        assert refused(line.rotate_tunnel_access_token, tunnelId=tunnel, clientMode=mode) == denied
    assert refused(line.rotate_tunnel_access_token, tunnelId=elsewhere, clientMode="DESTINATION") == denied
    for config in ({"thingName": "line-2-x", "services": ["SSH"]}, {"thingName": "line-1-x", "services": ["RDP"]}):
        assert refused(line.open_tunnel, destinationConfig=config) == denied
        moved = {"tunnelId": tunnel, "clientMode": "DESTINATION", "destinationConfig": config}
        assert refused(line.rotate_tunnel_access_token, **moved) == denied


def test_the_signature_is_judged_before_the_request(guarded):
    client = connect(guarded, key=OPERATOR["key"], secret="not the secret", checked=False)
    assert refused(client.describe_tunnel, tunnelId="a b") == ("InvalidSignatureException", 403)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_request_signed_more_than_five_minutes_away_is_expired(guarded, monkeypatch, minutes):
    now = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda *given, **named: now(*given, **named) + timedelta(minutes=minutes)
    )
    assert refused(connect(guarded, **OPERATOR).list_tunnels) == ("RequestExpired", 403)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_four_minutes_off_is_tolerated(guarded, monkeypatch, minutes):
    now = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda *given, **named: now(*given, **named) + timedelta(minutes=minutes)
    )
    assert connect(guarded, **OPERATOR).list_tunnels()["tunnelSummaries"] is not None


def test_without_credentials_unsigned_requests_are_served_too(service):
    assert connect(service, signed=False).open_tunnel()["tunnelId"]
