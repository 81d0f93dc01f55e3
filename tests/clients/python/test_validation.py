"""Broken constraints, through a boto3 client that does not check values before it sends them."""

import re

import pytest
from botocore.exceptions import ClientError

NULL = "Member must not be null"
LONG = "x" * 129


def refused(call, **request):
    """The message of the ValidationException that answers `request`."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    response = raised.value.response
    assert response["Error"]["Code"] == "ValidationException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == "ValidationException"
    assert response["ResponseMetadata"]["RequestId"]
    return response["Error"]["Message"]


def violations(message):
    """{member: text} of a message that has the documented form."""
    count, rest = re.fullmatch(r"(\d+) validation errors? detected: (.*)", message).groups()
    form = r"Value (?:'(?P<value>[^']*)' )?at '(?P<member>[^']+)' failed to satisfy constraint: (?P<rule>.*)"
    found = [re.fullmatch(form, part) for part in rest.split("; ")]
    assert len(found) == int(count) and all(found), message
    assert message.startswith("1 validation error detected") == (len(found) == 1), message
    return {match["member"]: match["rule"] for match in found}


def test_every_violation_of_a_rotation_is_reported_in_one_message(unchecked):
    message = refused(unchecked.rotate_tunnel_access_token, clientMode="source")
    assert message.startswith("2 validation errors detected: ")
    assert (
        "Value 'source' at 'clientMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: [SOURCE, DESTINATION, ALL]"
    ) in message
    assert f"Value at 'tunnelId' failed to satisfy constraint: {NULL}" in message
    assert set(violations(message)) == {"clientMode", "tunnelId"}


def test_members_inside_a_list_are_named_by_their_place(unchecked):
    message = refused(
        unchecked.rotate_tunnel_access_token,
        tunnelId="a b",
        clientMode="ALL",
        destinationConfig={"thingName": "", "services": ["ok", "n o", LONG]},
    )
    named = set(violations(message))
    first = {"tunnelId", "destinationConfig.thingName", "destinationConfig.services.2.member"}
    assert named == first | {"destinationConfig.services.3.member"}


@pytest.mark.parametrize("mode", ["source", "Source", "BOTH", "", " ALL"])
def test_a_client_mode_is_one_of_three_upper_case_words(unchecked, tunnel, mode):
    message = refused(unchecked.rotate_tunnel_access_token, tunnelId=tunnel["tunnelId"], clientMode=mode)
    assert set(violations(message)) == {"clientMode"}


@pytest.mark.parametrize("tunnel_id", ["", "a b", "a/b", "tunnel\n", "ü", LONG])
@pytest.mark.parametrize("operation", ["describe_tunnel", "close_tunnel"])
def test_a_tunnel_id_matches_its_pattern_as_a_whole(unchecked, operation, tunnel_id):
    assert "'tunnelId'" in refused(getattr(unchecked, operation), tunnelId=tunnel_id)


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("describe_tunnel", "tunnelId"),
        ("close_tunnel", "tunnelId"),
        ("list_tags_for_resource", "resourceArn"),
    ],
)
def test_a_required_member_must_not_be_null(unchecked, operation, member):
    message = refused(getattr(unchecked, operation))
    assert message == f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {NULL}"


@pytest.mark.parametrize(
    ("request_", "member"),
    [
        ({"timeoutConfig": {"maxLifetimeTimeoutMinutes": 0}}, "timeoutConfig.maxLifetimeTimeoutMinutes"),
        ({"timeoutConfig": {"maxLifetimeTimeoutMinutes": 721}}, "timeoutConfig.maxLifetimeTimeoutMinutes"),
        ({"description": ""}, "description"),
        ({"description": "x" * 2049}, "description"),
        ({"description": "bell \a"}, "description"),
        ({"destinationConfig": {"thingName": "pump-7"}}, "destinationConfig.services"),
        ({"destinationConfig": {"services": []}}, "destinationConfig.services"),
        ({"destinationConfig": {"services": ["SSH"], "thingName": "a/b"}}, "destinationConfig.thingName"),
        ({"tags": []}, "tags"),
        ({"tags": [{"key": f"k{n}", "value": ""} for n in range(201)]}, "tags"),
        ({"tags": [{"key": "", "value": ""}]}, "tags.1.member.key"),
        ({"tags": [{"key": "k" * 129, "value": ""}]}, "tags.1.member.key"),
        ({"tags": [{"key": "k", "value": "v" * 257}]}, "tags.1.member.value"),
        ({"tags": [{"key": "k", "value": ""}, {"key": "<k>", "value": ""}]}, "tags.2.member.key"),
    ],
)
def test_open_names_the_member_that_is_wrong(unchecked, request_, member):
    before = unchecked.list_tunnels(maxResults=1)["tunnelSummaries"]
    assert f"at '{member}' failed" in refused(unchecked.open_tunnel, **request_)
    assert unchecked.list_tunnels(maxResults=1)["tunnelSummaries"] == before


@pytest.mark.parametrize(
    ("request_", "member"),
    [({"maxResults": 0}, "maxResults"), ({"maxResults": 101}, "maxResults"), ({"thingName": "a b"}, "thingName")],
)
def test_list_names_the_member_that_is_wrong(unchecked, request_, member):
    assert f"at '{member}' failed" in refused(unchecked.list_tunnels, **request_)


@pytest.mark.parametrize("next_token", ["not a token", "bm90IG91cnM="])
def test_a_next_token_that_the_service_did_not_issue_is_refused(unchecked, next_token):
    assert "nextToken" in refused(unchecked.list_tunnels, nextToken=next_token)


def test_tag_operations_name_the_members_that_are_missing(unchecked, tunnel):
    assert "'tags'" in refused(unchecked.tag_resource, resourceArn=tunnel["tunnelArn"])
    assert "'tagKeys'" in refused(unchecked.untag_resource, resourceArn=tunnel["tunnelArn"])


def test_a_value_of_the_wrong_type_is_a_serialization_exception(service):
    import json
    import urllib.error
    import urllib.request

    for body in (b'{"tunnelId":1,"clientMode":"ALL"}', b"not json", b"[]", b""):
        request = urllib.request.Request(
            service.control,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "IoTSecuredTunneling.RotateTunnelAccessToken",
            },
        )
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=10)
        answer = json.loads(raised.value.read())
        assert raised.value.code == 400
        assert answer["__type"] == "SerializationException" and answer["message"]
        assert raised.value.headers["x-amzn-ErrorType"] == "SerializationException"
        assert raised.value.headers["x-amzn-RequestId"]
